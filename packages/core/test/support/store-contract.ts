/** What every store must do, whatever it is built on. @module */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Store, StoreKey } from '../../src/store.ts'

/** An empty store, and power over its time. */
export interface StoreFixture {
  readonly store: Store
  /** Lets time pass for the store. */
  readonly advance: (seconds: number) => void | Promise<void>
  readonly close: () => void | Promise<void>
}

const ttlSeconds = 60
const contenders = 50

// Hashes as core makes them, and what nobody should trip over.
const keys: StoreKey[] = [
  'grant:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  'grant:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSufu',
  'consent:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  'grant:',
  'grant:*',
  'grant:a:b c/d',
  'grant:N\u00e9lly \u{1f600} \u4e2d',
  'grant:__proto__',
]
const values = [
  'plain',
  '',
  'undefined',
  '{"a":[1,"\\u0000"]}',
  ' \r\n\0 "quoted" \\',
  'N\u00e9lly \u{1f600} \u4e2d\u6587',
  '\u00e9\u{1f600}'.repeat(30_000),
]

/** Runs `work` at once for every contender. */
async function race<T>(work: (contender: number) => Promise<T>): Promise<T[]> {
  return await Promise.all(Array.from({ length: contenders }, async (_, contender) => await work(contender)))
}

/** Describes the contract for the stores that `open` gives: an empty one for each test. */
export function describeStoreContract(name: string, open: () => StoreFixture | Promise<StoreFixture>): void {
  const openForTest = async (): Promise<StoreFixture> => {
    const fixture = await open()
    onTestFinished(async () => await fixture.close())
    return fixture
  }
  const key: StoreKey = 'grant:a'

  describe(`the store contract: ${name}`, () => {
    it('has nothing at first', async () => {
      const { store } = await openForTest()
      expect(await store.get(key)).toBeUndefined()
      expect(await store.take(key)).toBeUndefined()
      expect(await store.compareAndSwap(key, '', 'a', { ttlSeconds })).toBe(false)
      await expect(store.delete(key)).resolves.toBeUndefined()
      expect(await store.get(key)).toBeUndefined()
    })

    it('gives values back to the byte, however long and in whatever language', async () => {
      const { store } = await openForTest()
      for (const value of values) {
        expect(await store.set(key, value, { ttlSeconds })).toBe(true)
        expect(await store.get(key)).toBe(value)
        expect(await store.compareAndSwap(key, value, `${value}!`, { ttlSeconds })).toBe(true)
        expect(await store.take(key)).toBe(`${value}!`)
      }
    })

    it('keeps keys apart, however alike and in whatever language', async () => {
      const { store } = await openForTest()
      for (const one of keys) await store.set(one, `value of ${one}`, { ttlSeconds })
      for (const one of keys) expect(await store.get(one)).toBe(`value of ${one}`)
      await store.delete('grant:*')
      expect(await Promise.all(keys.map(async (one) => (await store.get(one)) === undefined))).toEqual(
        keys.map((one) => one === 'grant:*'),
      )
    })

    it('replaces a value, and its lifetime', async () => {
      const { store, advance } = await openForTest()
      await store.set(key, 'a', { ttlSeconds: 10 })
      await store.set(key, 'b', { ttlSeconds: 100 })
      await advance(50)
      expect(await store.get(key)).toBe('b')
      await store.set(key, 'c', { ttlSeconds: 10 })
      await advance(20)
      expect(await store.get(key)).toBeUndefined()
    })

    it('writes only if absent where that is asked for, and tells', async () => {
      const { store } = await openForTest()
      expect(await store.set(key, 'a', { ttlSeconds, onlyIfAbsent: true })).toBe(true)
      expect(await store.set(key, 'b', { ttlSeconds, onlyIfAbsent: true })).toBe(false)
      expect(await store.get(key)).toBe('a')
      expect(await store.set(key, 'c', { ttlSeconds, onlyIfAbsent: false })).toBe(true)
      await store.delete(key)
      expect(await store.set(key, 'd', { ttlSeconds, onlyIfAbsent: true })).toBe(true)
      expect(await store.get(key)).toBe('d')
    })

    it('does not lengthen a life by a write that does not take place', async () => {
      const { store, advance } = await openForTest()
      await store.set(key, 'a', { ttlSeconds: 10 })
      await store.set(key, 'b', { ttlSeconds: 100, onlyIfAbsent: true })
      await store.compareAndSwap(key, 'other', 'c', { ttlSeconds: 100 })
      await advance(20)
      expect(await store.get(key)).toBeUndefined()
    })

    it('takes a value once', async () => {
      const { store } = await openForTest()
      await store.set(key, 'a', { ttlSeconds })
      expect(await store.take(key)).toBe('a')
      expect(await store.take(key)).toBeUndefined()
      expect(await store.get(key)).toBeUndefined()
    })

    it('swaps only the value that was expected', async () => {
      const { store } = await openForTest()
      await store.set(key, 'a', { ttlSeconds })
      for (const other of ['b', 'A', 'a ', '', 'aa']) {
        expect(await store.compareAndSwap(key, other, 'c', { ttlSeconds })).toBe(false)
      }
      expect(await store.get(key)).toBe('a')
      expect(await store.compareAndSwap(key, 'a', 'b', { ttlSeconds })).toBe(true)
      expect(await store.compareAndSwap(key, 'a', 'c', { ttlSeconds })).toBe(false)
      expect(await store.get(key)).toBe('b')
    })

    it('gives a swapped value its own lifetime', async () => {
      const { store, advance } = await openForTest()
      await store.set(key, 'a', { ttlSeconds: 10 })
      await store.compareAndSwap(key, 'a', 'b', { ttlSeconds: 100 })
      await advance(50)
      expect(await store.get(key)).toBe('b')
      await store.compareAndSwap(key, 'b', 'c', { ttlSeconds: 10 })
      await advance(20)
      expect(await store.get(key)).toBeUndefined()
    })

    it('does not bring back what was deleted', async () => {
      const { store } = await openForTest()
      await store.set(key, 'a', { ttlSeconds })
      await store.delete(key)
      expect(await store.compareAndSwap(key, 'a', 'b', { ttlSeconds })).toBe(false)
      expect(await store.get(key)).toBeUndefined()
    })

    it('keeps a value until its time is over', async () => {
      const { store, advance } = await openForTest()
      await store.set(key, 'a', { ttlSeconds: 10 })
      await advance(8)
      expect(await store.get(key)).toBe('a')
      expect(await store.set(key, 'b', { ttlSeconds, onlyIfAbsent: true })).toBe(false)
    })

    it('has an expired value for no operation', async () => {
      const { store, advance } = await openForTest()
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
    })

    it('takes a lifetime with a fraction, as a clock gives it', async () => {
      const { store, advance } = await openForTest()
      await store.set(key, 'a', { ttlSeconds: 30.25 })
      expect(await store.compareAndSwap(key, 'a', 'b', { ttlSeconds: 20.75 })).toBe(true)
      await advance(15)
      expect(await store.get(key)).toBe('b')
      await advance(10)
      expect(await store.get(key)).toBeUndefined()
    })

    it('C1 lets one of fifty take a value', async () => {
      const { store } = await openForTest()
      await store.set(key, 'a', { ttlSeconds })
      const taken = await race(async () => await store.take(key))
      expect(taken.filter((value) => value !== undefined)).toEqual(['a'])
    })

    it('C2 lets one of fifty swap a value, whose value it then is', async () => {
      const { store } = await openForTest()
      await store.set(key, 'a', { ttlSeconds })
      const swapped = await race(
        async (contender) => await store.compareAndSwap(key, 'a', `winner ${contender}`, { ttlSeconds }),
      )
      expect(swapped.filter(Boolean)).toHaveLength(1)
      expect(await store.get(key)).toBe(`winner ${swapped.indexOf(true)}`)
    })

    it('lets one of fifty write what is absent, whose value it then is', async () => {
      const { store } = await openForTest()
      const written = await race(
        async (contender) => await store.set(key, `winner ${contender}`, { ttlSeconds, onlyIfAbsent: true }),
      )
      expect(written.filter(Boolean)).toHaveLength(1)
      expect(await store.get(key)).toBe(`winner ${written.indexOf(true)}`)
    })

    it('C2 loses no change when fifty change a value by reading and swapping', async () => {
      const { store } = await openForTest()
      await store.set(key, '0', { ttlSeconds })
      await race(async () => {
        for (let done = false; !done; ) {
          const count = (await store.get(key)) ?? ''
          done = await store.compareAndSwap(key, count, String(Number(count) + 1), { ttlSeconds })
        }
      })
      expect(await store.get(key)).toBe(String(contenders))
    })

    it('C1 keeps taking and swapping apart: what is taken is what was there', async () => {
      const { store } = await openForTest()
      await store.set(key, 'a', { ttlSeconds })
      const outcomes = await race(async (contender) =>
        contender % 2 === 0 ? await store.take(key) : await store.compareAndSwap(key, 'a', 'b', { ttlSeconds }),
      )
      const swaps = outcomes.filter((outcome) => outcome === true).length
      expect(outcomes.filter((outcome) => typeof outcome === 'string')).toEqual([swaps === 1 ? 'b' : 'a'])
      expect(swaps).toBeLessThanOrEqual(1)
      expect(await store.get(key)).toBeUndefined()
    })
  })
}
