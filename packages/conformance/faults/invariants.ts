/** What has to hold whatever goes wrong, each as a judgement on the facts of a run. @module */
import { createEvidence, type Evidence, formatTime, type Limits } from './evidence.ts'
import { type Fact, factsOf, groupBy } from './history.ts'

/** Something that was found. */
export interface Finding {
  readonly at: number
  /** Whose facts explain it, where it is about one user. */
  readonly user?: string
  readonly text: string
}

/** A judgement. */
export interface Verdict {
  readonly name: string
  /** How many cases were looked at: a rule that met none has shown nothing. */
  readonly cases: number
  readonly violations: readonly Finding[]
  /** What happened, and nobody could have prevented. */
  readonly unavoidable: readonly Finding[]
}

/** What a rule finds; its name comes from the table. */
type Rule = (evidence: Evidence) => Omit<Verdict, 'name'>

/** Judges a run. */
export function judge(facts: readonly Fact[], limits: Limits): readonly Verdict[] {
  const evidence = createEvidence(facts, limits)
  return Object.entries(rules).map(([name, rule]) => ({ name, ...rule(evidence) }))
}

const rules: Readonly<Record<string, Rule>> = {
  '1 no code is redeemed for two answers': ({ facts }) => {
    const byCode = groupBy(factsOf(facts, 'redeemed'), ({ code }) => code)
    const violations = [...byCode.values()].flatMap((all) => {
      const [first, other] = distinct(all, ({ answer }) => answer)
      const text = `code ${first?.code} was redeemed by ${first?.process} and by ${other?.process}`
      return other ? [{ at: other.at, user: other.user, text }] : []
    })
    return { cases: byCode.size, violations, unavoidable: [] }
  },

  '2 no refresh token has two successors': ({ facts }) => {
    const byToken = groupBy(factsOf(facts, 'refreshed'), ({ token }) => token)
    const violations = [...byToken.values()].flatMap((all) => {
      const [first, other] = distinct(all, ({ answer }) => answer)
      const text = `refresh token ${first?.token} was followed by ${first?.successor} (${first?.process}) and by ${other?.successor} (${other?.process})`
      return other ? [{ at: other.at, user: other.user, text }] : []
    })
    return { cases: byToken.size, violations, unavoidable: [] }
  },

  '3 no upstream refresh token is used twice': ({ facts, doubleUses }) => {
    const findings = doubleUses.map(({ first, second, excuse }) => ({
      at: second.since,
      user: second.user,
      isExcused: excuse !== undefined,
      text: `upstream token ${first.token} of ${first.user} was used by ${first.process} at ${formatTime(first.since)} and by ${second.process} at ${formatTime(second.since)}: ${excuse ?? 'without need'}`,
    }))
    return { cases: factsOf(facts, 'upstream refresh').length, ...sorted(findings) }
  },

  '4 no grant is lost that a client has': (evidence) => {
    const findings = lostGrants(evidence)
    return { cases: factsOf(evidence.facts, 'redeemed').length, ...sorted(findings) }
  },

  '5 nothing is accepted of a grant that was ended': ({ facts }) => {
    const ended = factsOf(facts, 'ended').filter(({ isCertain }) => isCertain)
    const ends = new Map(ended.map(({ grant, at }) => [grant, at]))
    const violations = factsOf(facts, 'accepted after the end')
      .filter(({ grant, since }) => since >= (ends.get(grant) ?? Number.POSITIVE_INFINITY))
      .map(({ at, user, grant, what, process }) => ({ at, user, text: `${process} accepted the ${what} of ${grant}` }))
    return { cases: ended.length, violations, unavoidable: [] }
  },

  '6 everything recovers': (evidence) => {
    const { facts, limits } = evidence
    const healedAt = factsOf(facts, 'healed').at(-1)?.at ?? 0
    const deadline = healedAt + limits.recoverySeconds * 1000 + heldUp(facts, healedAt)
    const ready = factsOf(facts, 'ready').filter(({ at }) => at >= healedAt && at <= deadline)
    const settled = new Set(factsOf(facts, 'settled').map(({ user }) => user))
    const missing = [
      ...(ready.length < limits.servers ? [`${limits.servers - ready.length} servers did not become ready`] : []),
      ...(settled.size < limits.users ? [`${limits.users - settled.size} users had no call that worked`] : []),
    ].map((text) => ({ at: deadline, isExcused: false, text: `after the last fault ${text}` }))
    const late = factsOf(facts, 'trouble').filter(({ at }) => at > deadline)
    const findings = late.map(({ at, user, operation, status, process }) => {
      const holder = lateHolder(facts, at, limits.leaseSeconds)
      const isExcused = status === 503 && holder !== undefined
      const why = isExcused ? `, which waits for the lease of ${holder}` : ''
      const when = `${at - healedAt} ms after the last fault`
      return { at, user, isExcused, text: `${operation} of ${user} got ${status} from ${process} ${when}${why}` }
    })
    const cases = factsOf(facts, 'trouble').length
    return { cases, ...sorted([...missing, ...findings]) }
  },

  '7 nothing leaks, and no process ends by itself': ({ facts }) => {
    const leaks = factsOf(facts, 'leak').map(({ at, process, what }) => ({ at, text: `${process}: ${what}` }))
    const ends = factsOf(facts, 'process ended')
    const failed = ends
      .filter(({ isOrdered }) => !isOrdered)
      .map(({ at, process, how }) => ({ at, text: `${process} ended: ${how}` }))
    return { cases: ends.length, violations: [...leaks, ...failed], unavoidable: [] }
  },
}

