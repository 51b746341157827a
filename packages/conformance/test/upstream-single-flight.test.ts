import type { Store } from '@mcp-auth/express'
import { afterEach, expect, it } from 'vitest'
import { holdDeadlines } from '../../testing/src/support/deadlines.ts'
import { outage, outcome, tryLater } from './support/answers.ts'
import type { Answer } from './support/browser.ts'
import { callMCP, login, refresh, type TestTokens } from './support/client.ts'
import { startTestServer, type TestServer, type TestServerOptions } from './support/server.ts'
import { createOutage, hookStore, type StoreStep, slowStore } from './support/stores.ts'
import { discordTool } from './support/tool.ts'
import { startTwin } from './support/twin.ts'

const crowd = 50
const upstreamSeconds = 1000

let server: TestServer
let others: TestServer[] = []
afterEach(async () => {
  for (const other of others) await other.close()
  others = []
  await server.close()
})

/** Processes on one slow store, with a tool that uses Discord. */
async function startProcesses(count: number, options: TestServerOptions = {}): Promise<TestServer[]> {
  let shared: Store | undefined
  const wrapStore = (store: Store): Store => (shared = slowStore(store))
  server = await startTestServer({ mcp: discordTool, wrapStore, ...options })
  server.discord.settings.expiresIn = upstreamSeconds
  for (let n = 1; n < count; n += 1) {
    if (shared) others.push(await startTwin(server, { mcp: discordTool, store: shared, ...options }))
  }
  return [server, ...others]
}

/** The same many times at once, in turn to each process. */
async function parallel(processes: readonly TestServer[], ask: (at: TestServer) => Promise<Answer>): Promise<Answer[]> {
  return await Promise.all(Array.from({ length: crowd }, (_, n) => ask(processes[n % processes.length] ?? server)))
}

const bodies = (answers: readonly Answer[]): unknown[] => [...new Set(answers.map(({ text }) => text))]
const renewals = (): number => server.discord.requestsTo('refresh').length

it.each([1, 2, 3])('A098 renews the tokens at Discord once for 50 tools at once, in %d process(es)', async (count) => {
  const processes = await startProcesses(count)
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  const answers = await parallel(processes, (at) => callMCP(at, tokens.access_token))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: crowd }, () => 200))
  expect(bodies(answers)).toHaveLength(1)
  expect(answers[0]?.json()['status']).toBe(200)
  expect(renewals()).toBe(1)
})

it.each([1, 2])('A098 renews the tokens at Discord once for 50 refreshes at once, in %d process(es)', async (count) => {
  const processes = await startProcesses(count)
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  const answers = await parallel(processes, (at) => refresh(at, tokens.client, tokens.refresh_token))
  expect(new Set(answers.map(outcome))).toEqual(new Set(['200']))
  expect(bodies(answers)).toHaveLength(1)
  expect(renewals()).toBe(1)
})

it('A098 renews the tokens at Discord once for tools and refreshes together, while Discord is slow', async () => {
  const processes = await startProcesses(2)
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  server.discord.settings.latency = async () => await new Promise((resolve) => setTimeout(resolve, 20))
  const both = await Promise.all([
    parallel(processes, (at) => callMCP(at, tokens.access_token)),
    parallel(processes, (at) => refresh(at, tokens.client, tokens.refresh_token)),
  ])
  expect(new Set(both.flat().map(outcome))).toEqual(new Set(['200']))
  expect(renewals()).toBe(1)
})

it.each([1, 2])(
  'A098 renews a token once that Discord refuses before its time to 50 tools at once, in %d process(es)',
  async (count) => {
    const processes = await startProcesses(count)
    const tokens = await login(server)
    const before = await callMCP(server, tokens.access_token)
    server.discord.dropAccessTokens()
    const answers = await parallel(processes, (at) => callMCP(at, tokens.access_token))
    expect(answers.map((answer) => answer.json()['status'])).toEqual(Array.from({ length: crowd }, () => 200))
    expect(bodies(answers)).toHaveLength(1)
    expect(bodies(answers)).not.toContain(before.text)
    expect(renewals()).toBe(1)
  },
)

/** Holds what is asked of Discord's token endpoint until the whole crowd waits for it. */
function createGathering(): { wrapStore: (store: Store) => Store; begin: (whenAllWait?: () => void) => void } {
  let reads = 0
  let open: () => void = () => {}
  const everybodyAsked = new Promise<void>((resolve) => (open = resolve))
  // One read at the gate and one for the token, by each of the crowd, and two by the one that renews.
  const after = (step: StoreStep): void => {
    if (step === 'get grant' && (reads += 1) === 2 * crowd + 2) open()
  }
  const begin = (whenAllWait: () => void = () => {}): void => {
    reads = 0
    server.discord.settings.latency = async ({ endpoint }) => {
      if (endpoint !== 'refresh') return
      await everybodyAsked
      whenAllWait()
    }
  }
  return { wrapStore: (store) => hookStore(store, { after }), begin }
}

it('A098 renews tokens once for 50 tools at once even if they live shorter than our margin', async () => {
  const { wrapStore, begin } = createGathering()
  await startProcesses(1, { wrapStore })
  server.discord.settings.expiresIn = 30
  const tokens = await login(server)
  begin()
  const answers = await parallel([server], (at) => callMCP(at, tokens.access_token))
  expect(answers.map((answer) => answer.json()['status'])).toEqual(Array.from({ length: crowd }, () => 200))
  expect(renewals()).toBe(1)
})

