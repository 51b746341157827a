import { describe, expect, it } from 'vitest'
import { OAuthError } from '../src/errors.ts'
import { createRateLimiter, createTokenBuckets, type RateLimit, sourceKey } from '../src/limits/rate-limiter.ts'

/** Buckets on a clock of their own, and how many pieces of work they allow before the first refusal. */
function setUp(): {
  readonly decide: RateLimit
  readonly advance: (seconds: number) => void
  readonly spendAll: (request: Parameters<RateLimit>[0]) => number
} {
  let time = 1_700_000_000
  const decide = createTokenBuckets(() => time)
  return {
    decide,
    advance: (seconds) => {
      time += seconds
    },
    spendAll: (request) => {
      for (let count = 0; count < 1000; count += 1) if (decide(request) !== undefined) return count
      return 1000
    },
  }
}

describe('token buckets', () => {
  it.each([
    ['registration', 200, 1],
    ['client-document', 30, 0.5],
    ['client-document-host', 120, 2],
  ] as const)('A078 A086 allow a burst of %s, then as much as time brings', (work, burst, perSecond) => {
    const { decide, advance, spendAll } = setUp()
    const request = { work, key: 'source 203.0.113.7' }
    expect(spendAll(request)).toBe(burst)
    expect(decide(request)).toBe(1 / perSecond)
    advance(1 / perSecond)
    expect(decide(request)).toBeUndefined()
    expect(decide(request)).toBe(1 / perSecond)
    advance(0.5 / perSecond)
    expect(decide(request)).toBe(0.5 / perSecond)
    advance(86_400)
    expect(spendAll(request)).toBe(burst)
  })

  it('A086 count each key and each kind of work by itself', () => {
    const { spendAll } = setUp()
    const one = { work: 'registration', key: 'source 203.0.113.7' } as const
    expect(spendAll(one)).toBe(200)
    expect(spendAll({ ...one, key: 'source 203.0.113.8' })).toBe(200)
    expect(spendAll({ ...one, work: 'client-document' })).toBe(30)
  })

  it('A086 take nothing from a clock that goes back', () => {
    const { decide, advance, spendAll } = setUp()
    const request = { work: 'registration', key: 'source 203.0.113.7' } as const
    expect(spendAll(request)).toBe(200)
    advance(-3600)
    expect(decide(request)).toBe(1)
    advance(1)
    expect(decide(request)).toBeUndefined()
  })

  it('D3 remember ten thousand keys and no more, the ones used last', () => {
    const { decide, spendAll } = setUp()
    const used = { work: 'registration', key: 'source used' } as const
    const unused = { work: 'registration', key: 'source unused' } as const
    expect([spendAll(unused), spendAll(used)]).toEqual([200, 200])
    for (let i = 0; i < 9_999; i += 1) void decide({ work: 'registration', key: `source ${i}` })
    expect(decide(used)).toBe(1)
    expect(decide(unused)).toBeUndefined()
  })
})

describe('the limiter', () => {
  it.each([
    ['a fraction of a second', 0.2, 1],
    ['no time', 0, 1],
    ['some seconds', 41.2, 42],
  ])('A086 tells how long to wait in whole seconds: %s', async (_name, wait, retryAfterSeconds) => {
    const error = await createRateLimiter(() => wait)
      .spend('registration', 'source x')
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OAuthError)
    expect(error).toMatchObject({ reason: 'rate_limited', status: 429, retryAfterSeconds })
  })

  it('A086 asks a decision of your own, which may take its time', async () => {
    const asked: unknown[] = []
    const limiter = createRateLimiter(async (request) => {
      asked.push(request)
      return await Promise.resolve(undefined)
    })
    await limiter.spend('client-document-host', 'host client.example')
    expect(asked).toEqual([{ work: 'client-document-host', key: 'host client.example' }])
  })

  it('A086 fails when the decision fails: nobody works unlimited because a counter is away', async () => {
    const limiter = createRateLimiter(async () => await Promise.reject(new Error('counter')))
    await expect(limiter.spend('registration', 'source x')).rejects.toThrow('counter')
  })
})

describe('sources', () => {
  it.each([
    ['203.0.113.7', 'source 203.0.113.7'],
    ['::ffff:203.0.113.7', 'source 203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', 'source 2001:db8:1:2::/64'],
    [undefined, 'source unknown'],
  ])('A086 counts %s as %s', (address, key) => {
    expect(sourceKey(address)).toBe(key)
  })
})
