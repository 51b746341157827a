import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuditLog, openAuditLog, verifyAuditLog } from '@mcp-auth/core/node'
import { combineListeners, openTelemetryListener } from '@mcp-auth/express'
import { leakMarker } from '@mcp-auth/provider-discord/mocks'
import type { RequestHandler } from 'express'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type RecordedTelemetry, recordTelemetry } from '../../core/test/telemetry/support/recorded-telemetry.ts'
import { createBrowser, send } from './support/browser.ts'
import {
  authorize,
  callMCP,
  login,
  newClient,
  newPKCE,
  openConsent,
  redeem,
  refresh,
  register,
  signIn,
  type TestClient,
  type TestTokens,
  tokenRequest,
} from './support/client.ts'
import { postConsent } from './support/consent.ts'
import {
  leaksIn,
  recordAnswers,
  recordOutput,
  recordStore,
  type Secrets,
  type SentAnswer,
  secretsOf,
} from './support/leak-watch.ts'
import { revoke } from './support/revocation.ts'
import { type ListeningServer, startTestServer, testSecret } from './support/server.ts'
import { createOutage, driverMessage } from './support/stores.ts'
import { discordTool } from './support/tool.ts'
import { callTool, createToolServer } from './support/tool-server.ts'

const operatorSecret = 'secret-of-the-client-that-the-operator-registered'
const known = { client_id: 'known-client', client_secret: operatorSecret }
const confidential = { token_endpoint_auth_method: 'client_secret_post' }

/** Everything the server let out, and every secret that it must not have. */
let answers: SentAnswer[]
let output: string[]
let events: string
let eventCount: number
let secrets: Secrets
const dump: string[] = []

const folder = mkdtempSync(join(tmpdir(), 'leaks-'))
const auditPath = join(folder, 'audit.log')
let audit: AuditLog
let telemetry: RecordedTelemetry
/** What an exporter gets to see. */
const telemetryText = (): string => JSON.stringify([telemetry.spans, telemetry.points, [...telemetry.instruments]])

const outage = createOutage()
/** Whether functions of the operator throw. */
let operatorTrouble = false
const operatorFunction = (): void => {
  if (operatorTrouble) throw new Error(`${driverMessage} ${testSecret}`)
}
const given = new Map([
  [testSecret, 'root secret'],
  [operatorSecret, 'secret of a known client'],
])
const remember = (tokens: TestTokens): TestTokens => {
  given.set(tokens.authorization.verifier, 'verifier of a client')
  return tokens
}

/** Sign-ins that go well, with every kind of client, and a tool that works at Discord. */
async function success(server: ListeningServer): Promise<void> {
  for (const metadata of [{}, confidential, { token_endpoint_auth_method: 'client_secret_basic' }]) {
    const client = await newClient(server, metadata)
    const tokens = remember(await login(server, { client }))
    await callMCP(server, tokens.access_token)
    const refreshed = await refresh(server, client, tokens.refresh_token)
    await refresh(server, client, tokens.refresh_token)
    await callMCP(server, String(refreshed.json()['access_token']))
    await revoke(server, client, String(refreshed.json()['refresh_token']))
    await callMCP(server, tokens.access_token)
  }
  const credentials = `Basic ${Buffer.from(`${known.client_id}:${operatorSecret}`).toString('base64')}`
  const { access_token: token } = remember(await login(server))
  const headers = { authorization: credentials, 'content-type': 'application/x-www-form-urlencoded' }
  await send(`${server.origin}/introspect`, { method: 'POST', headers, body: `token=${token}` })
  await send(`${server.origin}/introspect`, { method: 'POST', headers, body: `token=${server.discord.secrets[0]}` })
}

/** What people and clients do wrong with secrets that are good, and thieves with secrets that were. */
async function misuse(server: ListeningServer): Promise<void> {
  const client = await newClient(server, confidential)
  const stranger = await newClient(server)
  const authorization = await authorize(server, { client })
  given.set(authorization.verifier, 'verifier of a client')
  await redeem(server, { ...authorization, client: stranger })
  await redeem(server, { ...authorization, client: { ...client, client_secret: operatorSecret } })
  await redeem(server, authorization, { resource: 'https://other.example/' })
  await redeem(server, authorization, { code: [authorization.code, authorization.code] })
  const tokens = (await redeem(server, authorization)).json() as { access_token: string; refresh_token: string }
  await redeem(server, authorization)
  await callMCP(server, tokens.access_token)
  await refresh(server, client, tokens.refresh_token)

  const wrongVerifier = await authorize(server, { client })
  given.set(wrongVerifier.verifier, 'verifier of a client')
  await redeem(server, wrongVerifier, { code_verifier: newPKCE().verifier })
  await redeem(server, wrongVerifier, { code_verifier: `${wrongVerifier.verifier} ` })

  const reused = remember(await login(server, { client }))
  await refresh(server, stranger, reused.refresh_token)
  await refresh(server, client, reused.refresh_token, { scope: 'identify guilds' })
  await refresh(server, client, reused.refresh_token)
  server.clock.advance(60)
  await refresh(server, client, reused.refresh_token)

  const misplaced = remember(await login(server))
  for (const secret of [
    misplaced.access_token,
    misplaced.refresh_token,
    server.discord.secrets[0] ?? '',
    operatorSecret,
  ]) {
    await misplace(server, misplaced.client, secret)
  }
}