it('A098 renews each user’s tokens on their own', async () => {
  const processes = await startProcesses(2)
  const sessions = [await login(server), await login(server), await login(server)]
  server.clock.advance(upstreamSeconds)
  const ask = async (tokens: TestTokens): Promise<Answer[]> =>
    await Promise.all(processes.map((at) => callMCP(at, tokens.access_token)))
  const answers = await Promise.all(sessions.map(ask))
  expect(answers.map((pair) => bodies(pair).length)).toEqual([1, 1, 1])
  expect(bodies(answers.flat())).toHaveLength(3)
  expect(renewals()).toBe(3)
})

it.each(['503', 'hang'] as const)('A097 asks Discord once for 50 tools at once when it answers %s', async (fault) => {
  const { wrapStore, begin } = createGathering()
  const deadlines = holdDeadlines()
  await startProcesses(1, { wrapStore })
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  server.discord.fail('refresh', fault)
  begin(fault === 'hang' ? deadlines.endSoon : undefined)
  const answers = await parallel([server], (at) => callMCP(at, tokens.access_token))
  expect(answers.map(tryLater)).toEqual(Array.from({ length: crowd }, () => outage))
  expect(renewals()).toBe(1)
  server.discord.recover()
  server.discord.settings.latency = undefined
  expect((await callMCP(server, tokens.access_token)).json()['status']).toBe(200)
})

/** A process that dies with the lease in its hand, before it reached Discord, and one that lives. */
async function startWithDeadHolder(
  timeoutSeconds: number,
): Promise<{ tokens: TestTokens; waits: () => Promise<void> }> {
  let shared: Store | undefined
  let isDead = false
  let waited = 0
  let noticed: () => void = () => {}
  const after = (step: StoreStep): void => {
    if (step === 'set lease' && (waited += 1) >= 2) noticed()
  }
  const wrapStore = (store: Store): Store => hookStore((shared = store), { after })
  server = await startTestServer({ mcp: discordTool, wrapStore, upstreamTimeoutSeconds: timeoutSeconds })
  server.discord.settings.expiresIn = upstreamSeconds
  const tokens = await login(server)
  const dying = hookStore(shared as Store, {
    before: () => {
      if (isDead) throw new Error('this process is no more')
    },
    after: (step) => {
      isDead ||= step === 'set lease'
    },
  })
  const holder = await startTwin(server, { mcp: discordTool, store: dying, upstreamTimeoutSeconds: timeoutSeconds })
  others.push(holder)
  server.clock.advance(upstreamSeconds)
  expect((await callMCP(holder, tokens.access_token)).status).toBe(503)
  expect([isDead, renewals()]).toEqual([true, 0])
  const waits = async (): Promise<void> => await new Promise((resolve) => (noticed = resolve))
  return { tokens, waits }
}

it('A097 takes over from a process that died while it renewed tokens, once its lease has ended', async () => {
  const { tokens, waits } = await startWithDeadHolder(30)
  const waiting = waits()
  const call = callMCP(server, tokens.access_token)
  await waiting
  expect(renewals()).toBe(0)
  server.clock.advance(40)
  expect((await call).json()['status']).toBe(200)
  expect(renewals()).toBe(1)
})

it('A097 waits for the lease of a dead process no longer than for Discord, and takes over later', async () => {
  const { tokens } = await startWithDeadHolder(2)
  const answers = await parallel([server], (at) => callMCP(at, tokens.access_token))
  expect(answers.map(tryLater)).toEqual(Array.from({ length: crowd }, () => outage))
  const refused = await refresh(server, tokens.client, tokens.refresh_token)
  expect(tryLater(refused)).toEqual(outage)
  expect(renewals()).toBe(0)
  server.clock.advance(13)
  expect((await refresh(server, tokens.client, tokens.refresh_token)).status).toBe(200)
  expect(renewals()).toBe(1)
})

it('A097 keeps a session whose tokens another process renewed, when the slow holder of the lease comes too late', async () => {
  const processes = await startProcesses(2, { upstreamTimeoutSeconds: 30 })
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  let arrived: () => void = () => {}
  let resume: () => void = () => {}
  const isHeld = new Promise<void>((resolve) => (arrived = resolve))
  const held = new Promise<void>((resolve) => (resume = resolve))
  server.discord.settings.latency = async ({ endpoint }) => {
    if (endpoint !== 'refresh' || renewals() > 1) return
    arrived()
    await held
  }
  const slow = callMCP(server, tokens.access_token)
  await isHeld
  server.clock.advance(40)
  const fast = await callMCP(processes[1] ?? server, tokens.access_token)
  resume()
  expect(fast.json()['status']).toBe(200)
  expect((await slow).text).toBe(fast.text)
  expect((await callMCP(server, tokens.access_token)).text).toBe(fast.text)
  expect(renewals()).toBe(2)
})

it('A097 D9 needs not wait for a lease that could not be given back, since the tokens are new', async () => {
  const store = createOutage()
  let shared: Store | undefined
  server = await startTestServer({ mcp: discordTool, wrapStore: (inner) => store.wrap((shared = inner)) })
  server.discord.settings.expiresIn = upstreamSeconds
  others.push(await startTwin(server, { mcp: discordTool, store: shared as Store }))
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  store.start('compareAndSwap lease')
  expect((await callMCP(server, tokens.access_token)).json()['status']).toBe(200)
  expect((await callMCP(others[0] ?? server, tokens.access_token)).json()['status']).toBe(200)
  expect((await callMCP(server, tokens.access_token)).json()['status']).toBe(200)
  expect(renewals()).toBe(1)
})
