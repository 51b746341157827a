import { describe, expect, it, vi } from 'vitest'
import { OAuthError } from '../../src/errors.ts'
import type { StoreKey } from '../../src/store.ts'
import { createMemoryStore } from '../../src/stores/memory-store.ts'
import { createClock } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'

/** A key of ten characters, of a kind that may use all of the room and gets none in advance. */
function numbered(i: number): StoreKey {
  return `lease:${String(i).padStart(4, '0')}`
}

/** Bytes that `count` entries of a key of ten characters and this value take, with the bookkeeping for each. */
function room(count: number, value: string): number {
  return count * (10 + value.length + 160)
}

describe('the bounds of the memory store', () => {
  it('counts an entry as dead in the very second its time is over', async () => {
    const { now, advance } = createClock()
    const store = createMemoryStore({ now })
    await store.set('grant:a', 'a', { ttlSeconds: 10 })
    advance(9.999)
    expect(await store.get('grant:a')).toBe('a')
    advance(0.001)
    expect(await store.get('grant:a')).toBeUndefined()
  })

  it.each([0, -1, Number.NaN])('refuses a lifetime of %d seconds as a mistake of the caller', async (ttlSeconds) => {
    const store = createMemoryStore()
    await expect(store.set('grant:a', 'a', { ttlSeconds })).rejects.toThrow(RangeError)
    expect(await store.get('grant:a')).toBeUndefined()
  })

  it('D9 refuses a write for which there is no room with 503 and Retry-After', async () => {
    const store = createMemoryStore({ maxBytes: room(2, 'value'), now: createClock().now })
    await store.set(numbered(1), 'value', { ttlSeconds: 60 })
    await store.set(numbered(2), 'value', { ttlSeconds: 60 })
    const refused = store.set(numbered(3), '', { ttlSeconds: 60 })
    await expect(refused).rejects.toThrow(OAuthError)
    await expect(refused).rejects.toMatchObject({ reason: 'store_full', status: 503, retryAfterSeconds: 5 })
  })

  it('D3 never drops a live entry to make room, and goes on reading, deleting and taking when it is full', async () => {
    const store = createMemoryStore({ maxBytes: room(100, 'value'), now: createClock().now })
    for (let i = 0; i < 100; i += 1) await store.set(numbered(i), 'value', { ttlSeconds: 60 })
    for (let i = 100; i < 300; i += 1) {
      await expect(store.set(numbered(i), 'value', { ttlSeconds: 60 })).rejects.toThrow(refusal('store_full'))
    }
    for (let i = 0; i < 100; i += 1) expect(await store.get(numbered(i))).toBe('value')
    expect(await store.get(numbered(100))).toBeUndefined()
    expect(await store.take(numbered(0))).toBe('value')
    await expect(store.set(numbered(100), 'value', { ttlSeconds: 60 })).resolves.toBe(true)
    await store.delete(numbered(1))
    await expect(store.set(numbered(101), 'value', { ttlSeconds: 60 })).resolves.toBe(true)
  })

  it('replaces a value in a full store as long as it does not grow', async () => {
    const store = createMemoryStore({ maxBytes: room(1, 'value'), now: createClock().now })
    await store.set(numbered(1), 'value', { ttlSeconds: 60 })
    await expect(store.set(numbered(1), 'other', { ttlSeconds: 60 })).resolves.toBe(true)
    await expect(store.compareAndSwap(numbered(1), 'other', 'longer', { ttlSeconds: 60 })).rejects.toThrow(
      refusal('store_full'),
    )
    expect(await store.get(numbered(1))).toBe('other')
    await expect(store.compareAndSwap(numbered(1), 'other', 'less', { ttlSeconds: 60 })).resolves.toBe(true)
  })

  it('does not take in more than its bound in place of an expired entry', async () => {
    const { now, advance } = createClock()
    const store = createMemoryStore({ maxBytes: room(1, 'value'), now })
    await store.set(numbered(1), 'value', { ttlSeconds: 10 })
    advance(20)
    await expect(store.set(numbered(1), 'longer', { ttlSeconds: 60 })).rejects.toThrow(refusal('store_full'))
    await expect(store.set(numbered(1), 'value', { ttlSeconds: 60 })).resolves.toBe(true)
  })

  it('gives the room of an expired entry back once, however it was removed', async () => {
    const { now, advance } = createClock()
    const store = createMemoryStore({ maxBytes: room(2, 'value'), now })
    for (let round = 0; round < 20; round += 1) {
      await store.set(numbered(1), 'value', { ttlSeconds: 10 })
      await store.set(numbered(2), 'value', { ttlSeconds: 10 })
      await expect(store.set(numbered(3), 'value', { ttlSeconds: 10 })).rejects.toThrow(refusal('store_full'))
      advance(20)
      if (round % 3 === 0) await store.get(numbered(1))
      if (round % 3 === 1) await store.take(numbered(2))
      await store.delete(numbered(1))
    }
  })

  it.each(Array.from({ length: 32 }, (_, i) => 9 + i))(
    'finds the room of an expired entry in front of %d live ones, wherever its clean-up stands',
    async (live) => {
      const { now, advance } = createClock()
      const store = createMemoryStore({ maxBytes: room(1 + live, 'value'), now })
      await store.set(numbered(0), 'value', { ttlSeconds: 10 })
      for (let i = 1; i <= live; i += 1) await store.set(numbered(i), 'value', { ttlSeconds: 1000 })
      advance(20)
      await expect(store.set(numbered(live + 1), 'value', { ttlSeconds: 1000 })).resolves.toBe(true)
    },
  )

  it('cleans up in slices: no write pays for a whole store, and a few writes later all room is free', async () => {
    const { now, advance } = createClock()
    const maxBytes = room(9999, 'value')
    const store = createMemoryStore({ maxBytes, now })
    for (let i = 0; i < 9999; i += 1) await store.set(numbered(i), 'value', { ttlSeconds: 10 })
    advance(20)
    const whole = 'x'.repeat(maxBytes - room(1, ''))
    let refusals = 0
    for (; refusals < 5; refusals += 1) {
      const isWritten = await store.set(numbered(0), whole, { ttlSeconds: 10 }).catch(() => false)
      if (isWritten) break
    }
    expect(refusals).toBeGreaterThanOrEqual(1)
    expect(refusals).toBeLessThanOrEqual(2)
    expect(await store.get(numbered(0))).toBe(whole)
  })
})

