import { createMemoryStore, type Store, type StoreKey } from '@mcp-auth/core'
import { describe, expect, it } from 'vitest'
import { storeCases } from '../../src/store-contract/cases.ts'
import type { CreateStore } from '../../src/store-contract/fixture.ts'
import { runStoreCase } from '../../src/store-contract/store-case.ts'

/** Latency after the read: what a database over a network has, and a map in the same process has not. */
const later = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 0))

const forever = 1e9

/** A store that is right but for one thing. */
function broken(breakIt: (store: Store) => Partial<Store>): CreateStore {
  return ({ now }) => {
    const store = createMemoryStore({ now })
    return { store: { ...store, ...breakIt(store) } }
  }
}

const renamed = (store: Store, rename: (key: StoreKey) => string): Partial<Store> => ({
  get: async (key) => await store.get(rename(key) as StoreKey),
  set: async (key, ...rest) => await store.set(rename(key) as StoreKey, ...rest),
  delete: async (key) => await store.delete(rename(key) as StoreKey),
  take: async (key) => await store.take(rename(key) as StoreKey),
  compareAndSwap: async (key, ...rest) => await store.compareAndSwap(rename(key) as StoreKey, ...rest),
})

const faults: readonly (readonly [fault: string, create: CreateStore, caughtBy: RegExp])[] = [
  [
    'takes by reading and deleting',
    broken((store) => ({
      take: async (key) => {
        const value = await store.get(key)
        await later()
        await store.delete(key)
        return value
      },
    })),
    /C1 lets one of fifty take/,
  ],
  [
    'swaps by reading and writing',
    broken((store) => ({
      compareAndSwap: async (key, expected, next, options) => {
        if ((await store.get(key)) !== expected) return false
        await later()
        return await store.set(key, next, options)
      },
    })),
    /C2 lets one of fifty swap/,
  ],
  [
    'adds by reading and writing',
    broken((store) => ({
      set: async (key, value, { ttlSeconds, onlyIfAbsent }) => {
        if (onlyIfAbsent && (await store.get(key)) !== undefined) return false
        await later()
        return await store.set(key, value, { ttlSeconds })
      },
    })),
    /one of fifty write what is absent/,
  ],
  [
    'keeps entries for ever',
    broken((store) => ({
      set: async (key, value, options) => await store.set(key, value, { ...options, ttlSeconds: forever }),
    })),
    /an expired value for no operation/,
  ],
  [
    'keeps the lifetime of a value that was swapped',
    broken((store) => ({
      compareAndSwap: async (key, expected, next) =>
        await store.compareAndSwap(key, expected, next, { ttlSeconds: forever }),
    })),
    /a swapped value its own lifetime/,
  ],
  [
    'overwrites what should be written only if absent',
    broken((store) => ({ set: async (key, value, { ttlSeconds }) => await store.set(key, value, { ttlSeconds }) })),
    /only if absent/,
  ],
  [
    'cuts values after 64 KB',
    broken((store) => ({ set: async (key, value, options) => await store.set(key, value.slice(0, 65_536), options) })),
    /gives values back/,
  ],
  [
    'has no empty values',
    broken((store) => ({ get: async (key) => (await store.get(key)) || undefined })),
    /gives values back/,
  ],
  ['folds the case of keys', broken((store) => renamed(store, (key) => key.toLowerCase())), /keeps keys apart/],
  ['normalizes keys', broken((store) => renamed(store, (key) => key.normalize('NFC'))), /keeps keys apart/],
  ['cuts keys at NUL', broken((store) => renamed(store, (key) => key.split('\0')[0] ?? '')), /keeps keys apart/],
  [
    'prolongs what is read',
    broken((store) => ({
      get: async (key) => {
        const value = await store.get(key)
        if (value !== undefined) await store.set(key, value, { ttlSeconds: 50 })
        return value
      },
    })),
    /lengthen a life by reading/,
  ],
  [
    'brings back what was deleted',
    broken((store) => ({
      compareAndSwap: async (key, expected, next, options) =>
        (await store.compareAndSwap(key, expected, next, options)) ||
        (await store.set(key, next, { ...options, onlyIfAbsent: true })),
    })),
    /bring back what was deleted/,
  ],
  [
    'has a cache for each process',
    ({ now }) => ({ store: createMemoryStore({ now }), others: [createMemoryStore({ now })] }),
    /shows every connection/,
  ],
]

describe('the store contract', () => {
  it.each(faults)('finds out a store that %s', async (_fault, create, caughtBy) => {
    const culprit = storeCases.find(({ name }) => caughtBy.test(name))
    if (!culprit) throw new Error(`no case ${caughtBy}`)
    await expect(runStoreCase(culprit, create)).rejects.toMatchObject({ name: 'AssertionError' })
  })

  it('closes what a case opened, also when the case fails', async () => {
    let closed = 0
    const close = (): void => void (closed += 1)
    const [first] = storeCases
    if (!first) throw new Error('no case')
    await runStoreCase(first, ({ now }) => ({ store: createMemoryStore({ now }), close }))
    const failing = { name: 'fails', check: async () => await Promise.reject(new Error('broken')) }
    await expect(runStoreCase(failing, ({ now }) => ({ store: createMemoryStore({ now }), close }))).rejects.toThrow(
      'broken',
    )
    expect(closed).toBe(2)
  })
})
