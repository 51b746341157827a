/** What can be said about the facts of a run: who was cut off when, and which grants were ended by whom. @module */
import { type Fact, type FactOf, factsOf, groupBy } from './history.ts'

/** Numbers that the servers of a run were started with. */
export interface Limits {
  /** How long the lease on the upstream tokens of a grant lasts when its holder dies, in seconds. */
  readonly leaseSeconds: number
  /** How long a rotated refresh token gets the same answer again, in seconds. */
  readonly graceSeconds: number
  /** How soon everything has to work after the last fault, in seconds. */
  readonly recoverySeconds: number
  readonly users: number
  readonly servers: number
}

/** Facts, and what follows from them. */
export interface Evidence {
  readonly facts: readonly Fact[]
  readonly limits: Limits
  /** Second uses of upstream refresh tokens that had been exchanged. */
  readonly doubleUses: readonly DoubleUse[]
  /** Whether the store lost everything between two moments. */
  readonly wasEmptied: (from: number, to: number) => boolean
  /** Why a grant may be over at a moment, or `undefined` when it must not be. */
  readonly reasonForEnd: (grant: { readonly user: string; readonly grant: string }, at: number) => string | undefined
}

type UpstreamRefresh = FactOf<'upstream refresh'>

/** An upstream refresh token that was shown again after it had been exchanged. */
interface DoubleUse {
  readonly first: UpstreamRefresh
  readonly second: UpstreamRefresh
  /** Why nobody could prevent it; `undefined` when somebody should have. */
  readonly excuse: string | undefined
}

/** A write to a store that is there takes no longer than this on a busy machine, in milliseconds. */
const writingTime = 1000
/** Once a store is back, a process that could not write has done it after so many milliseconds: it tries every second. */
const catchingUpTime = 3000

/** On a busy machine a request may wait so long, in milliseconds, before the identity provider looks at it. */
const queueTime = 10_000

/** And the answer so long before the process looks at it. */
const hearingTime = 2000

/** Puts the facts in order. */
export function createEvidence(given: readonly Fact[], limits: Limits): Evidence {
  const facts = given.toSorted((a, b) => a.at - b.at)
  const emptied = factsOf(facts, 'store emptied')
  const starts = new Map(factsOf(facts, 'redeemed').map((fact) => [fact.grant, fact.at]))
  const ended = groupBy(factsOf(facts, 'ended'), ({ grant }) => grant)
  const doubleUses = findDoubleUses(facts, limits)
  const doubleUsesOf = groupBy(doubleUses, ({ second }) => second.user)
  const wasEmptied = (from: number, to: number): boolean => emptied.some(({ at }) => at >= from && at <= to)
  return {
    facts,
    limits,
    doubleUses,
    wasEmptied,
    reasonForEnd({ user, grant }, at) {
      const start = starts.get(grant) ?? 0
      const ending = ended.get(grant)?.find((fact) => fact.at <= at)
      if (ending) return `the client ended it: ${ending.how}`
      if (wasEmptied(start, at)) return 'Redis lost it'
      const isUpstream = doubleUsesOf.get(user)?.some(({ second }) => second.at >= start && second.at <= at)
      return isUpstream ? 'its upstream session died of a second use' : undefined
    },
  }
}

function findDoubleUses(facts: readonly Fact[], limits: Limits): readonly DoubleUse[] {
  // An identity provider that is not there has not used the token up.
  const uses = factsOf(facts, 'upstream refresh').filter(({ outcome }) => outcome !== 'unavailable')
  return [...groupBy(uses, ({ token }) => token).values()].flatMap((same) => {
    const [first, ...others] = same.toSorted((a, b) => a.since - b.since)
    const isUsedUp = first !== undefined && first.outcome !== 'refused'
    return isUsedUp ? others.map((second) => ({ first, second, excuse: excuse(facts, limits, first, second) })) : []
  })
}

/** Why the process that used a token first could not tell the others in time. */
function excuse(
  facts: readonly Fact[],
  limits: Limits,
  first: UpstreamRefresh,
  second: UpstreamRefresh,
): string | undefined {
  const { process } = first
  const said = factsOf(facts, 'audit').filter((fact) => fact.process === process && fact.user === first.user)
  // It may hear the answer while the second use is under way.
  const latest = Math.max(second.at, first.at + hearingTime)
  const answer = said.find(({ at, event }) => event === 'upstream.refreshed' && at >= first.since && at <= latest)
  const gaveUp = said.findLast(
    ({ at, event }) => event === 'upstream.failed' && at >= first.since - queueTime && at <= second.at,
  )
  const death = factsOf(facts, 'process ended').find((fact) => fact.process === process && fact.at <= second.at)
  if (death && !answer) return `${process} was ended by ${death.how} before it heard the answer`
  if (!answer && gaveUp) return `the answer did not reach ${process}, which gave up at ${formatTime(gaveUp.at)}`
  if (!answer) return undefined
  if (death && couldNotWrite(facts, process, answer.at, death.at)) {
    return `${process} was ended by ${death.how} ${death.at - answer.at} ms after it heard the answer`
  }
  const isLeaseOver = second.since - first.since > limits.leaseSeconds * 1000
  if (isLeaseOver && couldNotWrite(facts, process, answer.at, second.since)) {
    return `${process} was cut off from the store for longer than the lease lasts`
  }
  return undefined
}

/** Whether a process had no time, between two moments, in which it could have written to the store. */
function couldNotWrite(facts: readonly Fact[], process: string, from: number, to: number): boolean {
  const breaks = factsOf(facts, 'store away')
    .filter((fact) => (fact.process ?? process) === process && fact.until > from && fact.at < to)
    .toSorted((a, b) => a.at - b.at)
  let longest = 0
  let since = from
  for (const { at, until } of breaks) {
    longest = Math.max(longest, at - since)
    since = Math.max(since, until)
  }
  return Math.max(longest, to - since) < (breaks.length === 0 ? writingTime : catchingUpTime)
}

/** The time of day, UTC. */
export function formatTime(at: number): string {
  return new Date(at).toISOString().slice(11, 23)
}
