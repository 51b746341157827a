/** The tables of the comparison. @module */
import { readFileSync } from 'node:fs'
import { formatTable } from '../table.ts'
import type { Measurement, Spread, Work } from './measure.ts'
import type { UserBytes } from './memory.ts'
import { type VariantName, variants } from './variants.ts'
import type { Weight } from './weight.ts'

const peers = [
  '@cloudflare/workers-oauth-provider',
  '@hono/node-server',
  '@modelcontextprotocol/sdk',
  'express',
  'fastify',
  'fastmcp',
  'hono',
  'oidc-provider',
]

/** Which version of each peer is compared. */
export function formatPeers(): string {
  const versions = peers.map((name) => {
    const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }
    return `${name} ${version}`
  })
  return `Peers: ${versions.join(', ')}.\n`
}

const requestWorks: readonly (readonly [Work, string])[] = [
  ['fresh', 'A token never seen before'],
  ['seen', 'A token seen before'],
  ['forged', 'A forged token, answered with 401'],
  ['open', 'No gate: the host alone'],
]

/** What each server does. */
export function formatServers({ steps }: Measurement): string {
  const rows = [...steps].map(([name, { requests, idpCalls }]) => {
    const { label, token, approval } = variants[name]
    return [label, token, approval ? 'yes' : 'no', requests, idpCalls]
  })
  return formatTable(['server', 'access token', 'consent page', 'requests', 'calls of the IdP'], rows)
}

/** CPU time and throughput of protected requests: a table for each kind of token. */
export function formatRequests({ results }: Measurement): string {
  const head = ['server', 'CPU µs', 'CPU in floors', 'middle half', 'added by the gate, µs', 'requests/s in floors']
  const tables = requestWorks.map(([work, title]) => {
    const isOpen = work === 'open'
    const rows = [...results[work]].map(([name, { cpu, cpuRatio, added, perSecondRatio }]) => [
      variants[name].label,
      Math.round(cpu.median),
      ...formatRatio(cpuRatio),
      ...(isOpen ? [] : [Math.round(added.median)]),
      perSecondRatio.median.toFixed(2),
    ])
    const columns = isOpen ? head.filter((name) => !name.startsWith('added')) : head
    return `${title}:\n\n${formatTable(columns, rows)}`
  })
  return tables.join('\n')
}

/** CPU time and throughput of whole logins. */
export function formatLogins({ results }: Measurement): string {
  const rows = [...results.login].map(([name, { cpu, cpuRatio, perSecond, perSecondRatio }]) => [
    variants[name].label,
    Math.round(cpu.median),
    ...formatRatio(cpuRatio),
    Math.round(perSecond.median),
    perSecondRatio.median.toFixed(2),
  ])
  return formatTable(['server', 'CPU µs', 'CPU in floors', 'middle half', 'logins/s', 'logins/s in floors'], rows)
}

/** Bytes for each user. */
export function formatMemory(all: ReadonlyMap<VariantName, UserBytes>): string {
  const rows = [...all].map(([name, { afterSignIn, afterUse }]) => [
    variants[name].label,
    Math.round(afterSignIn),
    Math.round(afterUse),
  ])
  return formatTable(['server', 'bytes, signed in', 'bytes, after a refresh and a request'], rows)
}

/** Time to import, size of the bundle. */
export function formatWeights(weights: readonly Weight[]): string {
  const rows = weights.map(({ label, milliseconds, bytes }) => [
    label,
    milliseconds,
    bytes === undefined ? '' : (bytes / 1000).toFixed(1),
  ])
  return formatTable(['part', 'import, ms', 'bundle, kB gzip'], rows)
}

function formatRatio({ median, low, high }: Spread): [string, string] {
  return [median.toFixed(2), `${low.toFixed(2)}–${high.toFixed(2)}`]
}