describe('the bytes of the memory store', () => {
  it('are two for each character of a text that engines keep so', async () => {
    const at = (maxBytes: number) => createMemoryStore({ maxBytes, now: createClock().now })
    const [narrow, wide] = ['é'.repeat(1000), `${'é'.repeat(999)}€`]
    await expect(at(room(1, narrow)).set(numbered(1), narrow, { ttlSeconds: 60 })).resolves.toBe(true)
    await expect(at(room(1, narrow)).set(numbered(1), wide, { ttlSeconds: 60 })).rejects.toThrow(refusal('store_full'))
    await expect(at(room(1, narrow) + 1000).set(numbered(1), wide, { ttlSeconds: 60 })).resolves.toBe(true)
  })

  it('are given back in full when a wide text goes', async () => {
    const store = createMemoryStore({ maxBytes: room(1, '') + 2000, now: createClock().now })
    for (let n = 0; n < 10; n += 1) {
      await store.set(numbered(n), '€'.repeat(1000), { ttlSeconds: 60 })
      await store.delete(numbered(n))
    }
    expect(await store.set(numbered(0), '€'.repeat(1000), { ttlSeconds: 60 })).toBe(true)
  })
})

describe('the room of a grant in the memory store', () => {
  const [key, others]: [StoreKey, StoreKey] = ['grant:0001', 'lease:0001']
  const growth = 1024
  const maxBytes = room(2, '') + growth

  it('D9 D3 is there for its growth, however full the store is', async () => {
    const store = createMemoryStore({ maxBytes, now: createClock().now })
    await store.set(key, '', { ttlSeconds: 60 })
    await store.set(others, '', { ttlSeconds: 60 })
    await expect(store.set(numbered(2), '', { ttlSeconds: 60 })).rejects.toThrow(refusal('store_full'))
    const whole = 'x'.repeat(growth)
    await expect(store.compareAndSwap(key, '', `${whole}x`, { ttlSeconds: 60 })).rejects.toThrow(refusal('store_full'))
    await expect(store.compareAndSwap(key, '', whole, { ttlSeconds: 60 })).resolves.toBe(true)
    await expect(store.compareAndSwap(key, whole, '', { ttlSeconds: 60 })).resolves.toBe(true)
    await expect(store.compareAndSwap(key, '', whole, { ttlSeconds: 60 })).resolves.toBe(true)
  })

  it('is given back once, when the grant is over', async () => {
    const { now, advance } = createClock()
    const store = createMemoryStore({ maxBytes, now })
    for (let n = 0; n < 5; n += 1) {
      await store.set(key, '', { ttlSeconds: 10 })
      await store.compareAndSwap(key, '', 'x'.repeat(growth), { ttlSeconds: 10 })
      await expect(store.set('grant:0002', '', { ttlSeconds: 10 })).rejects.toThrow(refusal('store_full'))
      advance(10)
    }
    await expect(store.set('grant:0002', '', { ttlSeconds: 10 })).resolves.toBe(true)
  })
})

describe('the last sixteenth of the memory store', () => {
  it.each<[StoreKey, boolean]>([
    ['transaction:a', false],
    ['consent:a', false],
    ['lease:a', true],
    ['assertion:a', true],
    ['subject:a', true],
  ])('D9 is for what has begun already: %s %s', async (key, isTaken) => {
    const store = createMemoryStore({ maxBytes: 16_000, now: createClock().now })
    await store.set(numbered(1), 'x'.repeat(15_000 - room(1, '')), { ttlSeconds: 60 })
    const attempt = store.set(key, 'x', { ttlSeconds: 60 }).catch(() => false)
    expect(await attempt).toBe(isTaken)
  })
})

describe('the clock of the memory store', () => {
  it('does not jump with the clock of the machine', async () => {
    const store = createMemoryStore()
    await store.set('grant:a', 'a', { ttlSeconds: 60 })
    const day = 86_400_000
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + day)
    expect(await store.get('grant:a')).toBe('a')
  })
})
