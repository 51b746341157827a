import { type AuthSession, createRemoteOAuth, OAuthError, type RemoteOAuth } from '@mcp-auth/core'
import { type RemoteAuth0Options, remoteAuth0 } from '@mcp-auth/provider-auth0'
import { auth0Handlers, createFakeAuth0, type FakeAuth0, fakeAuth0Users } from '@mcp-auth/provider-auth0/mocks'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

/** 2026-11-20T10:00:00Z */
const start = 1_795_168_800
const issuer = 'https://tenant.eu.auth0.com/'
const audience = 'https://mcp.example/mcp'
let fake: FakeAuth0
const network = setupServer()
beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
beforeEach(() => {
  fake = createFakeAuth0({ now: () => start })
  network.resetHandlers(...auth0Handlers(fake))
})
afterAll(() => network.close())

function remote(options: Partial<RemoteAuth0Options> = {}): RemoteOAuth {
  const provider = remoteAuth0({ domain: fake.domain, audience, ...options })
  return createRemoteOAuth({ baseUrl: 'https://mcp.example', provider, now: () => start })
}

/** Verifies a token, and gives the session or the reason of the refusal. */
async function verify(token: string, options: Partial<RemoteAuth0Options> = {}): Promise<AuthSession | string> {
  try {
    return await remote(options).verifyAccessToken(token)
  } catch (error) {
    if (error instanceof OAuthError) return error.reason
    throw error
  }
}

type Claims = Readonly<Record<string, unknown>>
type Key = Parameters<FakeAuth0['mintAccessToken']>[2]

async function mint(claims: Claims = {}, header: Claims = {}, key: Key = 'current'): Promise<string> {
  const grant = { scopes: ['openid', 'write:notes'], parameters: { audience, organization: 'org_Contoso1' } }
  return await fake.mintAccessToken(claims, header, key, grant)
}

describe('remoteAuth0', () => {
  it('takes a token for the API, also where Auth0 added its own userinfo to the audience', async () => {
    const expected = {
      subject: fakeAuth0Users.nelly.subject,
      clientId: fake.clientId,
      scopes: ['openid', 'write:notes'],
      roles: [],
      expiresAt: start + 3600,
    }
    expect(await verify(await mint())).toMatchObject(expected)
    expect(await verify(await mint({ aud: audience }))).toMatchObject(expected)
  })

  it('takes the other form of tokens, RFC 9068', async () => {
    const token = await mint({ azp: undefined, client_id: 'client', jti: 'x' }, { typ: 'at+jwt' })
    expect(await verify(token, { allowedClients: ['client'] })).toMatchObject({ clientId: 'client' })
  })

  it.each<readonly [NonNullable<RemoteAuth0Options['permissions']>, readonly string[], readonly string[]]>([
    ['ignore', ['openid', 'write:notes'], ['editor']],
    ['scopes', ['openid', 'write:notes', 'read:notes'], ['editor']],
    ['roles', ['openid', 'write:notes'], ['editor', 'read:notes']],
  ])('reads permissions as told: %s', async (permissions, scopes, roles) => {
    const session = await verify(await mint(), { permissions, rolesClaim: 'https://my-server.example/roles' })
    expect(session).toMatchObject({ scopes, roles })
  })

  it.each<readonly [string, Claims]>([
    ['of another tenant', { iss: 'https://other.eu.auth0.com/' }],
    ['of the issuer without its slash', { iss: issuer.slice(0, -1) }],
    ['of the tenant’s other domain', { iss: 'https://login.contoso.example/' }],
    ['of an issuer that begins as ours', { iss: `${issuer}evil` }],
    ['for another API', { aud: 'https://mcp.example/other' }],
    ['for the API with a slash more', { aud: `${audience}/` }],
    ['for us and another API', { aud: [audience, 'https://mcp.example/other'] }],
    ['for userinfo alone', { aud: `${issuer}userinfo` }],
    ['for the client', { aud: 'fakeAuth0ClientId0000000000000000' }],
    ['for nobody', { aud: undefined }],
    ['with a nonce, as an id_token', { nonce: 'n' }],
    ['without subject', { sub: undefined }],
    ['from a clock that is 31 seconds ahead', { iat: start + 31 }],
    ['without end', { exp: undefined }],
  ])('A011, A012, A018: refuses a token %s', async (_name, claims) => {
    expect(await verify(await mint(claims))).toBe('token_invalid')
  })

  it('A015, A017: refuses an id_token and an opaque token', async () => {
    const { access_token, id_token = '' } = await fake.issueTokens({ scopes: ['openid'] })
    expect([await verify(access_token), await verify(id_token)]).toEqual(['token_invalid', 'token_invalid'])
  })

  it.each<readonly [string, Claims, Key]>([
    ['nobody signed', {}, 'none'],
    ['was signed with a secret', {}, 'client-secret'],
    ['was signed with a key of nobody’s', {}, 'unpublished'],
    ['says it is something else', { typ: 'logout+jwt' }, 'current'],
  ])('A010: refuses a token that %s', async (_name, header, key) => {
    expect(await verify(await mint({}, header, key))).toBe('token_invalid')
  })

  it('A013: lets a token end, with five seconds for clocks that differ', async () => {
    expect(await verify(await mint({ exp: start - 4 }))).toMatchObject({ clientId: fake.clientId })
    expect(await verify(await mint({ exp: start - 5 }))).toBe('token_expired')
  })

  it('takes only tokens that name the organization where one is required', async () => {
    const organization = 'org_Contoso1'
    expect(await verify(await mint(), { organization })).toMatchObject({ clientId: fake.clientId })
    expect(await verify(await mint({ org_id: 'org_Fabrikam1' }), { organization })).toBe('token_invalid')
    expect(await verify(await mint({ org_id: undefined }), { organization })).toBe('token_invalid')
  })

  it('takes only tokens of the clients that are named', async () => {
    expect(await verify(await mint(), { allowedClients: [fake.clientId] })).toMatchObject({ clientId: fake.clientId })
    expect(await verify(await mint(), { allowedClients: ['other'] })).toBe('token_invalid')
    expect(await verify(await mint({ azp: undefined }), { allowedClients: ['other'] })).toBe('token_invalid')
  })

  it('A014, D9: says that it cannot know, while Auth0’s keys cannot be had', async () => {
    const token = await mint()
    fake.fail('jwks', 'html')
    expect(await verify(token)).toBe('upstream_unavailable')
  })

  it('A055: advertises Auth0 with the slash, and serves its metadata again', async () => {
    const auth = remote({ scopes: ['openid', 'read:notes'] })
    const read = async (path: string): Promise<unknown> =>
      await (await auth.fetch(new Request(`https://mcp.example/.well-known/${path}`)))?.json()
    expect(await read('oauth-protected-resource/mcp')).toMatchObject({
      authorization_servers: [issuer],
      scopes_supported: ['openid', 'read:notes'],
    })
    expect(await read('oauth-authorization-server')).toMatchObject({
      issuer,
      jwks_uri: `${issuer}.well-known/jwks.json`,
    })
  })
})
