/** Lifetimes: an expired entry is absent for every operation. @module */
import type { StoreKey } from '@mcp-auth/core'
import { expect } from 'vitest'
import { key, race, type StoreCase, ttlSeconds } from './store-case.ts'

const crowdedKeys = 500
const keysAtOnce = 100

const numbered = (n: number): StoreKey => `grant:${n}`

/** The cases. */
export const lifetimeCases: readonly StoreCase[] = [
  {
    name: 'replaces a value, and its lifetime',
    async check({ store, advance }) {
      await store.set(key, 'a', { ttlSeconds: 10 })
      await store.set(key, 'b', { ttlSeconds: 100 })
      await advance(50)
      expect(await store.get(key)).toBe('b')
      await store.set(key, 'c', { ttlSeconds: 10 })
      await advance(20)
      expect(await store.get(key)).toBeUndefined()
    },
  },
  {
    name: 'does not lengthen a life by a write that does not take place',
    async check({ store, advance }) {
      await store.set(key, 'a', { ttlSeconds: 10 })
      await store.set(key, 'b', { ttlSeconds: 100, onlyIfAbsent: true })
      await store.compareAndSwap(key, 'other', 'c', { ttlSeconds: 100 })
      await advance(20)
      expect(await store.get(key)).toBeUndefined()
    },
  },
  {
    name: 'does not lengthen a life by reading',
    async check({ store, advance }) {
      await store.set(key, 'a', { ttlSeconds: 50 })
      for (let n = 0; n < 3; n += 1) {
        await advance(15)
        expect(await store.get(key)).toBe('a')
      }
      await advance(15)
      expect(await store.get(key)).toBeUndefined()
    },
  },
  {
    name: 'gives a swapped value its own lifetime',
    async check({ store, advance }) {
      await store.set(key, 'a', { ttlSeconds: 10 })
      await store.compareAndSwap(key, 'a', 'b', { ttlSeconds: 100 })
      await advance(50)
      expect(await store.get(key)).toBe('b')
      await store.compareAndSwap(key, 'b', 'c', { ttlSeconds: 10 })
      await advance(20)
      expect(await store.get(key)).toBeUndefined()
    },
  },
  {
    name: 'keeps a value until its time is over',
    async check({ store, advance }) {
      await store.set(key, 'a', { ttlSeconds: 50 })
      await advance(40)
      expect(await store.get(key)).toBe('a')
      expect(await store.set(key, 'b', { ttlSeconds, onlyIfAbsent: true })).toBe(false)
    },
  },
  {
    name: 'has an expired value for no operation',
    async check({ store, advance }) {
      const expired: StoreKey[] = ['grant:get', 'grant:take', 'grant:swap', 'grant:add', 'grant:delete']
      for (const one of expired) await store.set(one, 'a', { ttlSeconds: 10 })
      await advance(12)
      expect(await store.get('grant:get')).toBeUndefined()
      expect(await store.take('grant:take')).toBeUndefined()
      expect(await store.compareAndSwap('grant:swap', 'a', 'b', { ttlSeconds })).toBe(false)
      expect(await store.get('grant:swap')).toBeUndefined()
      expect(await store.set('grant:add', 'b', { ttlSeconds, onlyIfAbsent: true })).toBe(true)
      expect(await store.get('grant:add')).toBe('b')
      await expect(store.delete('grant:delete')).resolves.toBeUndefined()
    },
  },
  {
    name: 'takes a lifetime with a fraction, as a clock gives it',
    async check({ store, advance }) {
      await store.set(key, 'a', { ttlSeconds: 65.25 })
      expect(await store.compareAndSwap(key, 'a', 'b', { ttlSeconds: 45.75 })).toBe(true)
      await advance(35)
      expect(await store.get(key)).toBe('b')
      await advance(25)
      expect(await store.get(key)).toBeUndefined()
    },
  },
  {
    name: 'takes a lifetime of more than a year',
    async check({ store, advance }) {
      await store.set(key, 'a', { ttlSeconds: 400 * 86_400 })
      await advance(60)
      expect(await store.get(key)).toBe('a')
    },
  },
  {
    name: 'lets entries expire one by one while everybody reads and writes, and loses none that lives',
    async check(lab) {
      await Promise.all(
        Array.from({ length: crowdedKeys }, async (_, n) => {
          await lab.store.set(numbered(n), `value ${n}`, { ttlSeconds: n % 2 === 0 ? 10 : 1000 })
        }),
      )
      await lab.advance(12)
      const seen = await race(lab, async (store, contender) => {
        await store.set(`lease:${contender}`, 'mine', { ttlSeconds })
        const values: (string | undefined)[] = []
        // Not all at once: a store may give up what waits for its turn too long.
        for (let from = 0; from < crowdedKeys; from += keysAtOnce) {
          const read = Array.from({ length: keysAtOnce }, async (_, n) => await store.get(numbered(from + n)))
          values.push(...(await Promise.all(read)))
        }
        return values
      })
      const living = Array.from({ length: crowdedKeys }, (_, n) => (n % 2 === 0 ? undefined : `value ${n}`))
      for (const one of seen) expect(one).toEqual(living)
    },
  },
]
