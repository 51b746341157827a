import { describe, expect, it } from 'vitest'
import type { StoreKey } from '../../src/store.ts'
import {
  authorize,
  call,
  callUpstream,
  decide,
  introspect,
  login,
  openPage,
  refresh,
  revoke,
  type Tokens,
  tokensOf,
  tryLater,
  wordOf,
} from './support/client.ts'
import {
  createWorld,
  type Process,
  startProcess,
  upstreamSeconds,
  usesOfRefreshTokens,
  type World,
} from './support/world.ts'

const maxBytes = 256 * 1024

/** Answers on pages until there is no room for one more answer; resolves to the last one that was refused. */
async function fill(at: Process): Promise<() => Promise<string>> {
  await decideUntilFull(at, 'approve')
  // A denial needs less room.
  return await decideUntilFull(at, 'deny')
}

async function decideUntilFull(at: Process, decision: 'approve' | 'deny'): Promise<() => Promise<string>> {
  for (let n = 0; n < 2000; n += 1) {
    const answer = decide(await openPage(at), decision)
    if ((await wordOf(await answer(at))) === tryLater) return async () => await wordOf(await answer(at))
  }
  throw new Error('there is always room')
}

/** Puts marks into the database until it takes none, as if everybody who may had used the room that is kept for them. */
async function fillToTheLastByte({ database }: World): Promise<void> {
  for (const size of [4096, 64, 1]) {
    for (let n = 0; ; n += 1) {
      const key: StoreKey = `lease:${size} ${n}`
      const isSet = await database.set(key, 'x'.repeat(size), { ttlSeconds: 300 }).catch(() => false)
      if (!isSet) break
    }
  }
}

async function fullWorld(count: number): Promise<{ world: World; at: Process; sessions: Tokens[] }> {
  const world = createWorld({ maxBytes })
  const at = startProcess(world)
  const sessions: Tokens[] = []
  for (let n = 0; n < count; n += 1) sessions.push(await login(world, at))
  return { world, at, sessions }
}

describe('a memory store at its bound', () => {
  it('D9 D3 refuses new work with 503 and one event, shows pages, and takes work again when there is room', async () => {
    const { world, at } = await fullWorld(1)
    const approve = await decideUntilFull(at, 'approve')
    expect(await approve()).toBe(tryLater)
    const told = at.events.filter(({ type }) => type === 'store.full')
    expect(told).toEqual([{ type: 'store.full', kind: 'transaction', time: world.clock.now() * 1000 }])
    expect((await openPage(at)).consent).not.toBe('')
    world.clock.advance(59)
    expect(await approve()).toBe(tryLater)
    world.clock.advance(1)
    expect(await approve()).toBe(tryLater)
    expect(at.events.filter(({ type }) => type === 'store.full')).toHaveLength(2)
    // The flows that nobody went on with are over.
    world.clock.advance(540)
    expect(await wordOf(await decide(await openPage(at), 'approve')(at))).toBe('to the identity provider')
  })

  it('D9 finishes the sign-ins that had begun before it was full', async () => {
    const { world, at } = await fullWorld(0)
    const begun = await authorize(world, at)
    await fill(at)
    const tokens = await tokensOf(begun.clientId, await begun.redeem(at))
    expect(await wordOf(await call(tokens)(at))).toBe('200')
  })

  it('D9 D3 keeps every session, and refreshes each for the first time, when strangers have filled it', async () => {
    const { world, at, sessions } = await fullWorld(20)
    await fill(at)
    for (const tokens of sessions) {
      const renewed = await tokensOf(tokens.clientId, await refresh(tokens)(at))
      expect(await wordOf(await call(renewed)(at))).toBe('200')
      expect(await wordOf(await introspect(renewed)(at))).toBe('200')
    }
    world.clock.advance(upstreamSeconds - 1)
    await fill(at)
    expect(await wordOf(await callUpstream(sessions[0] as Tokens)(at))).toBe('200')
    expect(usesOfRefreshTokens(world)).toEqual([1])
  })

  it('D9 D3 refreshes, revokes and answers even when not one byte is left', async () => {
    const { world, at, sessions } = await fullWorld(5)
    await fillToTheLastByte(world)
    for (const tokens of sessions) {
      const renewed = await tokensOf(tokens.clientId, await refresh(tokens)(at))
      expect(await wordOf(await call(renewed)(at))).toBe('200')
      const twice = await tokensOf(tokens.clientId, await refresh(renewed)(at))
      expect(await wordOf(await revoke(twice)(at))).toBe('200')
      expect(await wordOf(await call(twice)(at))).toBe('401 invalid_token')
    }
    expect(at.events.filter(({ type }) => type === 'store.full')).toEqual([])
  })
})
