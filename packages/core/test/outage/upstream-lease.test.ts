import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Store, StoreKey } from '../../src/store.ts'
import { callUpstream, login, revoke, type Tokens, tryLater, wordOf } from './support/client.ts'
import { createFaultyStore } from './support/faulty-store.ts'
import {
  createWorld,
  type Process,
  startProcess,
  upstreamSeconds,
  usesOfRefreshTokens,
  type World,
} from './support/world.ts'

/**
 * A time-out that ends while a test waits for it, in seconds: the platform's own timer cannot be moved. Long enough for
 * an answer of the fake on a busy machine.
 */
const shortTimeout = 0.5

/** Waits until a time-out that began before is over. */
async function timeOut(): Promise<void> {
  await new Promise((resolve) => AbortSignal.timeout(1000 * shortTimeout).addEventListener('abort', resolve))
}

async function ask(tokens: Tokens, at: Process): Promise<string> {
  return await wordOf(await callUpstream(tokens)(at))
}

/** Somebody signed in, and the tokens of the identity provider have expired. */
async function loginAndWait(world: World): Promise<Tokens> {
  const tokens = await login(world, startProcess(world))
  world.clock.advance(upstreamSeconds)
  return tokens
}

/** A gate that work waits at. */
function createGate(): { arrive: () => Promise<void>; arrived: Promise<void>; open: () => void } {
  let arrived: () => void = () => {}
  let open: () => void = () => {}
  const isOpen = new Promise<void>((resolve) => (open = resolve))
  const hasArrived = new Promise<void>((resolve) => (arrived = resolve))
  const arrive = async (): Promise<void> => {
    arrived()
    await isOpen
  }
  return { arrive, arrived: hasArrived, open: () => open() }
}

/** A process that is suspended once it has the lease. */
function suspendWithLease(database: Store, suspend: () => Promise<void>): Store {
  let isSuspended = false
  return {
    ...database,
    set: async (key: StoreKey, value, options) => {
      const isSet = await database.set(key, value, options)
      if (!isSuspended && isSet && key.startsWith('lease:')) {
        isSuspended = true
        await suspend()
      }
      return isSet
    },
  }
}

describe('the refresh token at the identity provider', () => {
  it('A097 is not used by a holder of the lease that was suspended for longer than the lease is safe', async () => {
    const world = createWorld()
    const tokens = await loginAndWait(world)
    const gate = createGate()
    const slow = startProcess(world, { store: suspendWithLease(world.database, gate.arrive) })
    const answer = ask(tokens, slow)
    await gate.arrived
    // The lease lasts for 20 seconds; a request that began now could outlive it.
    world.clock.advance(11)
    gate.open()
    expect(await answer).toBe(tryLater)
    expect(usesOfRefreshTokens(world)).toEqual([])
    expect(await ask(tokens, startProcess(world))).toBe('200')
    expect(usesOfRefreshTokens(world)).toEqual([1])
  })

  it('A097 is used once when a suspended holder wakes up after another process took over', async () => {
    const world = createWorld()
    const tokens = await loginAndWait(world)
    const gate = createGate()
    const slow = startProcess(world, { store: suspendWithLease(world.database, gate.arrive) })
    const answer = ask(tokens, slow)
    await gate.arrived
    world.clock.advance(20)
    expect(await ask(tokens, startProcess(world))).toBe('200')
    gate.open()
    expect(await answer).toBe('200')
    expect(usesOfRefreshTokens(world)).toEqual([1])
  })

  it.each([
    { jump: 3600, answer: tryLater },
    // By the clock that was put back, the former token is good: the tool will hear otherwise, and ask again.
    { jump: -3600, answer: '200' },
  ])('A097 is not used while the clock of the process jumps by $jump seconds', async ({ jump, answer }) => {
    const world = createWorld()
    const tokens = await loginAndWait(world)
    let skew = 0
    const store = suspendWithLease(world.database, async () => {
      skew = jump
    })
    const moved = startProcess(world, { store, now: () => world.clock.now() + skew })
    expect(await ask(tokens, moved)).toBe(answer)
    expect(usesOfRefreshTokens(world)).toEqual([])
    skew = 0
    expect(await ask(tokens, moved)).toBe('200')
    expect(usesOfRefreshTokens(world)).toEqual([1])
  })

  it('A097 A099 keeps nobody waiting when the holder’s request is never answered and never ends', async () => {
    const world = createWorld()
    const tokens = await loginAndWait(world)
    const deaf = startProcess(world, {
      upstreamTimeoutSeconds: shortTimeout,
      fetch: async () => await new Promise<Response>(() => {}),
    })
    const answers = await Promise.all([ask(tokens, deaf), ask(tokens, deaf), ask(tokens, deaf)])
    expect(answers).toEqual([tryLater, tryLater, tryLater])
    expect(await ask(tokens, startProcess(world))).toBe('200')
  })

  it('A097 gets the whole time for its request, however long the process waited for the lease', async () => {
    const world = createWorld()
    const tokens = await loginAndWait(world)
    const deadlines: boolean[] = []
    const gate = createGate()
    const late = startProcess(world, {
      upstreamTimeoutSeconds: shortTimeout,
      store: suspendWithLease(world.database, async () => {
        // The time of the request that waits for the lease is over.
        await timeOut()
        gate.open()
      }),
      fetch: async (url, init) => {
        if (url === world.fake.endpointURL('token')) deadlines.push(init.signal?.aborted === true)
        return await world.fake.fetch(new Request(url, init))
      },
    })
    expect(await ask(tokens, late)).toBe('200')
    expect(deadlines).toEqual([false])
  })
})

