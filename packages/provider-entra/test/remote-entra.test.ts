import { type AuthSession, ConfigurationError, createRemoteOAuth, OAuthError, type RemoteOAuth } from '@mcp-auth/core'
import { entra, entraRoles, type RemoteEntraOptions, remoteEntra } from '@mcp-auth/provider-entra'
import {
  createFakeEntra,
  entraHandlers,
  type FakeEntra,
  fakeEntraUsers,
  fakeTenantId,
} from '@mcp-auth/provider-entra/mocks'
import { createTestClock } from '@mcp-auth/testing'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createServer, signIn } from '../../testing/test/support/sign-in.ts'

/** 2026-11-20T10:00:00Z */
const start = 1_795_168_800
const otherTenant = 'aaaaaaaa-2b34-4da1-9baa-8bc8c9d6a490'
const otherApplication = '99999999-2222-4333-8444-555555555555'
const clientId = '11111111-2222-4333-8444-555555555555'
const v1 = `https://sts.windows.net/${fakeTenantId}/`
const v2 = `https://login.microsoftonline.com/${fakeTenantId}/v2.0`
const grant = { scopes: [`api://${clientId}/mcp.read`, `api://${clientId}/mcp.write`] }
let fakes: Readonly<Record<1 | 2, FakeEntra>>
const network = setupServer()
beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
beforeEach(() =>
  use({ 1: createFakeEntra({ now: () => start, accessTokenVersion: 1 }), 2: createFakeEntra({ now: () => start }) }),
)
afterAll(() => network.close())

function use(both: typeof fakes): void {
  fakes = both
  network.resetHandlers(...entraHandlers(fakes[2]))
}

function remote(options: Partial<RemoteEntraOptions> = {}): RemoteOAuth {
  const provider = remoteEntra({ tenant: fakeTenantId, clientId, ...options })
  return createRemoteOAuth({ baseUrl: 'https://mcp.example', provider, now: () => start })
}

/** Verifies a token, and gives the session or the reason of the refusal. */
async function verify(token: string, options: Partial<RemoteEntraOptions> = {}): Promise<AuthSession | string> {
  try {
    return await remote(options).verifyAccessToken(token)
  } catch (error) {
    if (error instanceof OAuthError) return error.reason
    throw error
  }
}

type Claims = Readonly<Record<string, unknown>>
type Key = Parameters<FakeEntra['mintAccessToken']>[2]

async function mint(version: 1 | 2, claims: Claims = {}, header: Claims = {}, key: Key = 'current'): Promise<string> {
  return await fakes[version].mintAccessToken(claims, header, key, grant)
}

