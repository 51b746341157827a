import { createMemoryStore } from '@mcp-auth/express'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { outage, outcome, tryLater, visible } from './support/answers.ts'
import { type Answer, createBrowser } from './support/browser.ts'
import {
  authorize,
  callMCP,
  login,
  newClient,
  newPKCE,
  openConsent,
  redeem,
  refresh,
  signIn,
} from './support/client.ts'
import { revoke } from './support/revocation.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { createOutage, driverMessage, type Outage, type StoreStep } from './support/stores.ts'
import { discordTool } from './support/tool.ts'

let server: TestServer
let store: Outage
beforeEach(async () => {
  store = createOutage()
  server = await startTestServer({ mcp: discordTool, wrapStore: store.wrap })
  server.discord.settings.expiresIn = 7200
})
afterEach(async () => await server.close())

/** A request that works with a store that works, and can be repeated when it failed. */
type Ask = () => Promise<Answer>

interface Row {
  readonly name: string
  /** Everything the request does at the store and that it can repeat: a step more or less shows here. */
  readonly steps: readonly StoreStep[]
  /** Steps whose failure has a test of its own. */
  readonly others?: readonly StoreStep[]
  readonly prepare: () => Promise<Ask>
  readonly success: string
}

const rows: readonly Row[] = [
  {
    name: 'an approval',
    steps: ['set transaction', 'set consent'],
    success: '303',
    prepare: async () => {
      const browser = createBrowser()
      const page = await openConsent(server, await newClient(server), browser)
      return async () => await browser.submit(page, { decision: 'approve' })
    },
  },
  {
    name: 'a denial',
    steps: ['set consent'],
    success: '303',
    prepare: async () => {
      const browser = createBrowser()
      const page = await openConsent(server, await newClient(server), browser)
      return async () => await browser.submit(page, { decision: 'deny' })
    },
  },
  {
    name: 'the return from Discord',
    steps: ['get transaction', 'take transaction'],
    others: ['get subject', 'set subject', 'set grant'],
    success: '303',
    prepare: async () => {
      const browser = createBrowser()
      const callback = await signIn(server, browser, await openConsent(server, await newClient(server), browser))
      return async () => await browser.load(callback)
    },
  },
  {
    name: 'a code',
    steps: ['get grant', 'get subject', 'compareAndSwap subject', 'compareAndSwap grant'],
    success: '200',
    prepare: async () => {
      const authorization = await authorize(server)
      return async () => await redeem(server, authorization)
    },
  },
  {
    name: 'a refresh',
    steps: ['get grant', 'compareAndSwap grant'],
    success: '200',
    prepare: async () => {
      const tokens = await login(server)
      return async () => await refresh(server, tokens.client, tokens.refresh_token)
    },
  },
  {
    name: 'a refresh that renews the tokens at Discord',
    steps: ['get grant', 'set lease', 'compareAndSwap grant'],
    others: ['get lease', 'compareAndSwap lease'],
    success: '200',
    prepare: async () => {
      const tokens = await login(server)
      server.clock.advance(7200)
      return async () => await refresh(server, tokens.client, tokens.refresh_token)
    },
  },
  {
    name: 'a call of the MCP endpoint',
    steps: ['get grant'],
    success: '200',
    prepare: async () => {
      const tokens = await login(server)
      return async () => await callMCP(server, tokens.access_token)
    },
  },
  {
    name: 'a tool that needs a new token of Discord',
    steps: ['get grant', 'set lease', 'compareAndSwap grant'],
    others: ['get lease', 'compareAndSwap lease'],
    success: '200',
    prepare: async () => {
      server.discord.settings.expiresIn = 1000
      const tokens = await login(server)
      server.clock.advance(1000)
      return async () => await callMCP(server, tokens.access_token)
    },
  },
  {
    name: 'a revocation',
    steps: ['get grant', 'compareAndSwap grant', 'get subject', 'compareAndSwap subject'],
    success: '200',
    prepare: async () => {
      const tokens = await login(server)
      return async () => await revoke(server, tokens.client, tokens.refresh_token)
    },
  },
]

it.each(rows)('D9 knows every step that $name takes at the store', async ({ prepare, steps, others = [], success }) => {
  const ask = await prepare()
  const before = store.steps.length
  expect(outcome(await ask())).toBe(success)
  expect(new Set(store.steps.slice(before))).toEqual(new Set([...steps, ...others]))
})

const cases = rows.flatMap((row) => [
  ...row.steps.map((step): [string, string, readonly StoreStep[], Row] => [row.name, `fails at ${step}`, [step], row]),
  [row.name, 'is away', [], row] as [string, string, readonly StoreStep[], Row],
])

it.each(cases)('D9 answers %s with 503 while the store %s, and then it works', async (_name, _how, steps, row) => {
  const ask = await row.prepare()
  store.start(...steps)
  const failed = await ask()
  store.end()
  expect(tryLater(failed)).toEqual(outage)
  expect(visible(failed)).not.toContain(driverMessage.slice(-10))
  expect(outcome(await ask())).toBe(row.success)
  expect(server.events.flatMap((event) => (event.type === 'grant.revoked' ? [event.reason] : []))).toEqual(
    row.name === 'a revocation' ? ['client_request'] : [],
  )
})

