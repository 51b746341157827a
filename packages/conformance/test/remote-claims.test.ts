import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { send } from './support/browser.ts'
import { callMCP } from './support/client.ts'
import { createClock } from './support/clock.ts'
import type { Changes } from './support/forge.ts'
import { accepted, judgeToken, refused, type Verdict } from './support/gate.ts'
import { createTestIdP, type RemoteServer, startRemote, startRemoteServer } from './support/remote.ts'

let server: RemoteServer
beforeAll(async () => {
  server = await startRemoteServer()
})
afterAll(async () => await server.close())

/** The verdict on a token that the right key signed. */
const judge = async (changes: { header?: Changes; payload?: Changes } = {}): Promise<Verdict> =>
  await judgeToken(server, server.mint(changes))

describe('A011 C9 refuses a token of the provider whose audience is', () => {
  it.each<[string, (resource: string) => unknown]>([
    ['missing', () => undefined],
    ['null', () => null],
    ['empty', () => ''],
    ['an empty list', () => []],
    ['another server', () => 'https://other.example/mcp'],
    ['another server, in a list', () => ['https://other.example/mcp']],
    ['the client', () => 'client-1'],
    ['the provider', () => server.idp.issuer],
    ['the origin of the resource', (resource) => new URL(resource).origin],
    ['the resource and a slash', (resource) => `${resource}/`],
    ['the resource in capitals', (resource) => resource.toUpperCase()],
    ['longer than the resource', (resource) => `${resource}2`],
    ['shorter than the resource', (resource) => resource.slice(0, -1)],
    ['the resource and another server', (resource) => [resource, 'https://other.example/mcp']],
    ['another server and the resource', (resource) => ['https://other.example/mcp', resource]],
    ['the resource and the provider', (resource) => [resource, server.idp.issuer]],
    ['the resource and null', (resource) => [resource, null]],
    ['a list in a list', (resource) => [[resource]]],
    ['an object', (resource) => ({ [resource]: true })],
  ])('%s', async (_case, aud) => expect(await judge({ payload: { aud: aud(server.mcpURL) } })).toEqual(refused))
})

it('A011 accepts the resource as a text or as the only member of a list from a provider', async () => {
  expect(await judge({ payload: { aud: server.mcpURL } })).toEqual(accepted)
  expect(await judge({ payload: { aud: [server.mcpURL] } })).toEqual(accepted)
})

it('A011 C9 takes only the configured audience where the provider has one of its own, and only what is tolerated beside it', async () => {
  const audience = 'api://our-server'
  const own = await startRemote({ verifier: { audience, toleratedAudiences: ['https://login.example/userinfo'] } })
  const ask = async (aud: unknown): Promise<Verdict> => await judgeToken(own, own.mint({ payload: { aud } }))
  expect(await ask(audience)).toEqual(accepted)
  expect(await ask([audience, 'https://login.example/userinfo'])).toEqual(accepted)
  expect(await ask([audience, 'https://other.example'])).toEqual(refused)
  expect(await ask('https://login.example/userinfo')).toEqual(refused)
  expect(await ask(own.mcpURL)).toEqual(refused)
})

describe('A013 refuses a token of the provider with', () => {
  it.each<[string, (now: number) => Changes]>([
    ['no end', () => ({ exp: undefined })],
    ['an end of null', () => ({ exp: null })],
    ['an end that is a text', (now) => ({ exp: String(now + 600) })],
    ['an end long ago', () => ({ exp: 1 })],
    ['an end five seconds ago', (now) => ({ exp: now - 5 })],
    ['a beginning in half a minute and more', (now) => ({ nbf: now + 31 })],
    ['a beginning that is a text', (now) => ({ nbf: String(now) })],
    ['no time of issue', () => ({ iat: undefined })],
    ['a time of issue that is a text', (now) => ({ iat: String(now) })],
    ['a time of issue in the future', (now) => ({ iat: now + 31 })],
  ])('%s', async (_case, payload) => expect(await judge({ payload: payload(server.clock.now()) })).toEqual(refused))
})

it('A013 allows for clocks that differ: five seconds at the end, half a minute at the beginning', async () => {
  const now = server.clock.now()
  expect(await judge({ payload: { exp: now - 4 } })).toEqual(accepted)
  expect(await judge({ payload: { nbf: now + 30, iat: now + 30 } })).toEqual(accepted)
})

it('A013 C10 takes no tolerance where none is configured', async () => {
  const strict = await startRemote({ verifier: { expiryToleranceSeconds: 0, futureToleranceSeconds: 0 } })
  const now = strict.clock.now()
  const ask = async (payload: Changes): Promise<Verdict> => await judgeToken(strict, strict.mint({ payload }))
  expect(await ask({ exp: now })).toEqual(refused)
  expect(await ask({ exp: now + 1, nbf: now, iat: now })).toEqual(accepted)
  expect(await ask({ nbf: now + 1 })).toEqual(refused)
})

it('A013 refuses a remote token that has expired although it was accepted before, and says so', async () => {
  const own = await startRemote()
  const token = own.mint()
  expect(await judgeToken(own, token)).toEqual(accepted)
  own.clock.advance(604)
  expect(await judgeToken(own, token)).toEqual(accepted)
  own.clock.advance(1)
  const answer = await callMCP(own, token)
  expect(outcome(answer)).toBe('401 invalid_token')
  expect(answer.headers.get('www-authenticate')).toContain('error_description="The access token has expired"')
})