describe('tokens that the identity provider issued and the store did not take', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  async function refuseToSave(
    outage: 'away' | 'read-only' | 'rejects',
    world: World = createWorld(),
  ): Promise<{
    world: World
    tokens: Tokens
    first: Process
    mend: () => Promise<void>
  }> {
    const tokens = await loginAndWait(world)
    const faulty = createFaultyStore(world.database)
    const first = startProcess(world, { store: faulty.store })
    // get grant, get grant, get grant, set lease, get grant, get grant, and then the write that fails.
    faulty.plan(outage, 6)
    expect(await ask(tokens, first)).toBe(tryLater)
    expect(usesOfRefreshTokens(world)).toEqual([1])
    return { world, tokens, first, mend: faulty.mend }
  }

  it.each(['away', 'read-only'] as const)('A097 are saved without being asked once it is back: %s', async (outage) => {
    const { world, tokens, mend } = await refuseToSave(outage)
    await vi.advanceTimersByTimeAsync(30_000)
    await mend()
    await vi.advanceTimersByTimeAsync(1000)
    world.clock.advance(30)
    expect(await ask(tokens, startProcess(world))).toBe('200')
    expect(usesOfRefreshTokens(world)).toEqual([1])
  })

  it.each(['away', 'rejects'] as const)(
    'A097 keep the lease, so that no other process uses the spent token meanwhile: %s',
    async (outage) => {
      const { world, tokens, mend } = await refuseToSave(outage)
      const watched = createFaultyStore(world.database)
      const second = startProcess(world, { store: watched.store, upstreamTimeoutSeconds: shortTimeout })
      const waiting = ask(tokens, second)
      while (!watched.steps.includes('set lease')) await new Promise<void>((resolve) => setImmediate(resolve))
      await timeOut()
      // It looks several times, for less time than there is until they are saved.
      for (let n = 0; n < 10; n += 1) await vi.advanceTimersByTimeAsync(50)
      expect(await waiting).toBe(tryLater)
      expect(usesOfRefreshTokens(world)).toEqual([1])
      await mend()
    },
  )

  it('A097 never replace newer ones, which another process got after the lease had ended', async () => {
    const lenient = createWorld({ profile: { rotatesRefreshTokens: false } })
    const { world, tokens, first, mend } = await refuseToSave('read-only', lenient)
    world.clock.advance(20)
    const newer = await (await callUpstream(tokens)(startProcess(world))).text()
    await mend()
    await vi.advanceTimersByTimeAsync(1000)
    expect(await (await callUpstream(tokens)(first)).text()).toBe(newer)
    expect(usesOfRefreshTokens(world)).toEqual([2])
  })

  it('A097 are forgotten when the grant was ended meanwhile', async () => {
    const { world, tokens, first, mend } = await refuseToSave('read-only')
    expect(await wordOf(await revoke(tokens)(startProcess(world)))).toBe('200')
    await mend()
    await vi.advanceTimersByTimeAsync(1000)
    expect(await ask(tokens, first)).toBe('401 invalid_token')
    expect(vi.getTimerCount()).toBe(0)
  })
})
