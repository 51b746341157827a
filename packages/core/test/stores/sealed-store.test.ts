import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createKeyRing, type KeyRing } from '../../src/keys/key-ring.ts'
import { type SubjectRecord, serializeRecord } from '../../src/proxy/records.ts'
import type { Store, StoreKey } from '../../src/store.ts'
import { createMemoryStore } from '../../src/stores/memory-store.ts'
import { createSealedStore, type SealedRecord, type SealedStore } from '../../src/stores/sealed-store.ts'
import { noReports } from '../../src/stores/store-reports.ts'
import { createClock } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'

const oldSecret = new Uint8Array(32).fill(1)
const newSecret = new Uint8Array(32).fill(2)
const key: StoreKey = 'grant:a'

let ring: KeyRing
let rotated: KeyRing
let stranger: KeyRing
beforeAll(async () => {
  ring = await createKeyRing([oldSecret])
  rotated = await createKeyRing([newSecret, oldSecret])
  stranger = await createKeyRing([newSecret])
})

function sealed(store: Store, keys: KeyRing = ring): SealedStore {
  return createSealedStore(store, async () => keys)
}

async function record(store: SealedStore, at: StoreKey = key): Promise<SealedRecord> {
  const found = await store.get(at)
  if (!found) throw new Error(`nothing at ${at}`)
  return found
}

describe('a sealed store', () => {
  it('gives back what was put into it, once by take', async () => {
    const store = sealed(createMemoryStore())
    await store.set(key, 'text \u{1f600}', 60)
    expect(await store.get(key)).toMatchObject({ text: 'text \u{1f600}' })
    expect(await store.take(key)).toBe('text \u{1f600}')
    expect(await store.take(key)).toBeUndefined()
    expect(await store.get(key)).toBeUndefined()
  })

  it('C5 writes nothing into the database that could be read there', async () => {
    const database = createMemoryStore()
    const store = sealed(database)
    const secret = 'upstream-refresh-token'
    await store.set(key, secret, 60)
    await store.add('grant:b', secret, 60)
    await store.compareAndSwap('grant:b', await record(store, 'grant:b'), `${secret}!`, 60)
    for (const at of [key, 'grant:b'] as const) {
      const raw = (await database.get(at)) ?? ''
      expect(raw).toMatch(/^[\w-]+$/)
      expect(raw + Buffer.from(raw, 'base64url').toString('latin1')).not.toContain(secret)
    }
  })

  it('has nothing where a value of another key was put', async () => {
    const database = createMemoryStore()
    const store = sealed(database)
    await store.set(key, 'text', 60)
    const raw = (await database.get(key)) ?? ''
    await database.set('grant:b', raw, { ttlSeconds: 60 })
    await database.set('transaction:a', raw, { ttlSeconds: 60 })
    expect(await store.get('grant:b')).toBeUndefined()
    expect(await store.take('transaction:a')).toBeUndefined()
  })

  it.each(['', 'text', '{"version":1}', 'AQ'])('has nothing where somebody else wrote %j', async (raw) => {
    const database = createMemoryStore()
    await database.set(key, raw, { ttlSeconds: 60 })
    expect(await sealed(database).get(key)).toBeUndefined()
    expect(await sealed(database).take(key)).toBeUndefined()
  })

  it('reads through a rotation of the secret, and not without the old one', async () => {
    const database = createMemoryStore()
    await sealed(database).set(key, 'text', 60)
    expect(await sealed(database, rotated).get(key)).toMatchObject({ text: 'text' })
    expect(await sealed(database, stranger).get(key)).toBeUndefined()
  })

  it('swaps a record that was sealed under the old secret', async () => {
    const database = createMemoryStore()
    await sealed(database).set(key, 'text', 60)
    const store = sealed(database, rotated)
    expect(await store.compareAndSwap(key, await record(store), 'next', 60)).toBe(true)
    expect(await sealed(database, stranger).get(key)).toMatchObject({ text: 'next' })
  })

  it('C2 swaps the very version that was read, not another one with the same text', async () => {
    const store = sealed(createMemoryStore())
    await store.set(key, 'text', 60)
    const read = await record(store)
    await store.set(key, 'text', 60)
    expect(await store.compareAndSwap(key, read, 'next', 60)).toBe(false)
    expect(await store.compareAndSwap(key, await record(store), 'next', 60)).toBe(true)
  })

  it('adds only what is absent', async () => {
    const database = createMemoryStore()
    const store = sealed(database)
    expect(await store.add(key, 'a', 60)).toBe(true)
    expect(await store.add(key, 'b', 60)).toBe(false)
    expect(await store.get(key)).toMatchObject({ text: 'a' })
    await database.delete(key)
    expect(await store.add(key, 'c', 60)).toBe(true)
  })

  it('hands lifetimes on to the database', async () => {
    const { now, advance } = createClock()
    const store = sealed(createMemoryStore({ now }))
    await store.set('grant:a', 'a', 10)
    await store.add('grant:b', 'b', 20)
    await store.set('grant:c', 'c', 10)
    await store.compareAndSwap('grant:c', await record(store, 'grant:c'), 'd', 30)
    const alive = async (): Promise<boolean[]> =>
      await Promise.all(
        (['grant:a', 'grant:b', 'grant:c'] as const).map(async (at) => (await store.get(at)) !== undefined),
      )
    advance(15)
    expect(await alive()).toEqual([false, true, true])
    advance(10)
    expect(await alive()).toEqual([false, false, true])
    advance(10)
    expect(await alive()).toEqual([false, false, false])
  })
})

