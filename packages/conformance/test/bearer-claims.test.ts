import { createOAuthProxy, type OAuthProxy } from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { createBrowser } from './support/browser.ts'
import { callMCP, login, newPKCE, openConsent, redirectURI, type TestTokens, tokenRequest } from './support/client.ts'
import { type Changes, newForgeKey, resign } from './support/forge.ts'
import { accepted, judgeToken, refused, type Verdict } from './support/gate.ts'
import { startTestServer, type TestServer, testSecret } from './support/server.ts'

const own = newForgeKey()

let server: TestServer
let tokens: TestTokens
beforeAll(async () => {
  server = await startTestServer({ signingKeys: [own.privateJwk] })
  tokens = await login(server)
})
afterAll(async () => await server.close())

/** The verdict on a token that our own key signed. */
const judge = async (changes: { header?: Changes; payload?: Changes }): Promise<Verdict> =>
  await judgeToken(server, resign(tokens.access_token, own, changes))

describe('A011 C9 refuses a token of ours whose audience is', () => {
  it.each<[string, (resource: string) => unknown]>([
    ['missing', () => undefined],
    ['null', () => null],
    ['empty', () => ''],
    ['an empty list', () => []],
    ['another server', () => 'https://other.example/mcp'],
    ['another server, in a list', () => ['https://other.example/mcp']],
    ['the client', () => tokens.client.client_id],
    ['the issuer', (resource) => new URL(resource).origin],
    ['the issuer and a slash', (resource) => `${new URL(resource).origin}/`],
    ['the resource and a slash', (resource) => `${resource}/`],
    ['the resource in capitals', (resource) => resource.toUpperCase()],
    ['longer than the resource', (resource) => `${resource}2`],
    ['shorter than the resource', (resource) => resource.slice(0, -1)],
    ['the resource and another server', (resource) => [resource, 'https://other.example/mcp']],
    ['another server and the resource', (resource) => ['https://other.example/mcp', resource]],
    ['the resource twice', (resource) => [resource, resource]],
    ['a list in a list', (resource) => [[resource]]],
    ['an object', (resource) => ({ [resource]: true })],
  ])('%s', async (_case, aud) => expect(await judge({ payload: { aud: aud(server.mcpURL) } })).toEqual(refused))
})

it('A011 accepts the resource as a text or as the only member of a list, as RFC 7519 has it', async () => {
  expect(await judge({ payload: { aud: server.mcpURL } })).toEqual(accepted)
  expect(await judge({ payload: { aud: [server.mcpURL] } })).toEqual(accepted)
})

describe('A013 refuses a token of ours with', () => {
  it.each<[string, (now: number) => Changes]>([
    ['no end', () => ({ exp: undefined })],
    ['an end of null', () => ({ exp: null })],
    ['an end that is a text', (now) => ({ exp: String(now + 600) })],
    ['an end long ago', () => ({ exp: 1 })],
    ['an end at this very second', (now) => ({ exp: now })],
    ['an end a second ago', (now) => ({ exp: now - 1 })],
    ['a beginning a second from now', (now) => ({ nbf: now + 1 })],
    ['a beginning a minute from now', (now) => ({ nbf: now + 60 })],
    ['a beginning that is a text', (now) => ({ nbf: String(now) })],
    ['no time of issue', () => ({ iat: undefined })],
    ['a time of issue that is a text', (now) => ({ iat: String(now) })],
  ])('%s', async (_case, payload) => expect(await judge({ payload: payload(server.clock.now()) })).toEqual(refused))
})

it('A013 accepts a token up to its last second and from its first', async () => {
  const now = server.clock.now()
  expect(await judge({ payload: { exp: now + 1, nbf: now } })).toEqual(accepted)
})

it('A013 refuses a token that has expired although it was accepted before, and says so', async () => {
  const { access_token: token, expires_in: seconds } = await login(server)
  expect(await judgeToken(server, token)).toEqual(accepted)
  server.clock.advance(seconds)
  const answer = await callMCP(server, token)
  expect(outcome(answer)).toBe('401 invalid_token')
  expect(answer.headers.get('www-authenticate')).toContain('error_description="The access token has expired"')
  tokens = await login(server)
})

describe('A018 refuses a token of ours whose issuer is', () => {
  it.each<[string, (issuer: string) => unknown]>([
    ['missing', () => undefined],
    ['another server', () => 'https://other.example'],
    ['Discord', () => 'https://discord.com'],
    ['ours and a slash', (issuer) => `${issuer}/`],
    ['ours with a path', (issuer) => `${issuer}/mcp`],
    ['ours in capitals', (issuer) => issuer.toUpperCase()],
    ['ours in a list', (issuer) => [issuer]],
  ])('%s', async (_case, iss) => expect(await judge({ payload: { iss: iss(server.origin) } })).toEqual(refused))
})

