import { describe, expect, it, type Mock, vi } from 'vitest'
import { OAuthError } from '../../src/errors.ts'
import { createTokenCache, type Kept } from '../../src/verification/token-cache.ts'
import { createClock } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'

type Verify = () => Promise<Kept<string>>

/** Work that ends when it is told to. */
function later<T>(): { readonly promise: Promise<T>; readonly give: (value: T) => void } {
  let give: (value: T) => void = () => {}
  const promise = new Promise<T>((resolve) => {
    give = resolve
  })
  return { promise, give }
}

describe('remembered tokens', () => {
  it('are verified once until they end, and once for each audience', async () => {
    const clock = createClock()
    const cache = createTokenCache<string>(clock.now)
    const verify = vi.fn<Verify>(async () => ({ value: 'v', until: clock.now() + 60 }))
    for (const audience of ['a', 'a', 'b']) expect(await cache.get('t', audience, verify)).toBe('v')
    expect(verify).toHaveBeenCalledTimes(2)
    clock.advance(59.9)
    await cache.get('t', 'a', verify)
    expect(verify).toHaveBeenCalledTimes(2)
    clock.advance(0.1)
    await cache.get('t', 'a', verify)
    expect(verify).toHaveBeenCalledTimes(3)
  })

  it('keep audience and token apart, however they are written', async () => {
    const cache = createTokenCache<string>(() => 0)
    await cache.get('t x', 'y', async () => ({ value: 'one', until: 9 }))
    expect(await cache.get('t', 'x y', async () => ({ value: 'two', until: 9 }))).toBe('two')
  })

  it('are verified by one of fifty requests at the same time', async () => {
    const cache = createTokenCache<string>(() => 0)
    const { promise, give } = later<Kept<string>>()
    const verify = vi.fn<Verify>(async () => await promise)
    const all = Array.from({ length: 50 }, async () => await cache.get('t', 'a', verify))
    await new Promise(setImmediate)
    give({ value: 'v', until: 9 })
    expect([new Set(await Promise.all(all)), verify.mock.calls.length]).toEqual([new Set(['v']), 1])
  })

  it('are not more than the bound: the oldest go', async () => {
    const cache = createTokenCache<string>(() => 0, { maxEntries: 2 })
    const verify = vi.fn<Verify>(async () => ({ value: 'v', until: 9 }))
    for (const token of ['1', '2', '3', '3', '2', '1']) await cache.get(token, 'a', verify)
    expect(verify).toHaveBeenCalledTimes(4)
  })

  it('are verified again when something about them is not good any more', async () => {
    const cache = createTokenCache<string>(() => 0)
    const verify = vi.fn<Verify>(async () => ({ value: 'v', until: 9 }))
    await cache.get('t', 'a', verify)
    await cache.get('t', 'a', verify, () => false)
    expect(verify).toHaveBeenCalledTimes(2)
  })

  it('are forgotten for every audience, and only they', async () => {
    const cache = createTokenCache<string>(() => 0)
    const verify = vi.fn<Verify>(async () => ({ value: 'v', until: 9 }))
    for (const audience of ['a', 'b']) await cache.get('t', audience, verify)
    await cache.get('other', 'a', verify)
    await cache.forget('t')
    for (const audience of ['a', 'b']) await cache.get('t', audience, verify)
    await cache.get('other', 'a', verify)
    expect(verify).toHaveBeenCalledTimes(5)
  })

  it('are forgotten also while they are being verified: what was asked before counts for nobody who comes later', async () => {
    const cache = createTokenCache<string>(() => 0)
    const before = later<Kept<string>>()
    const early = cache.get('t', 'a', async () => await before.promise)
    await new Promise(setImmediate)
    await cache.forget('t')
    const asked = vi.fn<Verify>(async () => ({ value: 'after', until: 9 }))
    expect(await cache.get('t', 'a', asked)).toBe('after')
    before.give({ value: 'before', until: 9 })
    expect(await early).toBe('before')
    expect(await cache.get('t', 'a', asked)).toBe('after')
    expect(asked).toHaveBeenCalledTimes(1)
  })
})

describe('refusals', () => {
  const refuse = (reason: 'token_invalid' | 'upstream_unavailable'): Mock<Verify> =>
    vi.fn<Verify>(async () => await Promise.reject(new OAuthError(reason)))

  it('are kept for as long as it says, and not longer', async () => {
    const clock = createClock()
    const cache = createTokenCache<string>(clock.now, { refusalSeconds: 3 })
    const verify = refuse('token_invalid')
    for (const seconds of [0, 2.9, 0.1]) {
      clock.advance(seconds)
      await expect(cache.get('t', 'a', verify)).rejects.toThrow(refusal('token_invalid'))
    }
    expect(verify).toHaveBeenCalledTimes(2)
  })

  it('D9 are no refusals where nothing was decided', async () => {
    const cache = createTokenCache<string>(() => 0, { refusalSeconds: 3 })
    const verify = refuse('upstream_unavailable')
    for (let call = 0; call < 2; call += 1) {
      await expect(cache.get('t', 'a', verify)).rejects.toThrow(refusal('upstream_unavailable'))
    }
    expect(verify).toHaveBeenCalledTimes(2)
  })

  it('are bounded, and push out no token that was verified', async () => {
    const cache = createTokenCache<string>(() => 0, { refusalSeconds: 3 })
    const good = vi.fn<Verify>(async () => ({ value: 'v', until: 9 }))
    await cache.get('good', 'a', good)
    const verify = refuse('token_invalid')
    const ask = async (token: string): Promise<unknown> => await cache.get(token, 'a', verify).catch(String)
    for (let count = 0; count <= 1000; count += 1) await ask(`t${count}`)
    await ask('t1000')
    expect(verify).toHaveBeenCalledTimes(1001)
    await ask('t0')
    expect(verify).toHaveBeenCalledTimes(1002)
    await cache.get('good', 'a', good)
    expect(good).toHaveBeenCalledTimes(1)
  })

  it('are forgotten with their token', async () => {
    const cache = createTokenCache<string>(() => 0, { refusalSeconds: 3 })
    await expect(cache.get('t', 'a', refuse('token_invalid'))).rejects.toThrow(refusal('token_invalid'))
    await cache.forget('t')
    expect(await cache.get('t', 'a', async () => ({ value: 'v', until: 9 }))).toBe('v')
  })
})
