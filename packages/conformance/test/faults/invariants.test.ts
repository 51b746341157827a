/** The judge of the fault harness, on histories made by hand. */
import { describe, expect, it } from 'vitest'
import type { Limits } from '../../faults/evidence.ts'
import type { Fact, FactOf } from '../../faults/history.ts'
import { judge } from '../../faults/invariants.ts'

const limits: Limits = { leaseSeconds: 14, graceSeconds: 30, recoverySeconds: 10, users: 1, servers: 1 }
const of = { user: 'ann', grant: 'ann.1' }

/** A run in which nothing is wrong: one user, one server, healed at 50,000 ms. */
const good: readonly Fact[] = [
  { at: 0, kind: 'process started', process: 'p1' },
  { at: 1000, kind: 'redeemed', ...of, code: 'c1', answer: 'a1', process: 'p1' },
  { at: 2000, kind: 'refreshed', ...of, token: 'r1', successor: 'r2', answer: 'a2', process: 'p1' },
  { at: 50_000, kind: 'healed' },
  { at: 50_100, kind: 'ready', process: 'p1' },
  { at: 50_200, kind: 'settled', user: 'ann' },
  { at: 60_000, kind: 'process ended', process: 'p1', how: 'exit code 0', isOrdered: true },
]

/** What is wrong, and what is unavoidable, when these things happen as well: numbers of the invariants. */
function judged(...more: readonly Fact[]): { violated: readonly string[]; unavoidable: readonly string[] } {
  const verdicts = judge([...good, ...more], limits)
  const numbers = (kind: 'violations' | 'unavoidable'): readonly string[] =>
    verdicts.flatMap((verdict) => verdict[kind].map(() => verdict.name.slice(0, 1)))
  return { violated: numbers('violations'), unavoidable: numbers('unavoidable') }
}

const fine = { violated: [], unavoidable: [] }
const violates = (number: string): unknown => ({ violated: [number], unavoidable: [] })
const excuses = (...numbers: readonly string[]): unknown => ({ violated: [], unavoidable: numbers })

function upstream(process: string, since: number, outcome: FactOf<'upstream refresh'>['outcome'] = 'exchanged'): Fact {
  return { at: since + 50, kind: 'upstream refresh', process, user: 'ann', token: 'u1', since, outcome }
}
const refused: Fact = { at: 9000, since: 8990, kind: 'refresh refused', ...of, token: 'r2', process: 'p2' }

it('finds nothing in a run in which nothing is wrong, and says how many cases it looked at', () => {
  expect(judged()).toEqual(fine)
  expect(judge(good, limits).map(({ cases }) => cases)).toEqual([1, 1, 0, 1, 0, 0, 1])
})

describe('invariants 1 and 2, codes and refresh tokens', () => {
  it.each([
    ['the same answer twice is fine', 'a1', fine],
    ['a code that was redeemed for two answers is a violation', 'a9', violates('1')],
  ])('%s', (_, answer, expected) => {
    expect(judged({ at: 1500, kind: 'redeemed', ...of, code: 'c1', answer, process: 'p2' })).toEqual(expected)
  })

  it.each([
    ['the same successor in the same bytes is fine', 'r2', 'a2', fine],
    ['two successors of one refresh token are a violation', 'r9', 'a9', violates('2')],
    ['the same successor in other bytes is one too', 'r2', 'a9', violates('2')],
  ])('%s', (_, successor, answer, expected) => {
    expect(judged({ at: 2500, kind: 'refreshed', ...of, token: 'r1', successor, answer, process: 'p2' })).toEqual(
      expected,
    )
  })
})

describe('invariant 3, upstream refresh tokens', () => {
  const audit = (at: number, event: string): Fact => ({
    at,
    kind: 'audit',
    process: 'p1',
    user: 'ann',
    event,
    detail: '',
  })
  const killed = (at: number, process = 'p1'): Fact => ({
    at,
    kind: 'process ended',
    process,
    how: 'SIGKILL',
    isOrdered: true,
  })
  const first = upstream('p1', 5000)
  const heard = audit(5100, 'upstream.refreshed')
  const second = upstream('p2', 20_000, 'refused')

  it('is violated by a second use, whoever it is by', () => {
    expect(judged(first, heard, second)).toEqual(violates('3'))
    expect(judged(first, second)).toEqual(violates('3'))
    expect(judged(first, upstream('p1', 5010, 'refused'))).toEqual(violates('3'))
  })

  it('is not violated when the identity provider was away at the first use', () => {
    expect(judged(upstream('p1', 5000, 'unavailable'), second)).toEqual(fine)
  })

  it('excuses a process that was killed before it could write, and no other', () => {
    expect(judged(first, killed(9000), second)).toEqual(excuses('3'))
    expect(judged(first, heard, killed(5500), second)).toEqual(excuses('3'))
    expect(judged(first, heard, killed(9000), second)).toEqual(violates('3'))
    expect(judged(first, heard, killed(5500, 'p3'), second)).toEqual(violates('3'))
    expect(judged(first, heard, second, killed(20_500))).toEqual(violates('3'))
  })

  it('excuses one that was killed later when the store was away from it all the time', () => {
    const away = (process: string): Fact => ({ at: 5000, kind: 'store away', process, until: 8000 })
    expect(judged(first, heard, away('p1'), killed(9000), second)).toEqual(excuses('3'))
    expect(judged(first, heard, away('p2'), killed(9000), second)).toEqual(violates('3'))
  })

  it('excuses one that was cut off from the store for longer than the lease, and not for less', () => {
    const away: Fact = { at: 5000, kind: 'store away', until: 20_500 }
    expect(judged(first, heard, away, second)).toEqual(excuses('3'))
    expect(judged(first, heard, away, upstream('p2', 15_000))).toEqual(violates('3'))
  })

  it('excuses one that gave up before the answer came, unless it heard it', () => {
    const gaveUp = audit(9000, 'upstream.failed')
    expect(judged(upstream('p1', 5000, 'lost'), gaveUp, second)).toEqual(excuses('3'))
    expect(judged(first, heard, gaveUp, second)).toEqual(violates('3'))
  })

  it('does not excuse two at the same time by what went wrong before', () => {
    const gaveUp = audit(4000, 'upstream.failed')
    expect(judged(gaveUp, first, heard, upstream('p2', 5010, 'refused'))).toEqual(violates('3'))
  })
})

