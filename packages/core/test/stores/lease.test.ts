import { describe, expect, it } from 'vitest'
import { createKeyRing } from '../../src/keys/key-ring.ts'
import type { Store } from '../../src/store.ts'
import { type Lease, takeLease } from '../../src/stores/lease.ts'
import { createMemoryStore } from '../../src/stores/memory-store.ts'
import { createSealedStore, type SealedStore } from '../../src/stores/sealed-store.ts'
import { type Clock, createClock } from '../support/clock.ts'

const key = 'lease:a'
const ring = createKeyRing([new Uint8Array(32).fill(1)])

interface Desk {
  readonly clock: Clock
  readonly database: Store
  readonly take: (owner: string) => Promise<Lease | undefined>
}

function createDesk(wrap: (store: SealedStore) => SealedStore = (store) => store): Desk {
  const clock = createClock()
  const database = createMemoryStore({ now: clock.now })
  const store = wrap(createSealedStore(database, async () => await ring))
  const take = async (owner: string): Promise<Lease | undefined> =>
    await takeLease(store, key, { owner, ttlSeconds: 20, safeSeconds: 10, now: clock.now })
  return { clock, database, take }
}

async function taken(lease: Promise<Lease | undefined>): Promise<Lease> {
  const found = await lease
  if (!found) throw new Error('somebody else has the lease')
  return found
}

describe('a lease', () => {
  it('A097 is one process’s at a time, and the next one’s as soon as it was given back', async () => {
    const { take } = createDesk()
    const lease = await taken(take('one'))
    expect(await take('two')).toBeUndefined()
    await lease.release()
    expect(await take('two')).toBeDefined()
    expect(await take('one')).toBeUndefined()
  })

  it('A097 ends by itself when its holder is gone', async () => {
    const { take, clock } = createDesk()
    await taken(take('one'))
    clock.advance(19)
    expect(await take('two')).toBeUndefined()
    clock.advance(1)
    expect(await take('two')).toBeDefined()
  })

  it('A097 is not taken from its next holder by a former one that comes too late', async () => {
    const { take, clock } = createDesk()
    const late = await taken(take('one'))
    clock.advance(20)
    await taken(take('two'))
    await late.release()
    expect(await take('three')).toBeUndefined()
  })

  it('A097 is not taken from the same process either, once that has taken it anew', async () => {
    const { take, clock } = createDesk()
    const late = await taken(take('one'))
    clock.advance(20)
    await taken(take('one'))
    await late.release()
    expect(await take('two')).toBeUndefined()
  })

  it('A097 goes to one of fifty that find it free at once', async () => {
    const { take } = createDesk((store) => ({
      ...store,
      get: async (at) => {
        const found = await store.get(at)
        await new Promise((resolve) => setTimeout(resolve, 0))
        return found
      },
    }))
    await (await taken(take('former'))).release()
    const leases = await Promise.all(Array.from({ length: 50 }, async (_, n) => await take(`process ${n}`)))
    expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1)
  })

  it('A097 can be taken again by the process that did not hear that it has it', async () => {
    let isDeaf = true
    const { take } = createDesk((store) => ({
      ...store,
      add: async (...added) => {
        const isAdded = await store.add(...added)
        if (isDeaf) throw new Error('the answer got lost')
        return isAdded
      },
    }))
    await expect(take('one')).rejects.toThrow('lost')
    isDeaf = false
    expect(await take('two')).toBeUndefined()
    expect(await take('one')).toBeDefined()
  })

  it('A097 is relied on for no longer than it certainly lasts', async () => {
    const { take, clock } = createDesk()
    const lease = await taken(take('one'))
    clock.advance(10)
    expect(lease.isSafe()).toBe(true)
    clock.advance(0.001)
    expect(lease.isSafe()).toBe(false)
  })

  it('A097 is not relied on once the clock was put back', async () => {
    const { take, clock } = createDesk()
    const lease = await taken(take('one'))
    clock.advance(-1)
    expect(lease.isSafe()).toBe(false)
  })

  it('A097 is somebody else’s where nobody can read who has it', async () => {
    const { take, database } = createDesk()
    await database.set(key, 'sealed by a secret that is not in the ring', { ttlSeconds: 60 })
    expect(await take('one')).toBeUndefined()
  })
})
