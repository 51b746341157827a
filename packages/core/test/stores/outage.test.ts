import { describe, expect, it } from 'vitest'
import { OAuthError } from '../../src/errors.ts'
import type { AuthEvent } from '../../src/events.ts'
import { createStoreReports, type StoreReports } from '../../src/stores/store-reports.ts'
import { call, decide, login, openPage, refresh, type Tokens, tryLater, wordOf } from '../outage/support/client.ts'
import { createFaultyStore, driverMessage, type FaultyStore } from '../outage/support/faulty-store.ts'
import { createWorld, type Process, startProcess, type World } from '../outage/support/world.ts'
import { type Clock, createClock } from '../support/clock.ts'

interface Scene {
  readonly world: World
  readonly faulty: FaultyStore
  readonly at: Process
  readonly tokens: Tokens
}

async function setScene(): Promise<Scene> {
  const world = createWorld()
  const faulty = createFaultyStore(world.database)
  const at = startProcess(world, { store: faulty.store })
  return { world, faulty, at, tokens: await login(world, at) }
}

function told(events: readonly AuthEvent[]): AuthEvent[] {
  return events.filter(({ type }) => type === 'store.unavailable' || type === 'store.recovered')
}

describe('an outage of the store', () => {
  it('D3 is told once when it begins and once when it ends, with its length and what it refused', async () => {
    const { world, faulty, at, tokens } = await setScene()
    expect(told(at.events)).toEqual([])
    const begin = world.clock.now() * 1000
    faulty.plan('away', 0)
    for (let n = 0; n < 5; n += 1) {
      expect(await wordOf(await call(tokens)(at))).toBe(tryLater)
      world.clock.advance(2)
    }
    expect(told(at.events)).toEqual([{ type: 'store.unavailable', time: begin }])
    await faulty.mend()
    for (let n = 0; n < 3; n += 1) expect(await wordOf(await call(tokens)(at))).toBe('200')
    expect(told(at.events).slice(1)).toEqual([
      { type: 'store.recovered', durationSeconds: 10, refusedOperations: 5, time: begin + 10_000 },
    ])
    expect(JSON.stringify(at.events)).not.toContain(driverMessage)
  })

  it('D3 is told at its first request, when the server starts in it', async () => {
    const world = createWorld()
    const faulty = createFaultyStore(world.database)
    faulty.plan('away', 0)
    const at = startProcess(world, { store: faulty.store })
    expect(await wordOf(await decide(await openPage(at), 'approve')(at))).toBe(tryLater)
    expect(told(at.events)).toMatchObject([{ type: 'store.unavailable' }])
  })

  it('D3 goes on while the store answers reads and takes no writes', async () => {
    const { faulty, at, tokens } = await setScene()
    faulty.plan('read-only', 0)
    for (let n = 0; n < 5; n += 1) {
      expect(await wordOf(await refresh(tokens)(at))).toBe(tryLater)
      expect(await wordOf(await call(tokens)(at))).toBe('200')
    }
    expect(told(at.events)).toHaveLength(1)
    await faulty.mend()
    expect(await wordOf(await refresh(tokens)(at))).toBe('200')
    expect(told(at.events)).toMatchObject([{}, { type: 'store.recovered' }])
  })

  it('is none where the database only has no room', async () => {
    const world = createWorld()
    const full = async (): Promise<never> => await Promise.reject(new OAuthError('store_full'))
    const at = startProcess(world, { store: { ...world.database, set: full } })
    expect(await wordOf(await decide(await openPage(at), 'approve')(at))).toBe(tryLater)
    expect(at.events).toContainEqual(expect.objectContaining({ type: 'store.full' }))
    expect(told(at.events)).toEqual([])
  })
})

describe('a store that works now and then', () => {
  interface Desk {
    readonly clock: Clock
    readonly events: AuthEvent[]
    readonly reports: StoreReports
    readonly blip: () => void
  }

  function createDesk(): Desk {
    const clock = createClock()
    const events: AuthEvent[] = []
    const reports = createStoreReports((event) => events.push(event), clock.now)
    const blip = (): void => {
      reports.failed('read')
      reports.worked('read')
    }
    return { clock, events, reports, blip }
  }

  it('is told five times a minute, and what it refused in between is counted by the next time', () => {
    const { clock, events, blip } = createDesk()
    for (let n = 0; n < 60; n += 1) {
      blip()
      clock.advance(1)
    }
    expect(told(events)).toHaveLength(10)
    expect(told(events).at(-1)).toMatchObject({ type: 'store.recovered', refusedOperations: 1 })
    blip()
    expect(told(events)).toHaveLength(12)
    expect(told(events).at(-1)).toMatchObject({ type: 'store.recovered', refusedOperations: 56 })
  })

  it('is not silent when it goes away for good soon after that', () => {
    const { clock, events, blip, reports } = createDesk()
    for (let n = 0; n < 5; n += 1) blip()
    clock.advance(10)
    reports.failed('read')
    expect(told(events)).toHaveLength(10)
    clock.advance(50)
    reports.failed('write')
    expect(told(events).slice(10)).toMatchObject([{ type: 'store.unavailable' }])
    clock.advance(40)
    reports.worked('read')
    expect(told(events).at(-1)).toMatchObject({ durationSeconds: 90, refusedOperations: 2 })
  })

  it('is told when the clock was put back, with no negative length', () => {
    const { clock, events, blip, reports } = createDesk()
    for (let n = 0; n < 5; n += 1) blip()
    clock.advance(-3600)
    reports.failed('read')
    clock.advance(-60)
    reports.worked('write')
    expect(told(events).slice(10)).toMatchObject([{ type: 'store.unavailable' }, { durationSeconds: 0 }])
  })
})
