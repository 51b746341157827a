import { statSync } from 'node:fs'
import { join } from 'node:path'
import { OAuthError, type StoreKey } from '@mcp-auth/core'
import { createTestClock } from '@mcp-auth/testing'
import { describe, expect, it, vi } from 'vitest'
import { openDatabase } from '../src/database.ts'
import { createLMDBStore, type LMDBStore } from '../src/index.ts'
import { createFolder } from './support/folder.ts'
import { race } from './support/jobs.ts'
import { limitFiles, type Neighbour, startNeighbour } from './support/process.ts'

vi.setConfig({ testTimeout: 60_000 })

const value = 'x'.repeat(1000)
const numbered = (n: number): StoreKey => `grant:${n}`

/** Writes entries until the store refuses one; how many there are then. */
async function fill(store: LMDBStore, ttlSeconds: (n: number) => number): Promise<number> {
  const isFull = (error: unknown): boolean => {
    if (error instanceof OAuthError && error.reason === 'store_full') return false
    throw error
  }
  let count = 0
  while (await store.set(numbered(count), value, { ttlSeconds: ttlSeconds(count) }).catch(isFull)) count += 1
  return count
}

describe('a full store', () => {
  it('D9 refuses new entries with 503 and Retry-After, and drops nothing that lives', async () => {
    const store = createLMDBStore({ folder: createFolder(), maxBytes: 512 * 1024 })
    const count = await fill(store, () => 60)
    expect(count).toBeGreaterThan(200)
    const refused = store.set(numbered(count), value, { ttlSeconds: 60 })
    await expect(refused).rejects.toBeInstanceOf(OAuthError)
    await expect(refused).rejects.toMatchObject({ reason: 'store_full', status: 503, retryAfterSeconds: 5 })
    for (let n = 0; n < count; n += 1) expect(await store.get(numbered(n))).toBe(value)
    expect(await store.get(numbered(count))).toBeUndefined()
    await expect(store.ping()).resolves.toBeUndefined()
    await store.close()
  })

  it('goes on swapping what does not grow, taking and deleting, and has room again after that', async () => {
    const store = createLMDBStore({ folder: createFolder(), maxBytes: 512 * 1024 })
    const count = await fill(store, () => 60)
    const other = 'y'.repeat(1000)
    await expect(store.compareAndSwap(numbered(0), value, other, { ttlSeconds: 60 })).resolves.toBe(true)
    const longer = store.compareAndSwap(numbered(0), other, `${other}${value}`, { ttlSeconds: 60 })
    await expect(longer).rejects.toMatchObject({ reason: 'store_full' })
    expect(await store.get(numbered(0))).toBe(other)
    for (let n = 0; n < count / 2; n += 1) await store.take(numbered(n))
    await expect(store.set('grant:new', value, { ttlSeconds: 60 })).resolves.toBe(true)
    await store.close()
  })

  it('takes new entries again when half of the old ones have expired, whichever they were', async () => {
    const clock = createTestClock()
    const store = createLMDBStore({ folder: createFolder(), maxBytes: 512 * 1024, now: clock.now })
    const count = await fill(store, (n) => (n % 2 === 0 ? 10 : 1000))
    clock.advance(20)
    for (let n = 0; n < count / 8; n += 1) {
      await expect(store.set(`lease:${n}`, value, { ttlSeconds: 60 })).resolves.toBe(true)
    }
    for (let n = 1; n < count; n += 2) expect(await store.get(numbered(n))).toBe(value)
    await store.close()
  })

  it('counts what others have written', async () => {
    const folder = createFolder()
    const stores = [1, 2].map(() => createLMDBStore({ folder, maxBytes: 512 * 1024 }))
    const [one, other] = stores as [LMDBStore, LMDBStore]
    await fill(one, () => 60)
    await expect(other.set('grant:new', value, { ttlSeconds: 60 })).rejects.toMatchObject({ reason: 'store_full' })
    for (const store of stores) await store.close()
  })

  it('takes in no more than its bound from many callers at once', async () => {
    const store = createLMDBStore({ folder: createFolder(), maxBytes: 512 * 1024 })
    const all = Array.from({ length: 2000 }, async (_, n) => await store.set(numbered(n), value, { ttlSeconds: 60 }))
    const written = (await Promise.allSettled(all)).filter(({ status }) => status === 'fulfilled')
    expect(written.length).toBeGreaterThan(100)
    expect(written.length).toBeLessThan(600)
    await store.close()
  })
})

