import { createOAuthProxy, defaultLifetimes, type Store } from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { jwtPart, outcome } from './support/answers.ts'
import { createBrowser } from './support/browser.ts'
import { authorize, callMCP, login, newClient, openConsent, redeem, redirectURI, refresh } from './support/client.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { startTwin } from './support/twin.ts'

let server: TestServer
let shared: Store
beforeEach(async () => {
  server = await startTestServer({ wrapStore: (inner) => (shared = inner), discordScopes: ['identify', 'guilds'] })
})
afterEach(async () => await server.close())

it('A041 answers a redeemed code with JSON that nobody may store, a Bearer token and its lifetime', async () => {
  const answer = await redeem(server, await authorize(server))
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const body = answer.json()
  expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'refresh_token', 'scope', 'token_type'])
  expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'identify' })
  const claims = jwtPart(String(body['access_token']), 'payload')
  expect(claims).toMatchObject({ iat: server.clock.now(), exp: server.clock.now() + 3600 })
})

it('A041 lets an access token live for exactly as long as expires_in says', async () => {
  const tokens = await login(server)
  server.clock.advance(tokens.expires_in - 1)
  expect((await callMCP(server, tokens.access_token)).status).toBe(200)
  server.clock.advance(1)
  expect(outcome(await callMCP(server, tokens.access_token))).toBe('401 invalid_token')
})

it.each([
  ['accessToken', 86_401],
  ['code', 601],
  ['refreshGrace', 301],
  ['accessToken', 0],
  ['code', 0],
  ['refreshToken', 1.5],
] as const)('A041 A107 does not start with a lifetime of %s out of bounds: %d seconds', (name, seconds) => {
  const provider = discord({ clientId: '157730590492196864', clientSecret: 'client-secret' })
  const options = { baseUrl: 'https://mcp.example', provider, lifetimes: { [name]: seconds } }
  expect(() => createOAuthProxy(options)).toThrowError(new RegExp(`^lifetimes\\.${name}: must be a whole number`))
})

it('A041 issues short-lived access tokens by default', () => {
  expect(defaultLifetimes).toMatchObject({ accessToken: 3600, code: 60, refreshGrace: 30 })
})

it.each([
  ['no scope', undefined, 'identify guilds'],
  ['an empty scope', '', 'identify guilds'],
  ['one scope', 'guilds', 'guilds'],
  ['unknown scopes besides known ones', 'identify admin telepathy', 'identify'],
  ['a scope twice', 'identify identify', 'identify'],
])('A042 grants to a request with %s what the token answer names', async (_case, scope, granted) => {
  const tokens = await login(server, { over: { scope } })
  expect(tokens.scope).toBe(granted)
  expect(jwtPart(tokens.access_token, 'payload')['scope']).toBe(granted)
  const call = await callMCP(server, tokens.access_token)
  expect(call.json()['scopes']).toEqual(granted.split(' '))
})

it('A042 names the narrower scope when the user withheld one at Discord', async () => {
  server.discord.settings.withheldScopes = ['guilds']
  const tokens = await login(server, { over: { scope: 'identify guilds' } })
  expect(tokens.scope).toBe('identify')
})

it.each(['telepathy', 'bad"scope'])('A042 refuses a request for nothing but %s with invalid_scope', async (scope) => {
  const client = { client_id: 'known-client', redirect_uris: [redirectURI] }
  const twin = await startTwin(server, { store: shared, clients: [client] })
  const page = await openConsent(twin, client, createBrowser(), { scope, resource: undefined })
  await twin.close()
  const parameters = new URL(page.location ?? '').searchParams
  expect([page.status, parameters.get('error'), parameters.get('code')]).toEqual([303, 'invalid_scope', null])
})

it('A047 makes the requested resource the only audience of the token', async () => {
  const authorization = await authorize(server, { over: { resource: server.mcpURL } })
  const answer = await redeem(server, authorization, { resource: server.mcpURL })
  const claims = jwtPart(String(answer.json()['access_token']), 'payload')
  expect(claims['aud']).toBe(server.mcpURL)
  const refreshed = await refresh(server, authorization.client, String(answer.json()['refresh_token']), {
    resource: server.mcpURL,
  })
  expect(jwtPart(String(refreshed.json()['access_token']), 'payload')['aud']).toBe(server.mcpURL)
})