describe('invariant 4, grants', () => {
  it('is violated by a refresh token, an access token or a code that is refused without a reason', () => {
    expect(judged(refused)).toEqual(violates('4'))
    expect(judged({ at: 9000, kind: 'access refused', ...of, left: 5000, process: 'p1' })).toEqual(violates('4'))
    expect(judged({ at: 900, kind: 'code refused', ...of, code: 'c0', isRepeated: false })).toEqual(violates('4'))
  })

  it('excuses what the client ended before, and not what it ended later or elsewhere', () => {
    const ended = (at: number, grant: string): Fact => ({
      at,
      kind: 'ended',
      user: 'ann',
      grant,
      how: 'revoked',
      isCertain: true,
    })
    expect(judged(ended(8000, 'ann.1'), refused)).toEqual(excuses('4'))
    expect(judged(ended(9500, 'ann.1'), refused)).toEqual(violates('4'))
    expect(judged(ended(8000, 'ann.2'), refused)).toEqual(violates('4'))
  })

  it('excuses what Redis lost after the client got it, and not what it got afterwards', () => {
    expect(judged({ at: 5000, kind: 'store emptied' }, refused)).toEqual(excuses('4'))
    expect(judged({ at: 500, kind: 'store emptied' }, refused)).toEqual(violates('4'))
  })

  it('excuses an upstream session that died of a second use, and not one that died of nothing', () => {
    const killed: Fact = { at: 5500, kind: 'process ended', process: 'p1', how: 'SIGKILL', isOrdered: true }
    const second = upstream('p2', 8000, 'refused')
    expect(judged(upstream('p1', 5000), killed, second, refused)).toEqual(excuses('3', '4'))
    expect(judged(second, refused)).toEqual(violates('4'))
  })

  it('excuses a retry that came after the grace, and one of a code whose answer was lost', () => {
    expect(judged({ ...refused, at: 45_000 } as Fact)).toEqual(excuses('4'))
    expect(judged({ at: 900, kind: 'code refused', ...of, code: 'c0', isRepeated: true })).toEqual(excuses('4'))
  })
})

describe('invariant 5, grants that were ended', () => {
  const ended: Fact = { at: 8000, kind: 'ended', ...of, how: 'revoked', isCertain: true }
  const accepted = (since: number): Fact => ({
    at: 9000,
    since,
    kind: 'accepted after the end',
    ...of,
    what: 'access token',
    process: 'p2',
  })

  it('is violated by a request that was sent after the end', () => {
    expect(judged(ended, accepted(8500))).toEqual(violates('5'))
  })

  it('is not violated by a request that was under way', () => {
    expect(judged(ended, accepted(7900))).toEqual(fine)
  })
})

describe('invariant 6, recovery', () => {
  const trouble = (at: number, status = 503): Fact => ({
    at,
    kind: 'trouble',
    user: 'ann',
    operation: 'refresh',
    status,
    process: 'p1',
  })

  it('is violated by a 5xx and by a broken connection later than ten seconds after the last fault', () => {
    expect(judged(trouble(59_000))).toEqual(fine)
    expect(judged(trouble(60_500))).toEqual({ violated: [], unavoidable: ['6'] })
    expect(judged(trouble(60_500, 0))).toEqual(violates('6'))
    const early = good.filter(({ kind }) => kind !== 'process ended')
    expect(judge([...early, trouble(60_500)], limits)[5]?.violations).toHaveLength(1)
  })

  it('is violated by a server that is not ready, and by a user whose calls do not work', () => {
    const without = (kind: Fact['kind']): number | undefined =>
      judge(
        good.filter((fact) => fact.kind !== kind),
        limits,
      )[5]?.violations.length
    expect(without('ready')).toBe(1)
    expect(without('settled')).toBe(1)
  })
})

describe('invariant 7, leaks and ends', () => {
  it('is violated by a leak, and by a process that ends by itself', () => {
    expect(judged({ at: 5000, kind: 'leak', process: 'p1', what: 'a stack trace in an answer' })).toEqual(violates('7'))
    expect(judged({ at: 5000, kind: 'process ended', process: 'p1', how: 'exit code 1', isOrdered: false })).toEqual(
      violates('7'),
    )
  })
})
