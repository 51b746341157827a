/** Keys and values: what is put in comes out, at its own place. @module */
import type { StoreKey } from '@mcp-auth/core'
import { expect } from 'vitest'
import { key, type StoreCase, ttlSeconds } from './store-case.ts'

// Hashes as core makes them, and what nobody should trip over.
const keys: readonly StoreKey[] = [
  'grant:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  'grant:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSufu',
  'consent:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  'grant:',
  'grant:*',
  'grant:a:b c/d',
  'grant:a',
  'grant:A',
  'grant:a ',
  'grant:a\0',
  'grant:%61',
  // The same letter, once in one piece and once in two.
  'grant:\u00e9',
  'grant:e\u0301',
  'grant:N\u00e9lly \u{1f600} \u4e2d',
  'grant:\u202eright to left',
  'grant:__proto__',
  'grant:constructor',
]

const values: readonly string[] = [
  'plain',
  '',
  'undefined',
  'null',
  '0',
  '{"a":[1,"\\u0000"]}',
  ' \r\n\0 "quoted" \\',
  'N\u00e9lly \u{1f600} \u4e2d\u6587',
  'e\u0301 \u00e9',
  'x'.repeat(65_535),
  'x'.repeat(65_536),
  'x'.repeat(65_537),
  '\u00e9\u{1f600}'.repeat(30_000),
  'x'.repeat(500_000),
]

/** The cases. */
export const valueCases: readonly StoreCase[] = [
  {
    name: 'has nothing at first',
    async check({ store }) {
      expect(await store.get(key)).toBeUndefined()
      expect(await store.take(key)).toBeUndefined()
      expect(await store.compareAndSwap(key, '', 'a', { ttlSeconds })).toBe(false)
      await expect(store.delete(key)).resolves.toBeUndefined()
      expect(await store.get(key)).toBeUndefined()
    },
  },
  {
    name: 'gives values back to the byte, however long and in whatever language',
    async check({ store }) {
      for (const value of values) {
        expect(await store.set(key, value, { ttlSeconds })).toBe(true)
        expect((await store.get(key)) === value, `a value of ${value.length} characters`).toBe(true)
        expect(await store.compareAndSwap(key, value, `${value}!`, { ttlSeconds })).toBe(true)
        expect((await store.take(key)) === `${value}!`, `a value of ${value.length} characters, swapped`).toBe(true)
      }
    },
  },
  {
    name: 'tells long values apart that differ in the last character',
    async check({ store }) {
      const long = 'x'.repeat(70_000)
      await store.set(key, `${long}a`, { ttlSeconds })
      expect(await store.compareAndSwap(key, `${long}b`, 'other', { ttlSeconds })).toBe(false)
      expect(await store.compareAndSwap(key, `${long}a`, `${long}b`, { ttlSeconds })).toBe(true)
      expect((await store.get(key))?.endsWith('b')).toBe(true)
    },
  },
  {
    name: 'keeps keys apart, however alike and in whatever language',
    async check({ store }) {
      for (const one of keys) await store.set(one, `value of ${one}`, { ttlSeconds })
      for (const one of keys) expect(await store.get(one)).toBe(`value of ${one}`)
      await store.delete('grant:*')
      expect(await Promise.all(keys.map(async (one) => (await store.get(one)) === undefined))).toEqual(
        keys.map((one) => one === 'grant:*'),
      )
    },
  },
  {
    name: 'writes only if absent where that is asked for, and tells',
    async check({ store }) {
      expect(await store.set(key, 'a', { ttlSeconds, onlyIfAbsent: true })).toBe(true)
      expect(await store.set(key, 'b', { ttlSeconds, onlyIfAbsent: true })).toBe(false)
      expect(await store.get(key)).toBe('a')
      expect(await store.set(key, 'c', { ttlSeconds, onlyIfAbsent: false })).toBe(true)
      await store.delete(key)
      expect(await store.set(key, 'd', { ttlSeconds, onlyIfAbsent: true })).toBe(true)
      expect(await store.get(key)).toBe('d')
    },
  },
  {
    name: 'takes a value once',
    async check({ store }) {
      await store.set(key, 'a', { ttlSeconds })
      expect(await store.take(key)).toBe('a')
      expect(await store.take(key)).toBeUndefined()
      expect(await store.get(key)).toBeUndefined()
    },
  },
  {
    name: 'swaps only the value that was expected',
    async check({ store }) {
      await store.set(key, 'a', { ttlSeconds })
      for (const other of ['b', 'A', 'a ', '', 'aa', '*']) {
        expect(await store.compareAndSwap(key, other, 'c', { ttlSeconds })).toBe(false)
      }
      expect(await store.get(key)).toBe('a')
      expect(await store.compareAndSwap(key, 'a', 'b', { ttlSeconds })).toBe(true)
      expect(await store.compareAndSwap(key, 'a', 'c', { ttlSeconds })).toBe(false)
      expect(await store.get(key)).toBe('b')
    },
  },
  {
    name: 'does not bring back what was deleted',
    async check({ store }) {
      await store.set(key, 'a', { ttlSeconds })
      await store.delete(key)
      expect(await store.compareAndSwap(key, 'a', 'b', { ttlSeconds })).toBe(false)
      expect(await store.get(key)).toBeUndefined()
    },
  },
  {
    name: 'shows every connection what another one wrote and deleted',
    async check({ store, racers }) {
      for (const [n, writer] of racers.entries()) {
        await writer.set(key, `by ${n}`, { ttlSeconds })
        for (const reader of racers) expect(await reader.get(key)).toBe(`by ${n}`)
        await writer.delete(key)
        for (const reader of [store, ...racers]) expect(await reader.get(key)).toBeUndefined()
      }
    },
  },
]
