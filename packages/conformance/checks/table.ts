/** The table of checks: id → tests → Express, Fastify, Hono, fetch. @module */
import type { Check } from './checks.ts'

/** What the same tests run on. */
export const hosts = ['express', 'fastify', 'hono', 'fetch'] as const

/** One of {@link hosts}. */
export type Host = (typeof hosts)[number]

/** A test that names a check. */
export interface Evidence {
  readonly id: string
  /** `undefined`: what the test shows is the same on every host. */
  readonly host: Host | undefined
  readonly place: string
  readonly passed: boolean
  readonly skipped: boolean
}

/** The table as Markdown: the same run gives the same text. */
export function renderTable(checks: readonly Check[], evidence: readonly Evidence[]): string {
  const rows = checks.map((check) => {
    const own = evidence.filter(({ id, skipped }) => id === check.id && !skipped)
    const cells = hosts.map((host) => cell(own.filter((one) => one.host === host)))
    const everywhere = cell(own.filter((one) => one.host === undefined))
    const places = [...new Set(own.map(({ place }) => place))].sort().map((place) => `\`${place}\``)
    return `| ${[check.id, check.priority, check.title, ...cells, everywhere, places.join('<br>')].join(' | ')} |`
  })
  return `# Checks

Written by the test run: how many tests name a check, on which host, and whether they pass.
"any host" are tests of parts that know no host.

| id | priority | check | Express | Fastify | Hono | fetch | any host | tests |
|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`
}

function cell(evidence: readonly Evidence[]): string {
  if (evidence.length === 0) return '–'
  const failed = evidence.filter(({ passed }) => !passed).length
  return failed === 0 ? `pass (${evidence.length})` : `FAIL (${failed} of ${evidence.length})`
}

/** Checks that no passing test shows: on every host, or in a part that knows no host. */
export function missingChecks(checks: readonly Check[], evidence: readonly Evidence[]): string[] {
  return checks
    .filter(({ id }) => {
      const own = evidence.filter((one) => one.id === id && one.passed)
      const onHosts = hosts.every((host) => own.some((one) => one.host === host))
      return !onHosts && !own.some(({ host }) => host === undefined)
    })
    .map(({ id }) => id)
}