/** Shows a secret wherever it does not belong. */
async function misplace(server: ListeningServer, client: TestClient, secret: string): Promise<void> {
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  await callMCP(server, undefined, { headers: { authorization: `Bearer ${secret}, Bearer ${secret}` } })
  await callMCP(server, undefined, { headers: { authorization: `Bearer "${secret}"` } })
  await callMCP(server, secret, { headers: { host: 'evil.example' } })
  await callMCP(server, secret, { headers: { origin: `https://${secret.slice(0, 40).toLowerCase()}.example` } })
  await send(`${server.mcpURL}?access_token=${secret}`)
  for (const path of ['/authorize', '/auth/callback', '/token', '/register', '/consent', '/jwks']) {
    await send(
      `${server.origin}${path}?client_id=${secret}&state=${secret}&code=${secret}&error=${secret}&error_description=${secret}`,
    )
    await send(server.origin + path, {
      method: 'POST',
      headers: { ...form, cookie: `mcpauth-x=${secret}` },
      body: `consent=${secret}&decision=approve&grant_type=${secret}`,
    })
    await send(server.origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"redirect_uris":["${secret}`,
    })
    await send(server.origin + path, { method: 'PUT', headers: { authorization: `Basic ${secret}` }, body: secret })
  }
  for (const name of ['client_id', 'client_secret', 'grant_type', 'code', 'scope', 'resource', 'code_verifier']) {
    await tokenRequest(server, client, { grant_type: 'refresh_token', refresh_token: 'x', [name]: secret })
  }
  await tokenRequest(
    server,
    client,
    { grant_type: 'x' },
    { authorization: `Basic ${Buffer.from(`x:${secret}`).toString('base64')}` },
  )
  await tokenRequest(server, { client_id: '' }, { token: secret, body: 'x'.repeat(70_000) })
}

/** Sign-ins that are refused, by the person, by us, or by Discord in every way it has. */
async function denials(server: ListeningServer): Promise<void> {
  const client = await newClient(server)
  const browser = createBrowser()
  const denied = await openConsent(server, client, browser)
  await postConsent(browser, denied, { decision: 'deny' })
  await postConsent(browser, denied)
  await postConsent(createBrowser(), await openConsent(server, client, browser))
  await postConsent(browser, await openConsent(server, client, browser), {}, { origin: 'https://evil.example' })
  const page = await openConsent(server, client, browser)
  const callback = await signIn(server, browser, page)
  await createBrowser().load(callback)
  await browser.load(callback)
  await browser.load(callback)
  server.discord.settings.deny = true
  await authorize(server)
  server.discord.settings.deny = false
  for (const endpoint of ['token', 'currentUser', 'currentAuthorization'] as const) {
    for (const fault of ['400', '401', '429', '500', '503', 'html', 'garbage', 'empty', 'lost'] as const) {
      server.discord.fail(endpoint, fault, 1)
      await authorize(server, { client })
      server.discord.recover()
    }
  }
}

/** Tools that are called, that fail, that are denied and that are not there, with secrets for parameters. */
async function toolCalls(server: ListeningServer): Promise<void> {
  const client = await newClient(server, confidential)
  const { access_token: token, refresh_token: refreshToken } = remember(await login(server, { client }))
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  for (const secret of [token, refreshToken, server.discord.secrets[0] ?? '', testSecret, operatorSecret]) {
    const parameters = { topic: 'weather', text: secret, password: secret, [secret]: secret, deep: { list: [secret] } }
    for (const name of ['echo', 'broken', 'guilds_only', 'admins_only', 'absent']) {
      await callTool(server, token, name, parameters, { traceparent })
      await callTool(server, token, name, { topic: [secret], text: 5 }, { traceparent: secret, tracestate: secret })
    }
  }
  await callTool(server, `${token}x`, 'echo', { text: token })
  await callTool(server, undefined, 'echo', { text: token })
}