describe('A018 refuses a token that the right key signed, whose issuer is', () => {
  it.each<[string, (issuer: string) => unknown]>([
    ['missing', () => undefined],
    ['another provider', () => 'https://other.example'],
    ['this server', () => server.origin],
    ['the provider and a slash', (issuer) => `${issuer}/`],
    ['the provider with a path', (issuer) => `${issuer}/tenant`],
    ['the provider in capitals', (issuer) => issuer.toUpperCase()],
    ['the provider over http', (issuer) => issuer.replace('https', 'http')],
    ['the provider in a list', (issuer) => [issuer]],
  ])('%s', async (_case, iss) => expect(await judge({ payload: { iss: iss(server.idp.issuer) } })).toEqual(refused))
})

it('A018 refuses the token of a second authorization server, for this very resource and under the same kid', async () => {
  const second = createTestIdP(server.clock, { issuer: 'https://second.example' })
  expect(second.key.kid).toBe(server.idp.key.kid)
  expect(await judgeToken(server, second.mint(server.mcpURL))).toEqual(refused)
  const posing = second.mint(server.mcpURL, { payload: { iss: server.idp.issuer } })
  expect(await judgeToken(server, posing)).toEqual(refused)
  expect(server.idp.requests.filter((url) => !url.startsWith(server.idp.issuer))).toEqual([])
})

describe('A017 refuses as a bearer token at a remote resource, although the right key signed it,', () => {
  it.each<[string, Changes, Changes]>([
    ['an ID token for the client', { typ: 'JWT' }, { aud: 'client-1', nonce: 'n' }],
    ['an ID token for this very audience', { typ: 'JWT' }, { nonce: 'n' }],
    ['an ID token with the hash of an access token', { typ: 'JWT' }, { at_hash: 'x' }],
    ['an ID token that says so', { typ: 'JWT' }, { token_use: 'id' }],
    ['a refresh token', { typ: 'JWT' }, { typ: 'Refresh' }],
    ['an offline token', { typ: 'JWT' }, { typ: 'Offline' }],
    ['an ID-JAG', { typ: 'oauth-id-jag+jwt' }, {}],
    ['a logout token', { typ: 'logout+jwt' }, {}],
    ['a logout token of no type', { typ: 'JWT' }, { events: {} }],
    ['a client assertion', { typ: undefined }, { iss: 'client-1', sub: 'client-1' }],
    ['a signed request', { typ: 'oauth-authz-req+jwt' }, {}],
    ['a token bound to a key', {}, { cnf: { jkt: 'x' } }],
    ['a token of a type that is a list', { typ: ['at+jwt'] }, {}],
    ['a token without a subject', {}, { sub: undefined }],
    ['a token whose subject is a number', {}, { sub: 1 }],
  ])('%s', async (_case, header, payload) => expect(await judge({ header, payload })).toEqual(refused))
})

it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'JWT', undefined])(
  'A017 accepts an access token of the type %s',
  async (typ) => expect(await judge({ header: { typ } })).toEqual(accepted),
)

it('A017 takes RFC 9068 at its word where only that type is allowed', async () => {
  const strict = await startRemote({ verifier: { types: ['at+jwt'] } })
  const ask = async (typ: unknown): Promise<Verdict> => await judgeToken(strict, strict.mint({ header: { typ } }))
  expect(await ask('at+jwt')).toEqual(accepted)
  expect(await ask('JWT')).toEqual(refused)
  expect(await ask(undefined)).toEqual(refused)
})

it.each([
  ['an opaque access token', 'ya29.a0AfH6SMBx'],
  ['an opaque token without dots', 'gho_16C7e42F292c6912E7710c838347Ae178B4a'],
  ['a token of five parts, which is encrypted', 'eyJhbGciOiJSU0EtT0FFUCJ9.AAAA.AAAA.AAAA.AAAA'],
  ['a token of three parts that is none', 'a.b.c'],
])('A015 refuses %s that the provider issued for its own API, and asks nobody about it', async (_case, token) => {
  const own = await startRemote()
  expect(await judgeToken(own, token)).toEqual(refused)
  expect(own.idp.requests).toEqual([])
})

it("A015 refuses the provider's own access token, which is meant for its own API", async () => {
  for (const aud of [`${server.idp.issuer}/userinfo`, 'https://graph.example', server.idp.issuer]) {
    expect(await judge({ payload: { aud } })).toEqual(refused)
  }
})

it('A019 ignores a remote token in the query', async () => {
  const answer = await send(`${server.mcpURL}?access_token=${server.mint()}`, { method: 'POST' })
  expect(answer.status).toBe(401)
})

it('tells the endpoint of a remote resource who calls, with which client and which scopes, as the token says', async () => {
  const own = await startRemote()
  const facts = async (payload: Changes): Promise<unknown> => (await callMCP(own, own.mint({ payload }))).json()
  expect(await facts({})).toEqual({ subject: 'user-1', scopes: ['read'], clientId: 'client-1' })
  expect(await facts({ scope: undefined, scp: ['a', 'b'], client_id: undefined, azp: 'client-2' })).toEqual({
    subject: 'user-1',
    scopes: ['a', 'b'],
    clientId: 'client-2',
  })
  expect(await facts({ scope: 'read read  write' })).toMatchObject({ scopes: expect.arrayContaining(['read']) })
})

it('C11 asks for the roles on every call, so that a change counts at once although the token is remembered', async () => {
  const asked: string[] = []
  let roles = ['admin']
  const own = await startRemoteServer({
    clock: createClock(),
    roles: ({ subject }) => {
      asked.push(subject)
      return roles
    },
    host: { answer: (session) => ({ roles: session.roles }) },
  })
  const token = own.mint()
  expect((await callMCP(own, token)).json()).toEqual({ roles: ['admin'] })
  roles = []
  expect((await callMCP(own, token)).json()).toEqual({ roles: [] })
  expect(asked).toEqual(['user-1', 'user-1'])
  expect(own.idp.keyRequests()).toBe(1)
  await own.close()
})