describe('a change of a record in a sealed store', () => {
  type Names = SubjectRecord
  const first: Names = { version: 1, grants: [] }
  const withOne = (former: Names | undefined): { record: Names; ttlSeconds: number } => ({
    record: { version: 1, grants: [...(former?.grants ?? []), { id: String(former?.grants.length ?? 0), until: 1 }] },
    ttlSeconds: 60,
  })

  it('C2 loses none of fifty at once, whether the record was there or not', async () => {
    for (const isThere of [true, false]) {
      const database = createMemoryStore()
      const store = sealed({
        ...database,
        get: async (at) => {
          const value = await database.get(at)
          await new Promise((resolve) => setTimeout(resolve, 0))
          return value
        },
      })
      if (isThere) await store.set(key, serializeRecord(first), 60)
      await Promise.all(Array.from({ length: 50 }, async () => await store.update<Names>(key, withOne)))
      expect((await store.find<Names>(key))?.record.grants).toHaveLength(50)
    }
  })

  it('tells what was there before and after, and leaves what shall be left', async () => {
    const store = sealed(createMemoryStore())
    const after = withOne(undefined).record
    expect(await store.update<Names>(key, () => undefined)).toBeUndefined()
    expect(await store.get(key)).toBeUndefined()
    expect(await store.update<Names>(key, withOne)).toEqual({ before: undefined, after })
    expect(await store.update<Names>(key, withOne)).toEqual({ before: after, after: withOne(after).record })
    expect(await store.update<Names>(key, () => undefined)).toBeUndefined()
  })

  it.each([
    [
      'that no secret of the ring opens',
      async (database: Store) => await sealed(database, stranger).set(key, '{}', 60),
    ],
    ['of another version', async (database: Store) => await sealed(database).set(key, '{"version":2}', 60)],
    ['that somebody else wrote', async (database: Store) => await database.set(key, 'text', { ttlSeconds: 60 })],
  ])('replaces a record %s', async (_what, spoil) => {
    const database = createMemoryStore()
    await spoil(database)
    const reasons: string[] = []
    const reports = {
      ...noReports,
      unreadable: (_key: StoreKey, why: { reason: string }) => void reasons.push(why.reason),
    }
    const store = createSealedStore(database, async () => ring, reports)
    expect(await store.find(key)).toBeUndefined()
    expect(await store.update<Names>(key, withOne)).toMatchObject({ before: undefined })
    expect((await store.find<Names>(key))?.record.grants).toHaveLength(1)
    expect(new Set(reasons).size).toBe(1)
  })

  it('is given up with 503 when others are always faster', async () => {
    let swaps = 0
    const database = createMemoryStore()
    await sealed(database).set(key, serializeRecord(first), 60)
    const store = sealed({
      ...database,
      compareAndSwap: async () => {
        swaps += 1
        return false
      },
    })
    const attempt = store.update<Names>(key, withOne)
    await expect(attempt).rejects.toMatchObject({ reason: 'store_unavailable', retryAfterSeconds: 1 })
    expect(swaps).toBe(200)
  })
})

const operations: readonly (readonly [string, (store: SealedStore) => Promise<unknown>])[] = [
  ['get', async (store) => await store.get(key)],
  ['set', async (store) => await store.set(key, 'a', 60)],
  ['add', async (store) => await store.add(key, 'a', 60)],
  ['find', async (store) => await store.find(key)],
  ['update', async (store) => await store.update(key, () => undefined)],
  ['take', async (store) => await store.take(key)],
  ['compareAndSwap', async (store) => await store.compareAndSwap(key, { text: 'a', raw: 'a' }, 'b', 60)],
]

/** A database each of whose methods does the same. */
function database(work: () => Promise<never>): Store {
  return { get: work, set: work, delete: work, take: work, compareAndSwap: work }
}

describe.each(operations)('%s of a sealed store', (_name, operate) => {
  const cause = new Error('connect ECONNREFUSED redis://:password@10.0.0.1')

  it('D9 is refused with 503 when the database is out of reach, without its words', async () => {
    const attempt = operate(sealed(database(async () => await Promise.reject(cause))))
    await expect(attempt).rejects.toThrow(refusal('store_unavailable'))
    await expect(attempt).rejects.toMatchObject({ status: 503, retryAfterSeconds: 5, cause })
    await expect(attempt).rejects.not.toMatchObject({ message: expect.stringContaining('redis') })
  })

  it('D9 is refused with 503 when the driver of the database throws at once', async () => {
    const throwing = (): never => {
      throw cause
    }
    await expect(operate(sealed(database(throwing)))).rejects.toThrow(refusal('store_unavailable'))
  })
})

describe('a sealed store whose database is full', () => {
  it('D9 says that it is full', async () => {
    const store = sealed(createMemoryStore({ maxBytes: 10 }))
    await expect(store.set(key, 'a', 60)).rejects.toThrow(refusal('store_full'))
    await expect(store.add(key, 'a', 60)).rejects.toThrow(refusal('store_full'))
  })
})

describe('a database that never answers', () => {
  afterEach(() => vi.useRealTimers())

  it('D9 A014 is given up after five seconds, with 503', async () => {
    vi.useFakeTimers()
    const attempt = sealed({ ...createMemoryStore(), get: async () => await new Promise(() => {}) }).get(key)
    await Promise.all([
      expect(attempt).rejects.toThrow(refusal('store_unavailable')),
      vi.advanceTimersByTimeAsync(5000),
    ])
  })

  it('D9 is not waited for in vain once it has answered', async () => {
    vi.useFakeTimers()
    expect(await sealed(createMemoryStore()).get(key)).toBeUndefined()
    expect(vi.getTimerCount()).toBe(0)
  })
})