/** Discord fails later: at a refresh and in a tool. */
async function upstreamFaults(server: ListeningServer): Promise<void> {
  for (const fault of ['500', '429', 'html', 'garbage', '401', '400'] as const) {
    server.discord.settings.expiresIn = 30
    const tokens = remember(await login(server))
    server.discord.fail('refresh', fault)
    await callMCP(server, tokens.access_token)
    await refresh(server, tokens.client, tokens.refresh_token)
    server.discord.recover()
    await callMCP(server, tokens.access_token)
  }
  server.discord.settings.expiresIn = 604_800
}

/** The store is away at each step; then functions of the operator throw; then the root secret is another. */
async function ownFaults(server: ListeningServer): Promise<void> {
  const client = await newClient(server, confidential)
  const tokens = remember(await login(server, { client }))
  const browser = createBrowser()
  const page = await openConsent(server, client, browser)
  const callback = await signIn(server, browser, await openConsent(server, client, browser))
  const authorization = await authorize(server, { client })
  given.set(authorization.verifier, 'verifier of a client')
  outage.start()
  await callMCP(server, tokens.access_token)
  await refresh(server, client, tokens.refresh_token)
  await redeem(server, authorization)
  await revoke(server, client, tokens.refresh_token)
  await postConsent(browser, page)
  await browser.load(callback)
  outage.end()
  operatorTrouble = true
  await callMCP(server, tokens.access_token)
  await register(server, { client_name: tokens.access_token })
  operatorTrouble = false
  await server.auth.replaceSecret('YW5vdGhlci1yb290LXNlY3JldC1mb3ItbWNwLWF1dGg')
  given.set('YW5vdGhlci1yb290LXNlY3JldC1mb3ItbWNwLWF1dGg', 'next root secret')
  await callMCP(server, tokens.access_token)
  await redeem(server, authorization)
  await tokenRequest(server, client, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
  await browser.load(callback)
}

beforeAll(async () => {
  // What Express logs and shows of an error it logs and shows in development only.
  vi.stubEnv('NODE_ENV', 'development')
  output = recordOutput()
  const store = recordStore(dump)
  audit = openAuditLog({ path: auditPath, hashChain: true })
  telemetry = recordTelemetry()
  let tools: RequestHandler | undefined
  const server = await startTestServer({
    wrapStore: (inner) => outage.wrap(store(inner)),
    mcp: (request, response, next) => {
      const handler = request.headers['mcp-method'] === undefined ? discordTool : tools
      return handler?.(request, response, next)
    },
    onEvent: combineListeners(
      audit.listener,
      openTelemetryListener({ ...telemetry, includeSubject: true, includeResourceURI: true }),
    ),
    clients: [{ ...known, redirect_uris: ['http://127.0.0.1:32767/callback'] }],
    rateLimit: () => {
      operatorFunction()
      return undefined
    },
    roles: () => {
      operatorFunction()
      return []
    },
  })
  tools = createToolServer(server.auth)
  answers = recordAnswers(server.http)
  for (const part of [success, misuse, denials, toolCalls, upstreamFaults, ownFaults]) await part(server)
  await server.close()
  audit.close()
  events = JSON.stringify(server.events)
  eventCount = server.events.length
  secrets = secretsOf(server, answers, given)
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
}, 60_000)
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const refusals = (): SentAnswer[] =>
  answers.filter(({ status, headers }) => status >= 400 || /[?&]error=/.test(headers))

describe('the watch sees enough to be believed', () => {
  it('saw every kind of secret, many times', () => {
    const kinds = new Map<string, number>()
    for (const kind of secrets.values()) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    expect([...kinds.keys()].sort()).toEqual([
      'Discord client secret',
      'Discord token or code',
      'access_token',
      'client_secret',
      'code',
      'consent',
      'cookie',
      'next root secret',
      'refresh_token',
      'root secret',
      'secret of a known client',
      'state towards Discord',
      'verifier of a client',
      'verifier towards Discord',
    ])
    expect(secrets.size).toBeGreaterThan(300)
  })

  it('finds the secrets where they belong: in token answers, pages, cookies and redirects', () => {
    const succeeded = answers.filter((answer) => !refusals().includes(answer))
    const found = new Set(succeeded.flatMap(({ headers, body }) => leaksIn(headers + body, secrets)))
    for (const kind of [
      'access_token',
      'refresh_token',
      'client_secret',
      'code',
      'consent',
      'cookie',
      'state towards Discord',
    ]) {
      expect(found).toContain(kind)
    }
  })

  it('finds a secret in any of its forms', () => {
    for (const [secret, kind] of given) {
      for (const text of [`x${secret}x`, encodeURIComponent(`a=${secret}`), JSON.stringify({ secret })]) {
        expect(leaksIn(text, secrets)).toContain(kind)
      }
    }
  })

  it('saw refusals of every endpoint, with every status there is', () => {
    expect(new Set(refusals().map(({ status }) => status))).toEqual(new Set([303, 400, 401, 403, 405, 413, 500, 503]))
    const endpoints = ['/authorize', '/auth/callback', '/consent', '/token', '/register', '/revoke', '/jwks', '/mcp']
    const refusing = refusals().map(({ request }) => request.split(' ')[1])
    for (const endpoint of endpoints) expect(refusing).toContain(endpoint)
    expect(refusals().length).toBeGreaterThan(200)
  })

  it('saw events of every kind and records of every kind', () => {
    for (const type of [
      'client.registered',
      'consent.denied',
      'login.failed',
      'token.refreshed',
      'upstream.failed',
      'grant.revoked',
      'request.refused',
      'server.failed',
      'tool.called',
      'tool.denied',
    ]) {
      expect(events).toContain(`"type":"${type}"`)
    }
    for (const kind of ['transaction:', 'consent:', 'grant:', 'lease:']) {
      expect(dump).toContainEqual(expect.stringMatching(new RegExp(`^${kind}`)))
    }
  })
})

describe('the audit log and telemetry of that run', () => {
  const lines = (): string[] => readFileSync(auditPath, 'utf8').trimEnd().split('\n')

  it('have every event, and tell how every call of a tool ended', async () => {
    expect(await verifyAuditLog(auditPath, { requireChain: true })).toMatchObject({ intact: true, chained: eventCount })
    const calls = lines()
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event }) => String(event).startsWith('tool.'))
    for (const [tool, event, how] of [
      ['echo', 'tool.called', { outcome: 'ok' }],
      ['broken', 'tool.called', { outcome: 'error' }],
      ['guilds_only', 'tool.denied', { reason: 'scope_missing', missing_scopes: ['guilds'] }],
      ['admins_only', 'tool.denied', { reason: 'role_missing', missing_roles: ['admin'] }],
    ] as const) {
      const own = calls.filter((call) => call['tool'] === tool)
      expect(own).toHaveLength(10)
      for (const call of own) expect(call).toMatchObject({ event, ...how, client_id: expect.any(String) })
      expect(own[0]).toMatchObject({ parameters: { topic: 'weather', text: expect.any(Number), _omitted: 3 } })
    }
    expect(telemetry.points.filter(({ instrument }) => instrument === 'mcp_auth.events')).toHaveLength(eventCount)
    expect(telemetry.spans).toHaveLength(calls.length)
  })

  it('D8 hold no secret', () => {
    expect(leaksIn(lines().join('\n'), secrets)).toEqual([])
    expect(leaksIn(telemetryText(), secrets)).toEqual([])
  })

  it('would be found to hold one, had there been a single one in a single line', () => {
    const path = join(folder, 'planted.log')
    const planted = openAuditLog({ path, hashChain: true })
    const ofEachKind = new Map([...secrets].map(([secret, kind]) => [kind, secret]))
    for (const [kind, secret] of ofEachKind) planted.write({ event: kind, details: { text: `a ${secret} b` } })
    planted.close()
    const texts = readFileSync(path, 'utf8').trimEnd().split('\n')
    expect(texts).toHaveLength(ofEachKind.size)
    for (const text of texts) expect(leaksIn(text, secrets)).toContain(JSON.parse(text).event)
  })
})