describe('clean-up', () => {
  it('removes 32 expired entries for eight writes, the oldest first, and no other', async () => {
    const clock = createTestClock()
    const folder = createFolder()
    const store = createLMDBStore({ folder, now: clock.now })
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => await store.set(numbered(n), value, { ttlSeconds: 10 + n / 10 })),
    )
    clock.advance(100)
    for (let n = 0; n < 8; n += 1) await store.set(`lease:${n}`, value, { ttlSeconds: 1000 })
    await store.close()
    const database = openDatabase(folder)
    const due = database.due(clock.now(), 1000)
    expect(due).toHaveLength(200 - 32)
    expect(database.due(clock.now() + 10_000, 1000)).toHaveLength(200 - 32 + 8)
    expect(Math.min(...due.map(({ place }) => Number(place.readBigUInt64BE())))).toBe((clock.now() - 100 + 13.2) * 1000)
    await database.close()
  })

  it('leaves nothing in the index of an entry that was replaced, taken or deleted', async () => {
    const clock = createTestClock()
    const folder = createFolder()
    const store = createLMDBStore({ folder, now: clock.now })
    for (const key of ['grant:replaced', 'grant:swapped', 'grant:taken', 'grant:deleted'] as const) {
      await store.set(key, 'a', { ttlSeconds: 10 })
    }
    await store.set('grant:replaced', 'b', { ttlSeconds: 100 })
    await store.compareAndSwap('grant:swapped', 'a', 'b', { ttlSeconds: 100 })
    await store.take('grant:taken')
    await store.delete('grant:deleted')
    await store.close()
    const database = openDatabase(folder)
    expect(database.due(clock.now() + 20, 10)).toEqual([])
    expect(database.due(clock.now() + 200, 10)).toHaveLength(2)
    await database.close()
  })

  it('keeps the file at the size of what lives, however long it runs', async () => {
    const clock = createTestClock()
    const folder = createFolder()
    const store = createLMDBStore({ folder, now: clock.now })
    const size = async (round: number): Promise<number> => {
      const caller = async (_: unknown, name: number): Promise<void> => {
        for (let n = 0; n < 20; n += 1) await store.set(`grant:${round}-${name}-${n}`, value, { ttlSeconds: 60 })
      }
      await Promise.all(Array.from({ length: 20 }, caller))
      clock.advance(61)
      return statSync(join(folder, 'data.mdb')).size
    }
    await size(0)
    const early = await size(1)
    let last = 0
    for (let round = 2; round < 14; round += 1) last = await size(round)
    expect(last).toBeLessThan(3 * early)
    await store.close()
  })
})

describe('a full disk', () => {
  /** A process that has written until a write failed, and how many entries it had written by then. */
  async function fillDisk(): Promise<
    { folder: string; count: number; ask: (order: string) => Promise<unknown> } & Neighbour
  > {
    const folder = createFolder()
    const neighbour = startNeighbour('fill', folder, 'ulimit -S -f 1500')
    const count = Number(await neighbour.line())
    expect(count).toBeGreaterThan(5)
    const ask = async (order: string): Promise<unknown> => {
      neighbour.say(order)
      return await neighbour.line()
    }
    return { ...neighbour, folder, count, ask }
  }

  /** All that the process was told is written is there when it has ended. */
  async function expectEntries(filled: Awaited<ReturnType<typeof fillDisk>>, count: number): Promise<void> {
    filled.say('end')
    await filled.rest()
    expect(filled.process.exitCode).toBe(0)
    const store = createLMDBStore({ folder: filled.folder })
    for (let n = 0; n < count; n += 1) expect(await store.get(numbered(n))).toBe(race.value(String(n)))
    await store.close()
  }

  it('is seen by a probe when a record no longer fits, and is over as soon as there is room', async () => {
    const filled = await fillDisk()
    expect(await filled.ask('set')).toBe('rejected')
    expect(await filled.ask('ping')).toBe('rejected')
    expect(await filled.ask('get')).toBe('fulfilled')
    limitFiles(filled, 'unlimited')
    expect(await filled.ask('ping')).toBe('fulfilled')
    expect(await filled.ask('set')).toBe('fulfilled')
    await expectEntries(filled, filled.count + 1)
  })

  it('makes every change reject and nothing else when not one page can be written', async () => {
    const filled = await fillDisk()
    limitFiles(filled, 0)
    for (const order of ['take', 'set', 'ping', 'take']) expect(await filled.ask(order)).toBe('rejected')
    expect(await filled.ask('get')).toBe('fulfilled')
    limitFiles(filled, 'unlimited')
    expect(await filled.ask('set')).toBe('fulfilled')
    await expectEntries(filled, filled.count + 1)
  })
})
