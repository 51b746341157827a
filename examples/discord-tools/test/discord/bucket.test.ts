import { expect, it } from 'vitest'
import {
  block,
  createBucket,
  giveBack,
  isBusy,
  readNumber,
  readRateLimitHeaders,
  secondsUntilTurn,
  take,
} from '../../src/discord/bucket.ts'

const now = 1_795_000_000

it('lets one request find out, and the others wait for its answer', () => {
  const bucket = createBucket()
  expect(secondsUntilTurn(bucket, now)).toBe(0)
  take(bucket)
  expect(secondsUntilTurn(bucket, now)).toBe(Infinity)
  giveBack(bucket, { remaining: 2, resetAfter: 5 }, now)
  expect(secondsUntilTurn(bucket, now)).toBe(0)
  take(bucket)
  take(bucket)
  expect(secondsUntilTurn(bucket, now + 1)).toBe(4)
  // A new window: again one finds out, when those on the way have come back.
  expect(secondsUntilTurn(bucket, now + 5)).toBe(Infinity)
})

it('takes the smaller number when answers overtake each other', () => {
  const bucket = createBucket()
  take(bucket)
  giveBack(bucket, { remaining: 4, resetAfter: 5 }, now)
  take(bucket)
  take(bucket)
  giveBack(bucket, { remaining: 2, resetAfter: 4.8 }, now)
  giveBack(bucket, { remaining: 3, resetAfter: 4.8 }, now)
  // The first answer said 2 and may not have counted the other request; the second one is older news.
  expect(secondsUntilTurn(bucket, now)).toBe(0)
  take(bucket)
  expect(secondsUntilTurn(bucket, now)).toBe(5)
})

it('counts those on the way, which Discord may not have counted yet', () => {
  const bucket = createBucket()
  take(bucket)
  giveBack(bucket, { remaining: 3, resetAfter: 5 }, now)
  for (let count = 0; count < 3; count++) take(bucket)
  giveBack(bucket, { remaining: 2, resetAfter: 5 }, now)
  expect(secondsUntilTurn(bucket, now)).toBe(5)
})

it('waits out a block, whatever else the headers say', () => {
  const bucket = createBucket()
  take(bucket)
  giveBack(bucket, { remaining: 9, resetAfter: 1 }, now)
  block(bucket, now + 60)
  block(bucket, now + 30)
  expect(secondsUntilTurn(bucket, now + 10)).toBe(50)
  expect(secondsUntilTurn(bucket, now + 60)).toBe(0)
})

it('goes on one by one after an answer without headers, and after none', () => {
  const bucket = createBucket()
  for (let count = 0; count < 3; count++) {
    expect(secondsUntilTurn(bucket, now)).toBe(0)
    take(bucket)
    expect(isBusy(bucket)).toBe(true)
    giveBack(bucket, {}, now)
    expect(isBusy(bucket)).toBe(false)
  }
})

it.each([
  ['1', 1],
  ['64.57', 64.57],
  ['0', 0],
  ['999999999', 86_400],
  ['-1', undefined],
  ['', undefined],
  ['1e9', undefined],
  ['Infinity', undefined],
  ['soon', undefined],
  [null, undefined],
])('reads the number %j', (text, expected) => {
  expect(readNumber(text)).toBe(expected)
})

it('reads the headers of Discord', () => {
  const headers = new Headers({
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset-After': '64.57',
    'X-RateLimit-Bucket': 'abcd1234',
  })
  expect(readRateLimitHeaders(headers)).toEqual({ bucket: 'abcd1234', remaining: 0, resetAfter: 64.57 })
  expect(readRateLimitHeaders(new Headers())).toEqual({
    bucket: undefined,
    remaining: undefined,
    resetAfter: undefined,
  })
})