it('A112 D8 puts no secret into an event', () => expect(leaksIn(events, secrets)).toEqual([]))

it('A112 D8 puts no secret into the output of the process, and nothing else either', () => {
  expect(leaksIn(output.join('\n'), secrets)).toEqual([])
  expect(output).toEqual([])
})

it('C5 D8 puts no secret into the store, neither in keys nor in values', () => {
  expect(leaksIn(dump.join('\n'), secrets)).toEqual([])
})

it('A112 puts no secret into an answer that refuses', () => {
  const leaking = refusals().flatMap(({ request, status, headers, body }) =>
    leaksIn(headers + body, secrets).map((kind) => `${kind} in ${status} of ${request}`),
  )
  expect(leaking).toEqual([])
})

it('A016 A112 puts nothing of Discord and nothing of our own keys into any answer', () => {
  const hidden = /^(?:Discord|verifier|root|next root|secret of)/
  const ours = new Map([...secrets].filter(([, kind]) => hidden.test(kind)))
  expect(ours.size).toBeGreaterThan(50)
  expect(
    answers.flatMap(({ request, headers, body }) =>
      leaksIn(headers + body, ours).map((kind) => `${kind} in ${request}`),
    ),
  ).toEqual([])
})

it("A112 shows nobody a stack, a driver's message or a word of Discord's, in answers, events and output", () => {
  const inside = new RegExp(`${leakMarker}|${driverMessage}|\\n\\s+at |node_modules|\\.ts:\\d|Error: `)
  const texts = [...answers.map(({ headers, body }) => headers + body), events, ...output]
  expect(texts.filter((text) => inside.test(text))).toEqual([])
})
