import { beforeAll, describe, expect, it } from 'vitest'
import { UpstreamError } from '../../src/errors.ts'
import { createRemoteKeys } from '../../src/verification/remote-keys.ts'
import type { RemoteKeys, VerifierResponse } from '../../src/verifier.ts'
import { type Clock, createClock } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'
import { createIdP, newKey, type TestKey } from './support/idp.ts'

let first: TestKey
let second: TestKey
beforeAll(async () => {
  first = await newKey('key-1')
  second = await newKey('key-2')
})

interface Lab {
  readonly clock: Clock
  readonly keys: RemoteKeys
  readonly fetches: () => number
  readonly publish: (...keys: readonly TestKey[]) => void
  /** What requests end with from now on, until `recover`. */
  readonly fail: (how: () => Promise<VerifierResponse>) => void
  readonly recover: () => void
  readonly cache: (value: string) => void
  readonly verify: (key?: TestKey, kid?: string) => Promise<string>
  /** The same with a token that names no key. */
  readonly verifyNameless: () => Promise<string>
}

async function setUp(): Promise<Lab> {
  const clock = createClock()
  const idp = await createIdP({ key: first, clock })
  let published: readonly TestKey[] = [first]
  let failing: (() => Promise<VerifierResponse>) | undefined
  let cacheControl = ''
  let fetches = 0
  const keys = createRemoteKeys({
    jwksURI: idp.jwksURI,
    now: clock.now,
    request: async () => {
      fetches += 1
      if (failing) return await failing()
      const set = { keys: published.map(({ publicJWK }) => publicJWK) }
      await Promise.resolve()
      return answer(200, set, cacheControl)
    },
  })
  return {
    clock,
    keys,
    fetches: () => fetches,
    publish: (...next) => {
      published = next
    },
    fail: (how) => {
      failing = how
    },
    recover: () => {
      failing = undefined
    },
    cache: (value) => {
      cacheControl = value
    },
    verify: async (key = first, kid = key.kid) => {
      const { payload } = await keys.verify(await idp.mint({ key, header: { kid } }), ['ES256'])
      return String(payload['sub'])
    },
    verifyNameless: async () => {
      const { payload } = await keys.verify(await idp.mint({ header: { kid: undefined } }), ['ES256'])
      return String(payload['sub'])
    },
  }
}

/** Copies of the second key under other names. */
function manyKeys(count: number): TestKey[] {
  return Array.from({ length: count }, (_, n) => {
    const kid = `other-${n}`
    return { ...second, kid, publicJWK: { ...second.publicJWK, kid } }
  })
}

function answer(status: number, body: unknown, cacheControl = ''): VerifierResponse {
  const headers = new Headers(cacheControl === '' ? {} : { 'cache-control': cacheControl })
  return { ok: status < 300, status, headers, body }
}

const silent = async (): Promise<never> => await Promise.reject(new UpstreamError('unavailable'))
const invalid = refusal('token_invalid')
const unavailable = refusal('upstream_unavailable')

describe('A063 keys that change', () => {
  it('are asked for once by fifty tokens at the same time', async () => {
    const { verify, fetches } = await setUp()
    const subjects = await Promise.all(Array.from({ length: 50 }, async () => await verify()))
    expect([new Set(subjects), fetches()]).toEqual([new Set(['user-1']), 1])
  })

  it('are picked up at once by the first token of a new key, and by all that come with it', async () => {
    const { verify, publish, fetches } = await setUp()
    await verify()
    publish(first, second)
    await Promise.all(Array.from({ length: 20 }, async () => await verify(second)))
    await verify(first)
    expect(fetches()).toBe(2)
  })

  it('are found among the hundreds that a large provider publishes, and never in a set without end', async () => {
    const { verify, publish } = await setUp()
    publish(...manyKeys(499), first)
    expect(await verify()).toBe('user-1')
    const large = await setUp()
    large.publish(...manyKeys(500), first)
    await expect(large.verify()).rejects.toThrow(unavailable)
  })

  it('are tried twenty at most for a token that names none of them', async () => {
    const { verifyNameless, publish, clock } = await setUp()
    publish(...manyKeys(19), first)
    expect(await verifyNameless()).toBe('user-1')
    publish(...manyKeys(20), first)
    clock.advance(600)
    await expect(verifyNameless()).rejects.toThrow(invalid)
  })

  it('are picked up when a new key has the name of the old one', async () => {
    const { verify, publish, fetches, keys } = await setUp()
    await verify()
    publish({ ...second, kid: 'key-1', publicJWK: { ...second.publicJWK, kid: 'key-1' } })
    expect(await verify(second, 'key-1')).toBe('user-1')
    expect(fetches()).toBe(2)
    await expect(verify(first)).rejects.toThrow(invalid)
    // A name that stood for two keys vouches for nothing that was remembered.
    expect(keys.has('key-1')).toBe(false)
  })

  it('are asked for at most once in ten seconds by names that nobody knows', async () => {
    const { verify, clock, fetches } = await setUp()
    await verify()
    const flood = async (): Promise<void> => {
      for (const kid of ['a', 'b', '../../x']) await expect(verify(second, kid)).rejects.toThrow(invalid)
    }
    await flood()
    expect(fetches()).toBe(2)
    clock.advance(9.9)
    await flood()
    expect(fetches()).toBe(2)
    clock.advance(0.1)
    await flood()
    expect(fetches()).toBe(3)
  })

  it('are not asked for a second time by the token that they were fetched for', async () => {
    const { verify, fetches, clock } = await setUp()
    await expect(verify(second)).rejects.toThrow(invalid)
    await expect(verify(second)).rejects.toThrow(invalid)
    expect(fetches()).toBe(1)
    clock.advance(10)
    await expect(verify(second)).rejects.toThrow(invalid)
    expect(fetches()).toBe(2)
  })

  it('C10 vouch no longer for what was remembered when they are gone from a fresh set, or have no name', async () => {
    const { verify, publish, keys } = await setUp()
    await verify()
    expect([keys.has('key-1'), keys.has('key-2'), keys.has(undefined)]).toEqual([true, false, false])
    publish(second)
    await verify(second)
    expect([keys.has('key-1'), keys.has('key-2')]).toEqual([false, true])
  })

  it.each([
    ['', 600],
    ['max-age=120', 120],
    ['max-age=1', 60],
    ['no-store', 60],
    ['max-age=9999999', 86_400],
  ])('with "%s" are fresh for %d seconds', async (cacheControl, seconds) => {
    const { verify, clock, fetches, cache } = await setUp()
    cache(cacheControl)
    await verify()
    clock.advance(seconds - 1)
    await verify()
    expect(fetches()).toBe(1)
    clock.advance(1)
    await verify()
    expect(fetches()).toBe(2)
  })
})