/** Another authorization server with the same root secret: only the issuer tells them apart. */
function secondServer(secret = testSecret): OAuthProxy {
  const provider = discord({ clientId: server.discord.clientId, clientSecret: server.discord.clientSecret })
  return createOAuthProxy({ baseUrl: 'https://second.example', provider, secret, now: () => server.clock.now() })
}

it.each([
  ['the same root secret', testSecret],
  ['another root secret', 'YW5vdGhlci1yb290LXNlY3JldC1mb3ItbWNwLWF1dGg'],
])('A018 refuses the credentials of a client of another server with %s', async (_case, secret) => {
  const metadata = { redirect_uris: [redirectURI], token_endpoint_auth_method: 'client_secret_post' }
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(metadata) }
  const registered = await secondServer(secret).fetch(new Request('https://second.example/register', init))
  expect(registered?.status).toBe(201)
  const client = (await registered?.json()) as { client_id: string; client_secret: string }
  const grant = { grant_type: 'authorization_code', code: tokens.authorization.code, code_verifier: newPKCE().verifier }
  expect(outcome(await tokenRequest(server, client, grant))).toBe('401 invalid_client')
  const page = await openConsent(server, client, createBrowser())
  expect([outcome(page), page.location]).toEqual(['400 page', undefined])
})

it('A018 refuses our token at another server, even one with the same root secret and the same keys', async () => {
  const elsewhere = secondServer()
  const request = new Request('https://second.example/mcp', {
    headers: { authorization: `Bearer ${(await login(server)).access_token}` },
  })
  const answer = await elsewhere.authenticate(request)
  expect(answer).toBeInstanceOf(Response)
  expect(answer).toMatchObject({ status: 401 })
})

describe('A017 refuses as a bearer token, although our key signed it,', () => {
  it.each<[string, Changes, Changes]>([
    ['an ID token', { typ: 'JWT' }, { aud: undefined, nonce: 'n' }],
    ['an ID token for this very audience', { typ: 'JWT' }, {}],
    ['an ID-JAG', { typ: 'oauth-id-jag+jwt' }, {}],
    ['a logout token', { typ: 'logout+jwt' }, {}],
    ['a client assertion', { typ: undefined }, { iss: 'client', sub: 'client' }],
    ['a token of no type', { typ: undefined }, {}],
    ['a token of a type that is a list', { typ: ['at+jwt'] }, {}],
    ['a token without a subject', {}, { sub: undefined }],
    ['a token without a client', {}, { client_id: undefined }],
    ['a token without an id', {}, { jti: undefined }],
    ['a token without a scope', {}, { scope: undefined }],
    ['a token without a grant', {}, { sid: undefined }],
    ['a token of a grant that does not exist', {}, { sid: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA' }],
    ['a token of a grant of another client', {}, { client_id: 'other-client' }],
    ['a token of a grant of another user', {}, { sub: '1' }],
  ])('%s', async (_case, header, payload) => expect(await judge({ header, payload })).toEqual(refused))
})

it('A017 refuses every other secret that a client or a browser holds as a bearer token', async () => {
  const browser = createBrowser()
  const page = await openConsent(server, tokens.client, browser)
  const consent = /name="consent" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const [cookie = ''] = browser.cookies.values()
  const { code, verifier } = tokens.authorization
  const secrets = { refresh: tokens.refresh_token, code, verifier, consent, cookie, client: tokens.client.client_id }
  for (const [name, secret] of Object.entries(secrets)) {
    expect([name, secret.length > 40, await judgeToken(server, secret)]).toEqual([name, true, refused])
  }
})

it.each(['access_token', 'refresh_token', 'code'] as const)(
  'A017 takes no token for one of another kind at the token endpoint: %s',
  async (kind) => {
    const fresh = await login(server)
    const { client, authorization } = fresh
    const value = kind === 'code' ? authorization.code : fresh[kind]
    const grants = {
      code: { grant_type: 'authorization_code', code: value, code_verifier: authorization.verifier },
      refresh_token: { grant_type: 'refresh_token', refresh_token: value },
    }
    for (const [name, grant] of Object.entries(grants)) {
      if (name === kind) continue
      expect([name, outcome(await tokenRequest(server, client, grant))]).toEqual([name, '400 invalid_grant'])
    }
    expect(await judgeToken(server, fresh.access_token)).toEqual(accepted)
  },
)

it("A015 refuses every token that Discord issued, as it is and in a JWT's clothes", async () => {
  const issued = [...server.discord.secrets]
  expect(issued.length).toBeGreaterThan(2)
  for (const secret of issued) {
    expect(await judgeToken(server, secret)).toEqual(refused)
    expect(await judge({ payload: { sid: secret } })).toEqual(refused)
  }
})
