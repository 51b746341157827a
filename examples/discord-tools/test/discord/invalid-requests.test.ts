import { expect, it } from 'vitest'
import { createInvalidRequests } from '../../src/discord/invalid-requests.ts'

const now = 1_795_000_000

it('is full at the limit, and has room again when the oldest are ten minutes old', () => {
  const count = createInvalidRequests(3)
  for (const seconds of [0, 30, 300]) {
    expect(count.secondsUntilRoom(now + seconds)).toBe(0)
    count.add(now + seconds)
  }
  // The first two were counted in one minute, which is forgotten as a whole.
  expect(count.secondsUntilRoom(now + 300)).toBe(360)
  expect(count.secondsUntilRoom(now + 659)).toBe(1)
  expect(count.secondsUntilRoom(now + 660)).toBe(0)
})

it('is empty until something is refused, and again ten minutes later', () => {
  const count = createInvalidRequests(3)
  expect(count.isEmpty(now)).toBe(true)
  count.add(now)
  expect([count.isEmpty(now), count.isEmpty(now + 659), count.isEmpty(now + 660)]).toEqual([false, false, true])
})

it('never forgets early: there are at most as many in any ten minutes as the limit', () => {
  const count = createInvalidRequests(20)
  const added: number[] = []
  for (let seconds = 0; seconds < 5000; seconds += 7) {
    if (count.secondsUntilRoom(now + seconds) > 0) continue
    count.add(now + seconds)
    added.push(seconds)
  }
  expect(added.length).toBeGreaterThan(100)
  for (const end of added) expect(added.filter((one) => one <= end && one > end - 600).length).toBeLessThanOrEqual(20)
})