describe('A014 D9 keys that cannot be had', () => {
  const failures: [string, () => Promise<VerifierResponse>][] = [
    ['no answer', silent],
    ['503', async () => answer(503, {})],
    ['404', async () => answer(404, {})],
    ['a page', async () => answer(200, undefined)],
    ['no keys', async () => answer(200, { keys: [] })],
    ['a private key', async () => answer(200, { keys: [{ ...first.publicJWK, d: 'AAAA' }] })],
  ]

  it.each(failures)(
    'make no token bad, are asked for again after two seconds, and serve then: %s',
    async (_name, how) => {
      const { verify, clock, fetches, fail, recover } = await setUp()
      fail(how)
      await expect(verify()).rejects.toThrow(unavailable)
      await expect(verify()).rejects.toThrow(unavailable)
      expect(fetches()).toBe(1)
      recover()
      clock.advance(2)
      expect(await verify()).toBe('user-1')
      expect(fetches()).toBe(2)
    },
  )

  it.each(failures)('are served stale for a day: %s', async (_name, how) => {
    const { verify, clock, fail } = await setUp()
    await verify()
    fail(how)
    clock.advance(600 + 86_399)
    expect(await verify()).toBe('user-1')
    clock.advance(1)
    await expect(verify()).rejects.toThrow(unavailable)
  })

  it('make nobody wait but those who came first: all of them share one call, and the next are told at once', async () => {
    const { verify, fetches, fail } = await setUp()
    let giveUp: (reason: unknown) => void = () => {}
    fail(async () => await new Promise<never>((_resolve, reject) => (giveUp = reject)))
    const waiting = Array.from({ length: 10 }, async () => await verify().catch((error: unknown) => error))
    await new Promise(setImmediate)
    giveUp(new UpstreamError('unavailable'))
    expect(await Promise.all(waiting)).toEqual(Array(10).fill(unavailable))
    await expect(verify()).rejects.toThrow(unavailable)
    expect(fetches()).toBe(1)
  })

  it('make one request wait where there are stale ones, and all others go on', async () => {
    const { verify, fetches, fail, clock } = await setUp()
    await verify()
    clock.advance(600)
    let giveUp: (reason: unknown) => void = () => {}
    fail(async () => await new Promise<never>((_resolve, reject) => (giveUp = reject)))
    const waiting = verify()
    await new Promise(setImmediate)
    expect(await Promise.all([verify(), verify()])).toEqual(['user-1', 'user-1'])
    giveUp(new UpstreamError('unavailable'))
    expect(await waiting).toBe('user-1')
    expect(fetches()).toBe(2)
  })

  it('are waited for by a token of a new key that comes while they are fetched', async () => {
    const { verify, fetches, publish, clock } = await setUp()
    await verify()
    clock.advance(600)
    publish(first, second)
    expect(await Promise.all([verify(), verify(second), verify(second)])).toEqual(Array(3).fill('user-1'))
    expect(fetches()).toBe(2)
  })

  it('make no token of a new key bad, and are found within ten seconds after the provider is back', async () => {
    const { verify, clock, fail, recover, publish, fetches } = await setUp()
    await verify()
    publish(first, second)
    fail(silent)
    for (let call = 0; call < 5; call += 1) {
      await expect(verify(second)).rejects.toThrow(unavailable)
      expect(await verify(first)).toBe('user-1')
      clock.advance(1)
    }
    expect(fetches()).toBe(2)
    recover()
    clock.advance(5)
    expect(await verify(second)).toBe('user-1')
    expect(fetches()).toBe(3)
  })

  it('spend no cool-down while nobody may be asked: the first chance after a pause is taken', async () => {
    const { verify, clock, fail, recover, publish } = await setUp()
    await verify()
    fail(silent)
    clock.advance(600)
    expect(await verify(first)).toBe('user-1')
    clock.advance(1)
    await expect(verify(second)).rejects.toThrow(unavailable)
    recover()
    publish(first)
    clock.advance(1)
    expect(await verify(first)).toBe('user-1')
    publish(first, second)
    expect(await verify(second)).toBe('user-1')
  })

  it('tell how long to wait', async () => {
    const { verify, clock, fail } = await setUp()
    fail(silent)
    await expect(verify()).rejects.toThrow(unavailable)
    clock.advance(0.5)
    await expect(verify()).rejects.toMatchObject({ reason: 'upstream_unavailable', retryAfterSeconds: 2 })
  })
})
