/** What a run came to, for people. @module */
import type { RunResult } from './harness.ts'
import { type Fact, factsOf, groupBy } from './history.ts'
import type { Finding, Verdict } from './invariants.ts'

/** Most violations that are printed with their history. */
const maxViolations = 5
/** Most facts of a history. */
const maxFacts = 40
/** How far back a history goes, in milliseconds. */
const reach = 60_000

/** How many violations there are. */
export function countViolations(verdicts: readonly Verdict[]): number {
  return verdicts.reduce((sum, { violations }) => sum + violations.length, 0)
}

/** How many requests users had decided: the work that was done. */
export function countOperations(facts: readonly Fact[]): number {
  return [...operations(facts).values()].reduce((sum, count) => sum + count, 0)
}

/** Writes the report. */
export function formatReport({ options, facts, verdicts, duration }: RunResult): string {
  const { store, seconds, servers, users, seed } = options
  const work = operations(facts)
  const troubles = factsOf(facts, 'trouble')
  const refused = troubles.filter(({ status }) => status >= 500).length
  const perSecond = ((1000 * countOperations(facts)) / Math.max(1, duration)).toFixed(1)
  return [
    `store ${store}: seed ${seed}, ${servers} servers, ${users} users, faults for ${seconds} s, ${(duration / 1000).toFixed(1)} s in all`,
    `operations: ${countOperations(facts)} (${perSecond} a second): ${list(work)}`,
    `faults: ${list(countBy(factsOf(facts, 'fault'), ({ fault }) => fault))}`,
    `processes started: ${factsOf(facts, 'process started').length}; upstream refreshes: ${list(countBy(factsOf(facts, 'upstream refresh'), ({ outcome }) => outcome))}`,
    `5xx: ${refused}; broken connections: ${troubles.length - refused}; the last one ${lastTrouble(facts)} ms after the last fault`,
    ...formatRecoveries(facts),
    `this program was held up by the machine for ${heldUp(facts)} ms in all`,
    ...verdicts.flatMap(formatVerdict),
    ...verdicts
      .flatMap(({ name, violations }) => violations.map((violation) => ({ name, violation })))
      .slice(0, maxViolations)
      .map(({ name, violation }) => formatHistory(name, violation, facts)),
  ].join('\n')
}

/** How long users had to try again, with all the faults that came meanwhile. */
function formatRecoveries(facts: readonly Fact[]): readonly string[] {
  const recovered = factsOf(facts, 'recovered')
  const all = [['everything', recovered] as const, ...groupBy(recovered, ({ operation }) => operation)]
  return all.map(([operation, some]) => {
    const times = some.map(({ milliseconds }) => milliseconds).toSorted((a, b) => a - b)
    return `recovered: ${operation} ${times.length} times, median ${quantile(times, 0.5)} ms, worst ${quantile(times, 1)} ms`
  })
}

function lastTrouble(facts: readonly Fact[]): number {
  const healedAt = factsOf(facts, 'healed').at(-1)?.at ?? 0
  return Math.max(0, (factsOf(facts, 'trouble').at(-1)?.at ?? 0) - healedAt)
}

function heldUp(facts: readonly Fact[]): number {
  return factsOf(facts, 'held up').reduce((sum, fact) => sum + fact.until - fact.at, 0)
}

function formatVerdict({ name, cases, violations, unavoidable }: Verdict): readonly string[] {
  const mark = violations.length === 0 ? 'ok  ' : 'FAIL'
  const counts = `${cases} cases, ${violations.length} violations, ${unavoidable.length} unavoidable`
  // A second use of an upstream token is told one by one, whatever its reason.
  const reasons = name.startsWith('3')
    ? unavoidable.map(({ text }) => text)
    : [...countBy(unavoidable, ({ text }) => text.split(': ').slice(2).join(': ') || 'held up by a lease')].map(
        ([reason, count]) => `${count} x ${reason}`,
      )
  return [`${mark} ${name} (${counts})`, ...reasons.map((reason) => `       unavoidable: ${reason}`)]
}

function formatHistory(name: string, { at: moment, user, text }: Finding, facts: readonly Fact[]): string {
  const isAbout = (fact: Fact): boolean => ('user' in fact ? fact.user === user : true)
  const lines = facts
    .filter((fact) => fact.at >= moment - reach && fact.at <= moment + 1000 && isAbout(fact))
    .toSorted((a, b) => a.at - b.at)
    .slice(-maxFacts)
    .map(
      ({ at: when, kind, ...rest }) =>
        `    ${new Date(when).toISOString().slice(11, 23)} ${kind} ${JSON.stringify(rest)}`,
    )
  return [`VIOLATION of ${name}: ${text}`, ...lines].join('\n')
}

const decided: Readonly<Partial<Record<Fact['kind'], string>>> = {
  redeemed: 'sign-ins',
  'code refused': 'codes refused',
  refreshed: 'refreshes',
  'refresh refused': 'refreshes refused',
}

function operations(facts: readonly Fact[]): ReadonlyMap<string, number> {
  const named = facts.flatMap((fact) => {
    if (fact.kind === 'ended') return [fact.how]
    const name = fact.kind === 'called' ? fact.tool : decided[fact.kind]
    return name === undefined ? [] : [name]
  })
  return countBy(named, (name) => name)
}

function countBy<T>(all: readonly T[], key: (one: T) => string): ReadonlyMap<string, number> {
  return new Map([...groupBy(all, key)].map(([name, same]) => [name, same.length]))
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ') || 'none'
}

/** A quantile of sorted numbers. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