it.each(rows.filter(({ steps }) => steps.includes('set lease')))(
  'D9 keeps what Discord issued when the store takes no write for $name, however often and long',
  async ({ prepare, success }) => {
    const ask = await prepare()
    for (const pause of [1, 60, 300]) {
      store.start('compareAndSwap grant')
      expect(tryLater(await ask())).toEqual(outage)
      store.end()
      server.clock.advance(pause)
    }
    expect(outcome(await ask())).toBe(success)
    expect(server.discord.requestsTo('refresh')).toHaveLength(1)
  },
)

it.each(
  rows
    .filter(({ steps }) => steps.includes('set lease'))
    .flatMap((row) => (row.others ?? []).map((step): [string, StoreStep, Row] => [row.name, step, row])),
)('D9 finishes %s although the store fails at "%s", where the lease is given back', async (_name, step, row) => {
  const ask = await row.prepare()
  store.start(step)
  expect(outcome(await ask())).toBe(row.success)
  store.end()
  expect(server.discord.requestsTo('refresh')).toHaveLength(1)
})

it.each<StoreStep>(['get subject', 'set subject', 'set grant'])(
  'D9 sends the client back with temporarily_unavailable when a sign-in ends and the store fails at %s',
  async (step) => {
    const client = await newClient(server)
    const browser = createBrowser()
    const callback = await signIn(server, browser, await openConsent(server, client, browser))
    store.start(step)
    const answer = await browser.load(callback)
    store.end()
    const parameters = Object.fromEntries(new URL(answer.location ?? '').searchParams)
    expect(answer.status).toBe(303)
    expect(parameters).toEqual({
      error: 'temporarily_unavailable',
      error_description: expect.any(String),
      iss: server.origin,
      state: 'client-state',
    })
    expect((await redeem(server, await authorize(server, { client, browser }))).status).toBe(200)
  },
)

it.each(rows.filter(({ name }) => /refresh|tool|revocation/.test(name)))(
  'D9 finishes $name although the answer of the store to its write was lost',
  async ({ prepare, success }) => {
    const ask = await prepare()
    store.loseAnswers('compareAndSwap grant')
    expect(tryLater(await ask())).toEqual(outage)
    store.end()
    expect(outcome(await ask())).toBe(success)
    expect(server.discord.requestsTo('refresh').length).toBeLessThanOrEqual(1)
  },
)

it('D9 C1 issues nothing twice when the answer of the store to a redeemed code was lost', async () => {
  const authorization = await authorize(server)
  store.loseAnswers('compareAndSwap grant')
  expect(tryLater(await redeem(server, authorization))).toEqual(outage)
  store.end()
  expect(outcome(await redeem(server, authorization))).toBe('400 invalid_grant')
  expect(server.events.filter(({ type }) => type === 'token.issued')).toEqual([])
})

it('D9 needs no store for discovery, registration, the consent page and refusals of what cannot be a token', async () => {
  store.start()
  const client = await newClient(server)
  expect((await openConsent(server, client, createBrowser())).status).toBe(200)
  expect(outcome(await callMCP(server))).toBe('401 undefined')
  expect(outcome(await callMCP(server, 'no-token-of-ours'))).toBe('401 invalid_token')
  expect(outcome(await refresh(server, client, 'no-token-of-ours'))).toBe('400 invalid_grant')
  const nothing = { grant_type: 'authorization_code', code: 'no-code-of-ours' }
  const authorization = { ...(await neverAuthorized()), client }
  expect(outcome(await redeem(server, authorization, nothing))).toBe('400 invalid_grant')
  expect((await revoke(server, client, 'no-token-of-ours')).status).toBe(200)
})

async function neverAuthorized(): Promise<Omit<Awaited<ReturnType<typeof authorize>>, 'client'>> {
  const answer = await callMCP(server)
  return { answer, parameters: new URLSearchParams(), code: '', verifier: newPKCE().verifier }
}

it('D9 wipes no verified token from memory: a token is fine again with the store', async () => {
  const tokens = await login(server)
  store.start()
  const during = [await callMCP(server, tokens.access_token), await callMCP(server, tokens.access_token)]
  store.end()
  expect(during.map(tryLater)).toEqual([outage, outage])
  expect((await callMCP(server, tokens.access_token)).status).toBe(200)
  expect(server.calls).toHaveLength(1)
})

it('D9 answers a full store with 503 as well, and what exists goes on working', async () => {
  await server.close()
  server = await startTestServer({ wrapStore: () => createMemoryStore({ maxBytes: 8000 }) })
  const tokens = await login(server)
  const client = await newClient(server)
  const answers: Answer[] = []
  for (let n = 0; n < 10; n += 1) {
    const browser = createBrowser()
    const page = await openConsent(server, client, browser)
    answers.push(await browser.submit(page, { decision: 'approve' }))
  }
  expect(answers.at(0)?.status).toBe(303)
  expect(tryLater(answers.at(-1) ?? tokens.authorization.answer)).toEqual(outage)
  const kinds = server.events.flatMap((event) => (event.type === 'store.full' ? [event.kind] : []))
  expect(kinds).not.toEqual([])
  expect(kinds).toHaveLength(new Set(kinds).size)
  expect((await callMCP(server, tokens.access_token)).status).toBe(200)
  expect((await refresh(server, tokens.client, tokens.refresh_token)).status).toBe(200)
})
