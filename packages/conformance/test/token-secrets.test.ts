import { fakeUsers } from '@mcp-auth/provider-discord/mocks'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { jwtPart, visible } from './support/answers.ts'
import { type Answer, createBrowser, send } from './support/browser.ts'
import {
  type Authorization,
  authorize,
  callMCP,
  login,
  newClient,
  openConsent,
  redeem,
  refresh,
  register,
  signIn,
  type TestClient,
} from './support/client.ts'
import { revoke } from './support/revocation.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { hookStore } from './support/stores.ts'
import { discordTool } from './support/tool.ts'

let server: TestServer
/** Every key and value that was ever written. */
let written: string[]
beforeEach(async () => {
  written = []
  const before = (_step: string, key: string, value = ''): void => void written.push(key, value)
  server = await startTestServer({ mcp: discordTool, wrapStore: (store) => hookStore(store, { before }) })
  server.discord.settings.expiresIn = 3600
})
afterEach(async () => await server.close())

interface Walk {
  readonly answers: readonly Answer[]
  readonly authorization: Authorization
  readonly tokens: readonly Record<string, unknown>[]
}

/** A whole life of a session, with every answer that anybody outside gets. */
async function walk(): Promise<Walk> {
  const registration = await register(server, { token_endpoint_auth_method: 'client_secret_post' })
  const client = registration.json() as unknown as TestClient
  const browser = createBrowser()
  const page = await openConsent(server, client, browser)
  const callback = await signIn(server, browser, page)
  const replayed = createBrowser()
  const foreign = await replayed.load(callback)
  const answer = await browser.load(callback)
  const again = await browser.load(callback)
  const parameters = new URL(answer.location ?? '').searchParams
  const authorization = { answer, parameters, code: parameters.get('code') ?? '', verifier: page.verifier, client }
  const redeemed = await redeem(server, authorization)
  const first = redeemed.json()
  // Close to the end of the tokens at Discord, so that both a refresh and a tool call must renew them.
  server.clock.advance(3590)
  const refreshed = await refresh(server, client, String(first['refresh_token']))
  const second = refreshed.json()
  server.clock.advance(3590)
  server.discord.dropAccessTokens()
  const called = await callMCP(server, String(second['access_token']))
  const refused = await callMCP(server, String(first['access_token']))
  const revoked = await revoke(server, client, String(second['refresh_token']))
  const ended = await refresh(server, client, String(second['refresh_token']))
  const documents = await Promise.all(
    ['/.well-known/oauth-authorization-server', '/jwks'].map((path) => send(server.origin + path)),
  )
  const answers = [registration, page, foreign, answer, again, redeemed, refreshed, called, refused, revoked, ended]
  return { answers: [...answers, ...documents], authorization, tokens: [first, second] }
}

it('A016 shows no code and no token of Discord in any answer, redirect or JWT', async () => {
  const { answers, tokens } = await walk()
  const jwts = tokens.map(({ access_token }) => String(access_token))
  const decoded = jwts.flatMap((jwt) => [jwtPart(jwt, 'header'), jwtPart(jwt, 'payload')])
  const seen = [...answers.map(visible), JSON.stringify(decoded)].join('\n')
  // One code, and two tokens each from the sign-in and from the renewals for the refresh and for the tool.
  expect(server.discord.secrets).toHaveLength(7)
  expect(server.discord.secrets.filter((secret) => seen.includes(secret))).toEqual([])
  expect(seen).not.toContain(server.discord.clientSecret)
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 403, 303, 400, 200, 200, 200, 401, 200, 400, 200, 200])
})

it('A016 puts nothing into an access token but what the RFC asks for, and nothing personal', async () => {
  const { access_token } = await login(server)
  expect(jwtPart(access_token, 'header')).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: expect.any(String) })
  const claims = jwtPart(access_token, 'payload')
  expect(Object.keys(claims).sort()).toEqual(['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'scope', 'sid', 'sub'])
  expect(claims['sub']).toBe('80351110224678912')
})