describe('remoteEntra', () => {
  it.each([1, 2] as const)('takes tokens of version %i, and knows the user as the proxy does', async (version) => {
    const session = await verify(await mint(version))
    expect(session).toMatchObject({
      subject: `${fakeTenantId}.0f1c2d3e-1111-4a5b-8c6d-7e8f9a0b1c2d`,
      clientId,
      scopes: ['mcp.read', 'mcp.write', `api://${clientId}/mcp.read`, `api://${clientId}/mcp.write`],
      roles: ['Notes.Editor'],
      expiresAt: start + 3600,
      identity: { username: 'nelly@contoso.example', claims: { groupsOverage: false, name: 'Nelly Example' } },
    })
    const provider = entra({ tenant: fakeTenantId, clientId, clientSecret: fakes[2].clientSecret })
    const { session: ofProxy } = await signIn(createServer(provider, createTestClock(start)))
    expect(session).toHaveProperty('subject', ofProxy.subject)
  })

  it('takes the Application ID URI in tokens of version 1', async () => {
    const token = await mint(1, { aud: 'https://contoso.com/mcp' })
    expect(await verify(token)).toBe('token_invalid')
    expect(await verify(token, { applicationIdUri: 'https://contoso.com/mcp' })).toMatchObject({ clientId })
  })

  it.each<readonly [string, 1 | 2, Claims]>([
    ['of another tenant', 2, { tid: otherTenant, iss: `https://login.microsoftonline.com/${otherTenant}/v2.0` }],
    ['of another tenant, version 1', 1, { tid: otherTenant, iss: `https://sts.windows.net/${otherTenant}/` }],
    ['whose tenant is not its issuer’s', 2, { tid: otherTenant }],
    ['without tenant', 2, { tid: undefined }],
    ['without object id', 2, { oid: undefined }],
    ['of an issuer that begins as ours', 2, { iss: `${v2}.evil.example` }],
    ['of ours with a slash more', 2, { iss: `${v2}/` }],
    ['of ours with a slash less, version 1', 1, { iss: v1.replace(/\/$/, '') }],
    ['of another cloud', 2, { iss: v2.replace('.com/', '.us/') }],
    ['for another application', 2, { aud: otherApplication }],
    ['for another application of ours', 1, { aud: `api://${otherApplication}` }],
    ['for the MCP endpoint, which is no audience of Entra', 2, { aud: 'https://mcp.example/mcp' }],
    ['for us and another', 2, { aud: [clientId, otherApplication] }],
    ['for us in a list', 2, { aud: [clientId] }],
    ['for Microsoft Graph', 1, { aud: '00000003-0000-0000-c000-000000000000' }],
    ['of version 2 with the audience of version 1', 2, { aud: `api://${clientId}` }],
    ['of version 1 with the audience of version 2', 1, { aud: clientId }],
    ['whose version is not its issuer’s', 2, { ver: '1.0' }],
    ['without scope, as an id_token', 2, { scp: undefined }],
    ['without client, as an id_token', 2, { azp: undefined }],
    ['with a nonce, as an id_token', 2, { nonce: 'n' }],
    ['that an application got for itself', 2, { scp: undefined, idtyp: 'app' }],
    ['that an application got for itself, with a scope', 2, { idtyp: 'app' }],
    ['from a clock that is 31 seconds ahead', 2, { iat: start + 31 }],
    ['that is not good yet', 2, { nbf: start + 31 }],
    ['without end', 2, { exp: undefined }],
  ])('A011, A012, A018: refuses a token %s', async (_name, version, claims) => {
    expect(await verify(await mint(version, claims))).toBe('token_invalid')
  })

  it('A017: refuses the id_token of the very application', async () => {
    const idToken = await fakes[2].mintIDToken({}, {}, 'current', { scopes: ['openid', 'profile'] })
    expect(await verify(idToken)).toBe('token_invalid')
    expect(await verify(idToken, { allowApplicationTokens: true })).toBe('token_invalid')
  })

  it('A015: refuses an opaque token, as for Microsoft Graph', async () => {
    const { access_token } = await fakes[2].issueTokens({ scopes: ['openid'] })
    expect(await verify(access_token)).toBe('token_invalid')
  })

  it.each<readonly [string, Claims, Key]>([
    ['nobody signed', {}, 'none'],
    ['was signed with a secret', {}, 'client-secret'],
    ['was signed with a key of nobody’s', {}, 'unpublished'],
    ['says it is something else', { typ: 'logout+jwt' }, 'current'],
  ])('A010: refuses a token that %s', async (_name, header, key) => {
    expect(await verify(await mint(2, {}, header, key))).toBe('token_invalid')
  })

  it('A013: lets a token end, with five seconds for clocks that differ', async () => {
    expect(await verify(await mint(2, { exp: start - 4 }))).toMatchObject({ clientId })
    expect(await verify(await mint(2, { exp: start - 5 }))).toBe('token_expired')
    expect(await verify(await mint(2, { iat: start + 30 }))).toMatchObject({ clientId })
  })

  it.each([1, 2] as const)('takes only version %i where it is told so', async (accessTokenVersion) => {
    expect(await verify(await mint(accessTokenVersion), { accessTokenVersion })).toMatchObject({ clientId })
    expect(await verify(await mint(accessTokenVersion === 1 ? 2 : 1), { accessTokenVersion })).toBe('token_invalid')
  })

  it('takes the token of an application where it is told so, without a scope', async () => {
    const token = await mint(2, { scp: undefined, idtyp: 'app', roles: ['Notes.Read.All'] })
    const session = await verify(token, { allowApplicationTokens: true })
    expect(session).toMatchObject({ scopes: [], roles: ['Notes.Read.All'] })
  })

  it('judges every token of many tenants by the issuer of its own', async () => {
    const many = { tenant: 'organizations', allowedTenants: [fakeTenantId] }
    expect(await verify(await mint(2), many)).toMatchObject({ clientId })
    const another = await mint(2, { tid: otherTenant, iss: `https://login.microsoftonline.com/${otherTenant}/v2.0` })
    expect(await verify(another, many)).toBe('token_invalid')
    const any = { tenant: 'organizations', dangerouslyAllowAnyTenant: true }
    expect(await verify(another, any)).toMatchObject({ subject: expect.stringContaining(otherTenant) })
    expect(await verify(await mint(2, { tid: otherTenant }), any)).toBe('token_invalid')
  })

  it('finds out which tenant a domain is, and refuses every other', async () => {
    const domain = { tenant: 'contoso.onmicrosoft.com' }
    expect(await verify(await mint(2), domain)).toMatchObject({ clientId })
    expect(await verify(await mint(1), domain)).toMatchObject({ clientId })
    const another = await mint(2, { tid: otherTenant, iss: `https://login.microsoftonline.com/${otherTenant}/v2.0` })
    expect(await verify(another, domain)).toBe('token_invalid')
  })

  it.each<readonly [string, string, Partial<RemoteEntraOptions>]>([
    ['the keys', 'jwks', {}],
    ['which tenant a domain is', 'metadata', { tenant: 'contoso.onmicrosoft.com' }],
  ])('A014, D9: says that it cannot know, while Entra does not say %s', async (_name, endpoint, options) => {
    const token = await mint(2)
    fakes[2].fail(endpoint, '503')
    expect(await verify(token, options)).toBe('upstream_unavailable')
  })

  it('takes version 1 of the cloud in China by its own issuer', async () => {
    const authority = 'https://login.partner.microsoftonline.cn'
    use({
      1: createFakeEntra({ now: () => start, authority, accessTokenVersion: 1 }),
      2: createFakeEntra({ now: () => start, authority }),
    })
    const china = await mint(1, { iss: `https://sts.chinacloudapi.cn/${fakeTenantId}/` })
    expect(await verify(china, { authority })).toMatchObject({ clientId })
    expect(await verify(await mint(1, { iss: v1 }), { authority })).toBe('token_invalid')
  })

  it.each<readonly [string, Claims, boolean]>([
    ['by name', { _claim_names: { groups: 'src1' }, groups: undefined }, true],
    ['by a switch', { hasgroups: true, groups: undefined }, true],
    ['by a switch that is text', { hasgroups: 'true', groups: undefined }, true],
    ['beside a part of them', { hasgroups: true }, true],
    ['of another claim', { _claim_names: { wids: 'src1' } }, false],
  ])('tells that groups are missing when the token says so %s', async (_name, claims, groupsOverage) => {
    const session = await remote().verifyAccessToken(await mint(2, claims))
    expect(session.identity.claims).toMatchObject({ groupsOverage })
    const { groups } = fakeEntraUsers.nelly.claims
    // A part never passes for the whole.
    expect(session.identity.claims['groups']).toEqual(groupsOverage ? undefined : groups)
  })

  it('leaves groups that do not fit into a token to the roles of the server, which must say something', async () => {
    const { subject, claims } = fakeEntraUsers.nelly
    const groups = Array.from({ length: 201 }, (_, n) => `6f5b2c1e-8f5a-4b0e-9d43-${String(n).padStart(12, '0')}`)
    fakes[2].users.set(subject, { subject, claims: { ...claims, groups } })
    const provider = remoteEntra({ tenant: fakeTenantId, clientId })
    const roles = entraRoles({ groups: { [String(groups[0])]: 'admin' }, onGroupsOverage: () => groups.slice(0, 1) })
    const auth = createRemoteOAuth({ baseUrl: 'https://mcp.example', provider, roles, now: () => start })
    const session = await auth.verifyAccessToken(await mint(2))
    expect(session.identity.claims).toMatchObject({ groupsOverage: true })
    expect(session.roles).toEqual(['Notes.Editor', 'admin'])
  })
})

