import { describe, expect, it } from 'vitest'
import { createRemoteOAuth, type RemoteOAuth, type RemoteOIDCOptions, remoteOIDC } from '../../src/index.ts'
import { createFakeIdP, type FakeIdP } from '../../src/mocks/index.ts'
import { createClock } from '../support/clock.ts'
import { misconfiguration, refusal } from '../support/refusal.ts'

const issuer = 'https://idp.example/realm'
const resource = 'https://mcp.example/mcp'

function create(options: Partial<RemoteOIDCOptions> = {}): { fake: FakeIdP; auth: RemoteOAuth } {
  const { now } = createClock()
  const fake = createFakeIdP({ issuer, now, profile: { accessTokens: 'jwt' } })
  const auth = createRemoteOAuth({
    baseUrl: 'https://mcp.example',
    provider: remoteOIDC({ issuer, ...options }),
    now,
    fetch: async (url, init) => await fake.fetch(new Request(url, init)),
  })
  return { fake, auth }
}

const forUs = { parameters: { resource }, scopes: ['openid', 'tools'] }

describe('a server that issues tokens for MCP itself', () => {
  it('gives sessions for its own access tokens', async () => {
    const { fake, auth } = create({ scopes: ['tools'] })
    const { access_token } = await fake.issueTokens(forUs)
    expect(await auth.verifyAccessToken(access_token)).toMatchObject({
      subject: 'user-nelly',
      clientId: fake.clientId,
      scopes: ['openid', 'tools'],
      roles: [],
    })
    expect(auth.metadata.protectedResource).toMatchObject({
      authorization_servers: [issuer],
      scopes_supported: ['tools'],
    })
  })

  it.each<readonly [string, (fake: FakeIdP) => Promise<string>]>([
    ['for another resource', async (fake) => await fake.mintAccessToken({ aud: 'https://other.example/mcp' })],
    ['without an audience', async (fake) => await fake.mintAccessToken({ aud: undefined })],
    ['for us and others', async (fake) => await fake.mintAccessToken({ aud: [resource, 'account'] })],
    ['of another issuer', async (fake) => await fake.mintAccessToken({ aud: resource, iss: 'https://idp.example' })],
    ['with a key of nobody’s', async (fake) => await fake.mintAccessToken({ aud: resource }, {}, 'unpublished')],
    ['that is not signed', async (fake) => await fake.mintAccessToken({ aud: resource }, {}, 'none')],
    [
      'signed with the client secret',
      async (fake) => await fake.mintAccessToken({ aud: resource }, {}, 'client-secret'),
    ],
    ['that is an id_token', async (fake) => await fake.mintIDToken({ aud: resource, nonce: 'n' })],
  ])('C9 C10 is refused a token %s', async (_name, mint) => {
    const { fake, auth } = create()
    await expect(auth.verifyAccessToken(await mint(fake))).rejects.toThrow(refusal('token_invalid'))
  })

  it.each<readonly [string, Partial<RemoteOIDCOptions>, Record<string, unknown>, boolean]>([
    ['another audience', { audience: 'api' }, { aud: 'api' }, true],
    ['our own where another was named', { audience: 'api' }, { aud: resource }, false],
    ['a tolerated audience beside ours', { toleratedAudiences: ['account'] }, { aud: [resource, 'account'] }, true],
    ['a tolerated audience alone', { toleratedAudiences: ['account'] }, { aud: 'account' }, false],
  ])('takes or refuses %s', async (_name, options, claims, isTaken) => {
    const { fake, auth } = create(options)
    const verdict = await auth.verifyAccessToken(await fake.mintAccessToken(claims)).then(
      ({ subject }) => subject,
      (error: unknown) => error,
    )
    expect(verdict).toEqual(isTaken ? 'user-nelly' : refusal('token_invalid'))
  })

  it('takes the types and algorithms it was told', async () => {
    const strict = create({ types: ['at+jwt'], algorithms: ['RS256'] })
    await expect(
      strict.auth.verifyAccessToken(await strict.fake.mintAccessToken({ aud: resource })),
    ).resolves.toBeDefined()
    const plain = await strict.fake.mintAccessToken({ aud: resource }, { typ: 'JWT' })
    await expect(strict.auth.verifyAccessToken(plain)).rejects.toThrow(refusal('token_invalid'))
    const other = create({ algorithms: ['ES256'] })
    await expect(other.auth.verifyAccessToken(await other.fake.mintAccessToken({ aud: resource }))).rejects.toThrow(
      refusal('token_invalid'),
    )
  })

  it.each<readonly [string, string, Record<string, unknown>, readonly string[]]>([
    ['a list', 'roles', { roles: ['admin', 'dev'] }, ['admin', 'dev']],
    ['a list deep inside', 'realm_access.roles', { realm_access: { roles: ['admin'] } }, ['admin']],
    ['a name with dots', 'https://a.example/roles', { 'https://a.example/roles': ['admin'] }, ['admin']],
    ['text', 'groups', { groups: 'admin dev' }, ['admin', 'dev']],
    ['what is no text', 'roles', { roles: ['admin', 5, null, ''] }, ['admin']],
    ['nothing', 'roles', {}, []],
    ['an object', 'roles', { roles: { admin: true } }, []],
  ])('reads roles from %s', async (_name, rolesClaim, claims, roles) => {
    const { fake, auth } = create({ rolesClaim })
    const token = await fake.mintAccessToken({ aud: resource, ...claims })
    expect((await auth.verifyAccessToken(token)).roles).toEqual(roles)
  })

  it('lets mapClaims have the last word', async () => {
    const { fake, auth } = create({ rolesClaim: 'roles', mapClaims: () => ({ roles: ['mapped'], username: 'Nell' }) })
    const token = await fake.mintAccessToken({ aud: resource, roles: ['admin'] })
    expect(await auth.verifyAccessToken(token)).toMatchObject({ roles: ['mapped'], identity: { username: 'Nell' } })
  })

  it('A097 D9 answers with an outage, and not about the token, while nothing can be had', async () => {
    const { fake, auth } = create()
    const token = await fake.mintAccessToken({ aud: resource })
    fake.fail('*', '503')
    await expect(auth.verifyAccessToken(token)).rejects.toThrow(refusal('upstream_unavailable'))
  })
})

describe('options of remoteOIDC that cannot work', () => {
  it.each<readonly [string, object, string, string]>([
    ['no issuer', { issuer: undefined }, 'issuer', 'https'],
    ['an http issuer', { issuer: 'http://idp.example' }, 'issuer', 'https'],
    ['an empty audience', { audience: '' }, 'audience', 'empty'],
    ['an algorithm with a shared key', { algorithms: ['HS256'] }, 'algorithms', 'RS256'],
    ['an empty path of roles', { rolesClaim: '' }, 'rolesClaim', 'claim'],
    ['a scope that is two', { scopes: ['a b'] }, 'scopes', 'by itself'],
    ['an empty name', { name: '' }, 'name', 'short name'],
    ['keys over http', { jwksURI: 'http://idp.example/jwks' }, 'jwksURI', 'https'],
  ])('are refused at the start: %s', (_name, over, option, message) => {
    expect(() => remoteOIDC({ issuer, ...over })).toThrow(misconfiguration(option, message))
  })
})