it.each([
  ['another server', 'https://other.example/mcp'],
  ['another path of this server', '/other'],
  ['this resource and another one', ['', 'https://other.example/mcp']],
  ['something that is no URL', 'mcp'],
])('A049 C7 refuses a code for %s with invalid_target, and the code stays good', async (_case, resource) => {
  const authorization = await authorize(server, { over: { resource: server.mcpURL } })
  const absolute = (value: string): string =>
    value.startsWith('/') ? server.origin + value : value === '' ? server.mcpURL : value
  const resources = typeof resource === 'string' ? absolute(resource) : resource.map(absolute)
  expect(outcome(await redeem(server, authorization, { resource: resources }))).toBe('400 invalid_target')
  expect((await redeem(server, authorization, { resource: server.mcpURL })).status).toBe(200)
})

it('A049 C7 refuses a code and a refresh token of one resource for another resource of the same server', async () => {
  const other = `${server.origin}/other`
  const both = await startTwin(server, { store: shared, otherResources: [{ resource: other }] })
  onTestFinished(async () => await both.close())
  const authorization = await authorize(server, { over: { resource: server.mcpURL } })
  expect(outcome(await redeem(both, authorization, { resource: other }))).toBe('400 invalid_target')
  expect(outcome(await redeem(both, authorization, { resource: [server.mcpURL, other] }))).toBe('400 invalid_target')
  const tokens = (await redeem(both, authorization, { resource: server.mcpURL })).json()
  expect(jwtPart(String(tokens['access_token']), 'payload')['aud']).toBe(server.mcpURL)
  const refreshed = await refresh(both, authorization.client, String(tokens['refresh_token']), { resource: other })
  expect(outcome(refreshed)).toBe('400 invalid_grant')
})

it('A049 C7 refuses a refresh for another resource, and the refresh token stays good', async () => {
  const tokens = await login(server)
  const elsewhere = await refresh(server, tokens.client, tokens.refresh_token, { resource: 'https://other.example/' })
  expect(outcome(elsewhere)).toBe('400 invalid_grant')
  expect((await refresh(server, tokens.client, tokens.refresh_token)).status).toBe(200)
})

it.each([
  ['neither at authorize nor at token', undefined, undefined],
  ['only at authorize', 'own', undefined],
  ['only at token', undefined, 'own'],
])('A052 C7 issues for the default resource when the client names one %s', async (_case, asked, redeemed) => {
  const named = (value: string | undefined): string | undefined => value && server.mcpURL
  const authorization = await authorize(server, { over: { resource: named(asked) } })
  const answer = await redeem(server, authorization, { resource: named(redeemed) })
  const token = String(answer.json()['access_token'])
  expect(jwtPart(token, 'payload')['aud']).toBe(server.mcpURL)
  expect((await callMCP(server, token)).status).toBe(200)
})

it('A052 refuses a token of the default resource at another resource of the same issuer, keys and store', async () => {
  const tokens = await login(server, { over: { resource: undefined } })
  const other = await startTwin(server, { store: shared, resource: `${server.origin}/other` })
  const call = await callMCP(other, tokens.access_token)
  await other.close()
  expect(outcome(call)).toBe('401 invalid_token')
  expect(other.calls).toEqual([])
})

it('A095 issues a refresh token to a client that registered the grant type refresh_token', async () => {
  const client = await newClient(server, { grant_types: ['authorization_code', 'refresh_token'] })
  expect((await login(server, { client })).refresh_token).toMatch(/^[\w.-]{100,}$/)
})

it.each([
  ['issues none', 'identify', false, 'identify'],
  ['issues one if offline_access was asked for', 'identify offline_access', true, 'identify offline_access'],
])('A095 %s to a client that registered only authorization_code', async (_case, scope, isIssued, granted) => {
  const client = await newClient(server, { grant_types: ['authorization_code'] })
  const answer = await redeem(server, await authorize(server, { client, over: { scope } }))
  expect(answer.json()['scope']).toBe(granted)
  expect(Object.hasOwn(answer.json(), 'refresh_token')).toBe(isIssued)
})