describe('what clients are told', () => {
  async function document(auth: RemoteOAuth, path: string): Promise<unknown> {
    const response = await auth.fetch(new Request(`https://mcp.example/.well-known/${path}`))
    return await response?.json()
  }

  it('names Entra, and scopes as Entra wants to be asked', async () => {
    const auth = remote({ scopes: ['mcp.read', `api://${clientId}/mcp.write`] })
    expect(await document(auth, 'oauth-protected-resource/mcp')).toMatchObject({
      authorization_servers: [v2],
      scopes_supported: [`api://${clientId}/mcp.read`, `api://${clientId}/mcp.write`],
    })
    const challenge = await auth.authenticate(new Request('https://mcp.example/mcp', { method: 'POST' }))
    const header = challenge instanceof Response ? challenge.headers.get('www-authenticate') : ''
    expect(header).toContain(`scope="api://${clientId}/mcp.read api://${clientId}/mcp.write"`)
    expect(remoteEntra({ tenant: fakeTenantId, clientId }).scopes).toEqual([`api://${clientId}/.default`])
  })

  it.each<readonly [string, Partial<RemoteEntraOptions>, string]>([
    ['the issuer of the tenant behind a domain', { tenant: 'contoso.onmicrosoft.com' }, v2],
    [
      'no template for many tenants',
      { tenant: 'organizations', allowedTenants: [fakeTenantId] },
      'https://login.microsoftonline.com/organizations/v2.0',
    ],
  ])('A055: names %s', async (_name, options, issuer) => {
    const auth = remote(options)
    expect(await document(auth, 'oauth-protected-resource/mcp')).toMatchObject({ authorization_servers: [issuer] })
    expect(await document(auth, 'oauth-authorization-server')).toMatchObject({ issuer })
    await expect(auth.checkProvider()).resolves.toBeUndefined()
  })

  it('A059: adds what Entra leaves out of its metadata, and without which clients stop', async () => {
    const metadata = await document(remote(), 'oauth-authorization-server')
    expect(metadata).toMatchObject({
      issuer: v2,
      code_challenge_methods_supported: ['S256'],
      token_endpoint: `https://login.microsoftonline.com/${fakeTenantId}/oauth2/v2.0/token`,
    })
  })
})