it('A016 sends no token, code, state or id of the MCP client to Discord', async () => {
  const { authorization, tokens } = await walk()
  const ours = tokens.flatMap(({ access_token, refresh_token }) => [String(access_token), String(refresh_token)])
  const { client, code, verifier } = authorization
  const sent = decodeURIComponent(JSON.stringify(server.discord.requests))
  const mine = [
    ...ours,
    code,
    verifier,
    client.client_id,
    String(client.client_secret),
    'client-state',
    ':32767/callback',
  ]
  expect(mine.filter((secret) => sent.includes(secret))).toEqual([])
  expect(server.discord.requests.map(({ endpoint }) => endpoint).join(' ')).toBe(
    'authorize token currentAuthorization currentUser ' +
      'refresh currentAuthorization currentUser refresh currentUser revoke',
  )
})

it('A016 sends Discord only its own tokens as Bearer credentials', async () => {
  await walk()
  const bearers = server.discord.requests.flatMap(
    ({ headers }) => /^Bearer (.*)$/.exec(headers['authorization'] ?? '')?.[1] ?? [],
  )
  expect(bearers).toHaveLength(5)
  expect(bearers.filter((token) => !server.discord.secrets.includes(token))).toEqual([])
})

it('A016 tells events nothing that could be used', async () => {
  const { authorization, tokens } = await walk()
  const told = JSON.stringify(server.events)
  const ours = tokens.flatMap(({ access_token, refresh_token }) => [String(access_token), String(refresh_token)])
  const secrets = [...ours, authorization.code, authorization.verifier, ...server.discord.secrets]
  expect(server.events.length).toBeGreaterThan(8)
  expect(secrets.filter((secret) => told.includes(secret))).toEqual([])
})

it('C5 writes no credential into the store in clear, neither as it is nor inside base64', async () => {
  const { authorization, tokens } = await walk()
  const ours = tokens.flatMap(({ access_token, refresh_token }) => [String(access_token), String(refresh_token)])
  const { client, code, verifier } = authorization
  const secrets = [...ours, code, verifier, String(client.client_secret), ...server.discord.secrets]
  const dump = written.flatMap((text) => [text, Buffer.from(text, 'base64url').toString('latin1')]).join('\n')
  expect(written.length).toBeGreaterThan(20)
  expect(secrets.filter((secret) => dump.includes(secret))).toEqual([])
})

it.each(['identity', 'username', 'nelly-of-the-long-name', '80351110224678912'])(
  'C5 writes no readable "%s" into the store either',
  async (text) => {
    server.discord.users.set(fakeUsers.nelly.id, { ...fakeUsers.nelly, username: 'nelly-of-the-long-name' })
    await login(server)
    const dump = written.flatMap((value) => [value, Buffer.from(value, 'base64url').toString('latin1')]).join('\n')
    expect(dump).not.toContain(text)
  },
)

it('C5 writes only keys that are a kind and a hash', async () => {
  await walk()
  const keys = [...new Set(written.filter((_text, at) => at % 2 === 0))]
  expect(keys.filter((key) => !/^(consent|transaction|grant|lease|subject):[\w-]{43}$/.test(key))).toEqual([])
})

it('C5 issues codes and refresh tokens that carry 256 random bits each', async () => {
  const client = await newClient(server)
  const codes = [await authorize(server, { client }), await authorize(server, { client })].map(({ code }) => code)
  const secrets = codes.map((code) => code.split('.')[1] ?? '')
  expect(secrets.map((secret) => Buffer.from(secret, 'base64url').length)).toEqual([32, 32])
  const tokens = [await login(server, { client }), await login(server, { client })].map((one) => one.refresh_token)
  expect(tokens.map((token) => Buffer.from(token.split('.')[1] ?? '', 'base64url').length)).toEqual([32, 32])
  expect(new Set([...secrets, ...tokens.map((token) => token.split('.')[1])]).size).toBe(4)
})
