/** Races: of any number of callers at most one succeeds. @module */
import { expect } from 'vitest'
import { contenders, key, race, type StoreCase, ttlSeconds } from './store-case.ts'

/** The cases. */
export const raceCases: readonly StoreCase[] = [
  {
    name: 'C1 lets one of fifty take a value',
    async check(lab) {
      await lab.store.set(key, 'a', { ttlSeconds })
      const taken = await race(lab, async (store) => await store.take(key))
      expect(taken.filter((value) => value !== undefined)).toEqual(['a'])
    },
  },
  {
    name: 'C2 lets one of fifty swap a value, whose value it then is',
    async check(lab) {
      await lab.store.set(key, 'a', { ttlSeconds })
      const swapped = await race(
        lab,
        async (store, contender) => await store.compareAndSwap(key, 'a', `winner ${contender}`, { ttlSeconds }),
      )
      expect(swapped.filter(Boolean)).toHaveLength(1)
      expect(await lab.store.get(key)).toBe(`winner ${swapped.indexOf(true)}`)
    },
  },
  {
    name: 'lets one of fifty write what is absent, whose value it then is',
    async check(lab) {
      const written = await race(
        lab,
        async (store, contender) => await store.set(key, `winner ${contender}`, { ttlSeconds, onlyIfAbsent: true }),
      )
      expect(written.filter(Boolean)).toHaveLength(1)
      expect(await lab.store.get(key)).toBe(`winner ${written.indexOf(true)}`)
    },
  },
  {
    name: 'lets one of fifty write where an entry has just expired',
    async check(lab) {
      await lab.store.set(key, 'old', { ttlSeconds: 10 })
      await lab.advance(12)
      const written = await race(
        lab,
        async (store, contender) => await store.set(key, `winner ${contender}`, { ttlSeconds, onlyIfAbsent: true }),
      )
      expect(written.filter(Boolean)).toHaveLength(1)
      expect(await lab.store.get(key)).toBe(`winner ${written.indexOf(true)}`)
    },
  },
  {
    name: 'C2 loses no change when fifty change a value by reading and swapping',
    async check(lab) {
      await lab.store.set(key, '0', { ttlSeconds })
      await race(lab, async (store) => {
        for (let done = false; !done; ) {
          const count = (await store.get(key)) ?? ''
          done = await store.compareAndSwap(key, count, String(Number(count) + 1), { ttlSeconds })
        }
      })
      expect(await lab.store.get(key)).toBe(String(contenders))
    },
  },
  {
    name: 'C1 keeps taking and swapping apart: what is taken is what was there',
    async check(lab) {
      await lab.store.set(key, 'a', { ttlSeconds })
      const outcomes = await race(lab, async (store, contender) =>
        contender % 2 === 0 ? await store.take(key) : await store.compareAndSwap(key, 'a', 'b', { ttlSeconds }),
      )
      const swaps = outcomes.filter((outcome) => outcome === true).length
      expect(outcomes.filter((outcome) => typeof outcome === 'string')).toEqual([swaps === 1 ? 'b' : 'a'])
      expect(swaps).toBeLessThanOrEqual(1)
      expect(await lab.store.get(key)).toBeUndefined()
    },
  },
  {
    name: 'C1 lets fifty take fifty values, each of them once',
    async check(lab) {
      const all = Array.from({ length: contenders }, (_, n) => n)
      for (const n of all) await lab.store.set(`grant:${n}`, `value ${n}`, { ttlSeconds })
      const taken = await race(lab, async (store) => {
        const found = await Promise.all(all.map(async (n) => await store.take(`grant:${n}`)))
        return found.filter((value) => value !== undefined)
      })
      expect(taken.flat().sort()).toEqual(all.map((n) => `value ${n}`).sort())
    },
  },
]
