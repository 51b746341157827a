import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { login, refresh, revoke, type Tokens, tokensOf, tryLater, wordOf } from './support/client.ts'
import { createFaultyStore, type FaultyStore, type Trouble } from './support/faulty-store.ts'
import { createWorld, type Process, startProcess, type World } from './support/world.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

interface Scene {
  readonly world: World
  readonly tokens: Tokens
  readonly faulty: FaultyStore
  readonly first: Process
  readonly second: Process
}

/** A refresh whose write got no answer, and after it an outage of ten minutes. */
async function setScene(trouble: Trouble): Promise<Scene> {
  const world = createWorld()
  const faulty = createFaultyStore(world.database)
  const [first, second] = [startProcess(world, { store: faulty.store }), startProcess(world)]
  const tokens = await login(world, first)
  // get grant, and then the write.
  faulty.plan(trouble, 1)
  expect(await wordOf(await refresh(tokens)(first))).toBe(tryLater)
  faulty.plan('away', 0)
  await vi.advanceTimersByTimeAsync(600_000)
  world.clock.advance(600)
  await faulty.mend()
  return { world, tokens, faulty, first, second }
}

describe('an outage that lasts longer than the grace of a refresh token', () => {
  it.each(['lost', 'rejects'] as const)(
    'D9 C3 costs nobody the session whose refresh it met, at the same process: the write was %s',
    async (trouble) => {
      const { first, tokens } = await setScene(trouble)
      const renewed = await tokensOf(tokens.clientId, await refresh(tokens)(first))
      expect(await wordOf(await refresh(renewed)(first))).toBe('200')
    },
  )

  it.each(['lost', 'rejects'] as const)(
    'D9 C3 costs nobody the session whose refresh it met, at another process: the write was %s',
    async (trouble) => {
      const { second, tokens } = await setScene(trouble)
      await vi.advanceTimersByTimeAsync(1000)
      const renewed = await tokensOf(tokens.clientId, await refresh(tokens)(second))
      expect(await wordOf(await refresh(renewed)(second))).toBe('200')
    },
  )

  it('C3 gives no more than one grace afterwards', async () => {
    const { world, first, second, tokens } = await setScene('lost')
    await vi.advanceTimersByTimeAsync(1000)
    expect(vi.getTimerCount()).toBe(0)
    world.clock.advance(30)
    expect(await wordOf(await refresh(tokens)(second))).toBe('400 invalid_grant')
    expect(second.events).toContainEqual(
      expect.objectContaining({ type: 'grant.revoked', reason: 'refresh_token_reused' }),
    )
    expect(await wordOf(await refresh(tokens)(first))).toBe('400 invalid_grant')
  })

  it('C3 gives no grace to what another process answered meanwhile', async () => {
    const { world, first, second, tokens } = await setScene('rejects')
    expect(await wordOf(await refresh(tokens)(second))).toBe('200')
    world.clock.advance(29)
    await vi.advanceTimersByTimeAsync(1000)
    world.clock.advance(1)
    expect(await wordOf(await refresh(tokens)(first))).toBe('400 invalid_grant')
  })

  it('C3 gives no grace to a token whose successor was used meanwhile', async () => {
    const { world, first, second, tokens } = await setScene('lost')
    const renewed = await tokensOf(tokens.clientId, await refresh(tokens)(first))
    expect(await wordOf(await refresh(renewed)(second))).toBe('200')
    await vi.advanceTimersByTimeAsync(1000)
    world.clock.advance(1)
    expect(await wordOf(await refresh(tokens)(first))).toBe('400 invalid_grant')
  })

  it('C3 gives no grace to a grant that was revoked meanwhile', async () => {
    const { first, second, tokens } = await setScene('lost')
    const renewed = await tokensOf(tokens.clientId, await refresh(tokens)(first))
    expect(await wordOf(await revoke(renewed)(second))).toBe('200')
    await vi.advanceTimersByTimeAsync(1000)
    expect(await wordOf(await refresh(tokens)(first))).toBe('400 invalid_grant')
  })
})
