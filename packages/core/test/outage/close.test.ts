import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { callUpstream, login, refresh, type Tokens, tokensOf, tryLater, wordOf } from './support/client.ts'
import { createFaultyStore, type FaultyStore } from './support/faulty-store.ts'
import {
  createWorld,
  type Process,
  startProcess,
  upstreamSeconds,
  usesOfRefreshTokens,
  type World,
} from './support/world.ts'

// No timer fires: what is written is written because of `close`.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

interface Scene {
  readonly world: World
  readonly faulty: FaultyStore
  readonly ending: Process
  readonly tokens: Tokens
}

async function setScene(): Promise<Scene> {
  const world = createWorld()
  const faulty = createFaultyStore(world.database)
  const ending = startProcess(world, { store: faulty.store })
  return { world, faulty, ending, tokens: await login(world, ending) }
}

/** Whether work is over by now; nothing moves the time meanwhile. */
async function isOver(work: Promise<void>): Promise<boolean> {
  let over = false
  void work.then(() => (over = true))
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
  return over
}

it('A097 D9 writes new tokens of the identity provider that the store refused, before its process ends', async () => {
  const { world, faulty, ending, tokens } = await setScene()
  world.clock.advance(upstreamSeconds)
  // Until the lease is taken and the grant was read twice.
  faulty.plan('read-only', 5)
  expect(await wordOf(await callUpstream(tokens)(ending))).toBe(tryLater)
  await faulty.mend()
  await ending.auth.close()
  const next = startProcess(world)
  world.clock.advance(20)
  expect(await wordOf(await callUpstream(tokens)(next))).toBe('200')
  expect(usesOfRefreshTokens(world)).toHaveLength(1)
})

it('C3 begins the grace of an answer that nobody got, before its process ends', async () => {
  const { world, faulty, ending, tokens } = await setScene()
  faulty.plan('lost', 1)
  expect(await wordOf(await refresh(tokens)(ending))).toBe(tryLater)
  world.clock.advance(600)
  await ending.auth.close()
  const renewed = await tokensOf(tokens.clientId, await refresh(tokens)(startProcess(world)))
  expect(renewed.refreshToken).not.toBe(tokens.refreshToken)
})

it('D9 waits as long as the store is away, and no longer', async () => {
  const { faulty, ending, tokens } = await setScene()
  faulty.plan('lost', 1)
  expect(await wordOf(await refresh(tokens)(ending))).toBe(tryLater)
  faulty.plan('away', 0)
  const closing = ending.auth.close()
  expect(await isOver(closing)).toBe(false)
  await vi.advanceTimersByTimeAsync(5000)
  expect(await isOver(closing)).toBe(false)
  await faulty.mend()
  await vi.advanceTimersByTimeAsync(1000)
  expect(await isOver(closing)).toBe(true)
})

it('is over at once where nothing waits, and may be called again', async () => {
  const { ending } = await setScene()
  await ending.auth.close()
  expect(await isOver(ending.auth.close())).toBe(true)
})