describe('options that cannot work', () => {
  it.each<readonly [string, Partial<Record<keyof RemoteEntraOptions, unknown>>, string]>([
    ['a client id that is a name', { clientId: 'my-api' }, 'clientId'],
    ['every organization', { tenant: 'organizations' }, 'allowedTenants'],
    ['another version', { accessTokenVersion: 3 }, 'accessTokenVersion'],
    ['a version that is text', { accessTokenVersion: '2' }, 'accessTokenVersion'],
    ['a switch that is text', { allowApplicationTokens: 'no' }, 'allowApplicationTokens'],
    ['scopes in one text', { scopes: 'mcp.read' }, 'scopes'],
    ['no scope at all', { scopes: [] }, 'scopes'],
    ['a scope with a space', { scopes: ['a b'] }, 'scopes'],
    ['scopes of another resource', { scopes: ['https://graph.microsoft.com/User.Read'] }, 'scopes'],
    ['an Application ID URI that is none', { applicationIdUri: 'mcp' }, 'applicationIdUri'],
  ])('refuses %s and names the option', (_name, wrong, option) => {
    const options = { tenant: fakeTenantId, clientId, ...wrong } as RemoteEntraOptions
    expect(() => remoteEntra(options)).toThrow(ConfigurationError)
    expect(() => remoteEntra(options)).toThrow(expect.objectContaining({ option }))
  })
})
