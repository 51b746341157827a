import { describe, expect, it } from 'vitest'
import { type Ask, call, callUpstream, login, refresh, tokensOf, wordOf } from './support/client.ts'
import { type Flow, flows } from './support/flows.ts'
import { createWorld, type Process, startProcess, type World } from './support/world.ts'

const hour = 3600
const day = 86_400

/** A process that tells another time than everybody else. */
function startSkewed(world: World, skew: number): Process {
  return startProcess(world, { now: () => world.clock.now() + skew })
}

async function setScene(flow: Flow): Promise<{ world: World; right: Process; ask: Ask }> {
  const world = createWorld()
  const right = startProcess(world)
  return { world, right, ask: await flow.prepare(world, right) }
}

/** What a process says that is an hour ahead: what is over by its clock is refused, and not used up. */
const ahead: Readonly<Record<string, string>> = {
  'an approval': '400',
  'a denial': '400',
  'the return from the identity provider': '400',
  'a code': '400 invalid_grant',
  'a call of the protected resource': '401 invalid_token',
  'a tool that renews the tokens of the identity provider': '401 invalid_token',
  // Assertions live for minutes.
  'an introspection by a client that signs': '401 invalid_client',
}
/** What it says that is an hour behind. */
const behind: Readonly<Record<string, string>> = {
  'an introspection by a client that signs': '401 invalid_client',
}

describe.each(flows)('$name at a process whose clock jumped', (flow) => {
  it.each([
    { skew: hour, answer: ahead[flow.name] ?? flow.success },
    { skew: -hour, answer: behind[flow.name] ?? flow.success },
  ])('does no lasting harm: $skew seconds', async ({ skew, answer }) => {
    const { world, right, ask } = await setScene(flow)
    const moved = startSkewed(world, skew)
    const said = await wordOf(await ask(moved))
    expect(said).toBe(answer)
    // What went well is not repeated.
    expect(said === flow.success ? said : await wordOf(await ask(right))).toBe(flow.success)
    const ends = [...right.events, ...moved.events].filter(({ type }) => type === 'grant.revoked')
    expect(ends).toHaveLength(flow.ends === 'client_request' ? 1 : 0)
  })
})

describe('tokens that a process issued whose clock had jumped', () => {
  it.each([hour, -hour])('are good, or can be refreshed, where the clock is right: %d seconds', async (skew) => {
    const world = createWorld()
    const right = startProcess(world)
    const issued = await login(world, right)
    const refreshed = await tokensOf(issued.clientId, await refresh(issued)(startSkewed(world, skew)))
    expect(await wordOf(await call(refreshed)(right))).toBe(skew > 0 ? '200' : '401 invalid_token')
    const again = await tokensOf(issued.clientId, await refresh(refreshed)(right))
    expect(await wordOf(await call(again)(right))).toBe('200')
    expect(await wordOf(await callUpstream(again)(right))).toBe('200')
  })

  it('end no more than the jump later', async () => {
    const world = createWorld()
    const right = startProcess(world)
    const issued = await login(world, right)
    const { accessToken, clientId, refreshToken } = await tokensOf(
      issued.clientId,
      await refresh(issued)(startSkewed(world, hour)),
    )
    const tokens = { accessToken, clientId, refreshToken }
    world.clock.advance(2 * hour - 1)
    expect(await wordOf(await call(tokens)(right))).toBe('200')
    world.clock.advance(1)
    expect(await wordOf(await call(tokens)(right))).toBe('401 invalid_token')
    world.clock.advance(30 * day - hour)
    expect(await wordOf(await refresh(tokens)(right))).toBe('400 invalid_grant')
  })
})

describe('a process whose clock was put back', () => {
  it('accepts an access token for no longer than the jump', async () => {
    const world = createWorld()
    const tokens = await login(world, startProcess(world))
    const late = startSkewed(world, -hour)
    world.clock.advance(2 * hour - 1)
    expect(await wordOf(await call(tokens)(late))).toBe('200')
    world.clock.advance(1)
    expect(await wordOf(await call(tokens)(late))).toBe('401 invalid_token')
  })

  it.each(flows.filter(({ spends }) => spends !== undefined))('does not accept twice: $name', async (flow) => {
    const { world, right, ask } = await setScene(flow)
    expect(await wordOf(await ask(right))).toBe(flow.success)
    expect(await wordOf(await ask(startSkewed(world, -hour)))).toBe(flow.spends?.answer)
  })

  it.each(flows.filter(({ name }) => name === 'a code' || name.startsWith('the return')))(
    'does not accept what the database has dropped: $name',
    async (flow) => {
      const { world, ask } = await setScene(flow)
      world.clock.advance(600)
      expect(await wordOf(await ask(startSkewed(world, -hour)))).toBe(flow.spends?.answer)
    },
  )
})