type Judged = Finding & { readonly isExcused: boolean }

function lostGrants({ facts, limits, reasonForEnd, wasEmptied }: Evidence): readonly Judged[] {
  const refreshes = factsOf(facts, 'refresh refused').map((fact) => {
    const isLate = fact.at - fact.since > limits.graceSeconds * 1000
    const late = isLate ? 'its client could not be answered within the grace' : undefined
    return finding(
      fact,
      `the refresh token ${fact.token} was refused by ${fact.process} after ${fact.at - fact.since} ms`,
      reasonForEnd(fact, fact.at) ?? late,
    )
  })
  const calls = factsOf(facts, 'access refused').map((fact) =>
    finding(
      fact,
      `an access token with ${fact.left} ms left was refused by ${fact.process}`,
      reasonForEnd(fact, fact.at),
    ),
  )
  const codes = factsOf(facts, 'code refused').map((fact) => {
    const lost = wasEmptied(fact.at - codeTime, fact.at) ? 'Redis lost it' : undefined
    const reason = fact.isRepeated ? 'an earlier answer to it was lost' : (reasonForEnd(fact, fact.at) ?? lost)
    return finding(fact, `the code ${fact.code} was refused`, reason)
  })
  return [...refreshes, ...calls, ...codes]
}

/** Between sign-in and redemption no more time passes than this, in milliseconds. */
const codeTime = 60_000

function finding(
  { at, user, grant }: { readonly at: number; readonly user: string; readonly grant: string },
  text: string,
  reason: string | undefined,
): Judged {
  return { at, user, isExcused: reason !== undefined, text: `${grant}: ${text}: ${reason ?? 'without a reason'}` }
}

/** How long this program itself stood still after a moment, in milliseconds: then it kept everybody waiting. */
function heldUp(facts: readonly Fact[], from: number): number {
  const pauses = factsOf(facts, 'held up').filter(({ until }) => until > from)
  return pauses.reduce((sum, { at, until }) => sum + until - Math.max(at, from), 0)
}

/** The process whose death may still hold up others at a moment: its leases have not ended. */
function lateHolder(facts: readonly Fact[], at: number, leaseSeconds: number): string | undefined {
  const dead = factsOf(facts, 'process ended').findLast((fact) => fact.at <= at)
  return dead && at - dead.at <= (leaseSeconds + 2) * 1000 ? dead.process : undefined
}

function sorted(findings: readonly Judged[]): Pick<Verdict, 'violations' | 'unavoidable'> {
  return {
    violations: findings.filter(({ isExcused }) => !isExcused),
    unavoidable: findings.filter(({ isExcused }) => isExcused),
  }
}

/** One of each. */
function distinct<T>(all: readonly T[], key: (one: T) => string): readonly T[] {
  return [...new Map(all.map((one) => [key(one), one])).values()]
}
