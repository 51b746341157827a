import { createMemoryStore } from '@mcp-auth/core'
import { type EntraOptions, entra, entraRoles } from '@mcp-auth/provider-entra'
import {
  createFakeEntra,
  entraHandlers,
  type FakeEntra,
  fakeEntraUsers,
  fakeTenantId,
} from '@mcp-auth/provider-entra/mocks'
import { createTestClock, type TestClock } from '@mcp-auth/testing'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createServer, signIn, type TestServer } from '../../testing/test/support/sign-in.ts'

/** 2026-11-20T10:00:00Z */
const start = 1_795_168_800
const otherTenant = 'aaaaaaaa-2b34-4da1-9baa-8bc8c9d6a490'
const nelly = '0f1c2d3e-1111-4a5b-8c6d-7e8f9a0b1c2d'
const graph = 'https://graph.microsoft.com'
let clock: TestClock
let fake: FakeEntra
const network = setupServer()
beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
beforeEach(() => {
  clock = createTestClock(start)
  fake = createFakeEntra({ now: clock.now })
  network.resetHandlers(...entraHandlers(fake))
})
afterAll(() => network.close())

function serverFor(options: Partial<EntraOptions> = {}): TestServer {
  const { clientId, clientSecret } = fake
  const provider = entra({ tenant: fakeTenantId, clientId, clientSecret, ...options })
  return createServer(provider, clock, { roles: entraRoles() })
}

/** Nelly with other claims. */
function change(claims: Record<string, unknown>): void {
  const { subject } = fakeEntraUsers.nelly
  fake.users.set(subject, { subject, claims: { ...fakeEntraUsers.nelly.claims, ...claims } })
}

const manyGroups = Array.from({ length: 201 }, (_, n) => `6f5b2c1e-8f5a-4b0e-9d43-${String(n).padStart(12, '0')}`)

describe('a sign-in with Entra ID', () => {
  it('knows the user by tenant and object, from the id_token alone', async () => {
    const { session } = await signIn(serverFor())
    expect(session.identity).toEqual({
      subject: `${fakeTenantId}.${nelly}`,
      username: 'nelly@contoso.example',
      claims: {
        oid: nelly,
        tid: fakeTenantId,
        name: 'Nelly Example',
        preferred_username: 'nelly@contoso.example',
        email: 'nelly@contoso.example',
        roles: ['Notes.Editor'],
        groups: ['6f5b2c1e-8f5a-4b0e-9d43-0e6a4a7a1b11'],
        groupsOverage: false,
      },
    })
    expect(session.roles).toEqual(['Notes.Editor'])
    expect(fake.requests.map(({ endpoint }) => endpoint)).toEqual(['authorize', 'token', 'jwks'])
  })

  it('asks for long names and shows short ones, and never sends resource', async () => {
    const { session, scope } = await signIn(
      serverFor({ scopes: ['mcp.read'], optionalScopes: ['mcp.write'] }),
      'mcp.read mcp.write',
    )
    const asked = fake.requestsTo('authorize')[0]?.query
    expect(asked?.['scope']).toBe(
      `openid profile api://${fake.clientId}/mcp.read api://${fake.clientId}/mcp.write offline_access`,
    )
    expect(asked?.['nonce']).toMatch(/^[\w-]{43}$/)
    expect(asked).not.toHaveProperty('resource')
    expect(fake.requestsTo('token')[0]?.form).not.toHaveProperty('resource')
    expect([scope, session.scopes]).toEqual(['mcp.read mcp.write', ['mcp.read', 'mcp.write']])
  })

  it('A097: names the scopes again at a refresh, those Entra left out of its answer included', async () => {
    const server = serverFor({ scopes: ['mcp.read'] })
    const client = await signIn(server)
    clock.advance(3600)
    expect((await server.refresh(client)).status).toBe(200)
    clock.advance(3600)
    await expect(client.session.getUpstreamAccessToken()).resolves.toMatch(/^eyJ/)
    const scopes = fake.requestsTo('refresh').map(({ form }) => form['scope'])
    expect(scopes).toEqual(
      Array.from({ length: 2 }, () => `api://${fake.clientId}/mcp.read openid profile offline_access`),
    )
    const spent = fake.requestsTo('refresh').map(({ form }) => form['refresh_token'])
    expect(new Set(spent).size).toBe(2)
  })

  it('signs users of a national cloud in', async () => {
    const authority = 'https://login.microsoftonline.us'
    fake = createFakeEntra({ now: clock.now, authority })
    network.resetHandlers(...entraHandlers(fake))
    const { session } = await signIn(serverFor({ authority }))
    expect(session.subject).toBe(`${fakeTenantId}.${nelly}`)
  })

  it('finds out which tenant a domain is', async () => {
    const { session } = await signIn(serverFor({ tenant: 'contoso.onmicrosoft.com' }))
    expect(session.subject).toBe(`${fakeTenantId}.${nelly}`)
    expect(fake.requestsTo('metadata').map(({ path }) => path)).toContain(
      '/contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration',
    )
  })
})

describe('tenants', () => {
  beforeEach(() => change({ tid: otherTenant }))

  it.each<readonly [string, Partial<EntraOptions>]>([
    ['where one tenant may sign in', {}],
    ['where the tenant is known by its domain', { tenant: 'contoso.onmicrosoft.com' }],
  ])('A018: refuses a user of another tenant %s', async (_name, options) => {
    const server = serverFor(options)
    expect((await server.authorize()).parameters.get('error')).not.toBeNull()
    expect(server.loginFailure()).toBe('invalid_token')
  })

  it('denies a user of a tenant that is not on the list, and says so', async () => {
    const server = serverFor({ tenant: 'organizations', allowedTenants: [fakeTenantId] })
    expect((await server.authorize()).parameters.get('error')).toBe('access_denied')
    expect(server.loginFailure()).toBe('access_denied')
  })

  it('C11: ends the grants of a tenant that was taken off the list, at the next refresh', async () => {
    const { clientId, clientSecret } = fake
    const shared = { store: createMemoryStore({ now: clock.now }), secret: 'A'.repeat(43) }
    const serverAllowing = (allowedTenants: readonly string[]): TestServer => {
      const provider = entra({ tenant: 'organizations', allowedTenants, clientId, clientSecret })
      return createServer(provider, clock, shared)
    }
    const client = await signIn(serverAllowing([fakeTenantId, otherTenant]))
    const { status, body } = await serverAllowing([fakeTenantId]).refresh(client)
    expect([status, body]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })])
  })

  it('tells users of two tenants apart who have the same object id', async () => {
    const server = serverFor({ tenant: 'organizations', allowedTenants: [fakeTenantId, otherTenant.toUpperCase()] })
    const there = await signIn(server)
    change({ tid: fakeTenantId })
    const here = await signIn(server)
    expect([there.session.subject, here.session.subject]).toEqual([
      `${otherTenant}.${nelly}`,
      `${fakeTenantId}.${nelly}`,
    ])
  })

  it('admits every tenant only where that was said in so many words', async () => {
    const { session } = await signIn(serverFor({ tenant: 'common', dangerouslyAllowAnyTenant: true }))
    expect(session.subject).toBe(`${otherTenant}.${nelly}`)
  })
})

describe('groups that do not fit into a token', () => {
  it('says that it does not know them, instead of naming none', async () => {
    change({ groups: manyGroups })
    const { claims } = (await signIn(serverFor())).session.identity
    expect(claims).toMatchObject({ groupsOverage: true })
    expect(claims).not.toHaveProperty('groups')
  })

  const resolveGroups: EntraOptions['resolveGroups'] = async ({ getJSON, tenantId, objectId }) => {
    expect([tenantId, objectId]).toEqual([fakeTenantId, nelly])
    const { value } = (await getJSON(`${graph}/v1.0/me/transitiveMemberOf`)) as { value: { id: string }[] }
    return value.map(({ id }) => id)
  }

  it('asks who knows them, and only then', async () => {
    const server = serverFor({ scopes: [`${graph}/GroupMember.Read.All`], resolveGroups })
    await signIn(server)
    expect(fake.requestsTo('memberOf')).toEqual([])
    change({ groups: manyGroups })
    const { claims } = (await signIn(server)).session.identity
    expect(claims).toMatchObject({ groupsOverage: false, groups: manyGroups })
  })

  it.each<readonly [string, '503' | '401', string]>([
    ['an outage of Graph', '503', 'unavailable'],
    ['a token that Graph refuses', '401', 'invalid_token'],
  ])('signs nobody in as somebody without groups at %s', async (_name, fault, kind) => {
    change({ groups: manyGroups })
    fake.fail('memberOf', fault)
    const server = serverFor({ scopes: [`${graph}/GroupMember.Read.All`], resolveGroups })
    expect((await server.authorize()).parameters.get('code')).toBeNull()
    expect(server.loginFailure()).toBe(kind)
  })

  it('signs nobody in when the hook breaks', async () => {
    change({ groups: manyGroups })
    const server = serverFor({ resolveGroups: async () => await Promise.reject(new TypeError('secret detail')) })
    const { parameters } = await server.authorize()
    expect(parameters.get('error')).toBe('temporarily_unavailable')
    expect(parameters.toString()).not.toContain('secret')
  })
})

describe('id_tokens', () => {
  type Mint = (nonce: string | undefined) => Promise<string>
  const scopes = ['openid', 'profile', 'email', 'offline_access']
  const mint =
    (claims: Record<string, unknown>, header = {}, key: Parameters<FakeEntra['mintIDToken']>[2] = 'current'): Mint =>
    async (nonce) =>
      await fake.mintIDToken({ nonce, ...claims }, header, key, { scopes })

  /** Signs in with an id_token of our making. */
  async function signInWith(make: Mint): Promise<string | undefined> {
    const server = serverFor()
    const issued = await fake.issueTokens({ scopes })
    fake.fail('token', async () => {
      const nonce = fake.requestsTo('authorize').at(-1)?.query['nonce']
      return Response.json({ ...issued, id_token: await make(nonce) })
    })
    const { parameters } = await server.authorize()
    return parameters.has('code') ? 'signed in' : server.loginFailure()
  }

  it.each<readonly [string, Mint]>([
    ['as Entra issues it', mint({})],
    ['that ended 59 seconds ago, since clocks differ', mint({ exp: start - 59 })],
    ['from a clock that is 60 seconds ahead', mint({ iat: start + 60 })],
  ])('takes one %s', async (_name, make) => {
    expect(await signInWith(make)).toBe('signed in')
  })

  it.each<readonly [string, Mint, string]>([
    ['for another application', mint({ aud: '99999999-2222-4333-8444-555555555555' }), 'invalid_token'],
    [
      'for us and others, issued to another',
      mint({ aud: ['11111111-2222-4333-8444-555555555555', 'x'], azp: 'x' }),
      'invalid_token',
    ],
    ['of another sign-in', mint({ nonce: 'other' }), 'invalid_token'],
    ['without nonce', mint({ nonce: undefined }), 'invalid_token'],
    ['that ended 60 seconds ago', mint({ exp: start - 60 }), 'invalid_token'],
    ['from a clock that is 61 seconds ahead', mint({ iat: start + 61 }), 'invalid_token'],
    [
      'of another tenant',
      mint({ tid: otherTenant, iss: `https://login.microsoftonline.com/${otherTenant}/v2.0` }),
      'invalid_token',
    ],
    ['whose tenant and issuer differ', mint({ tid: otherTenant }), 'invalid_token'],
    ['without tenant', mint({ tid: undefined }), 'invalid_token'],
    ['by an issuer of version 1', mint({ iss: `https://sts.windows.net/${fakeTenantId}/` }), 'invalid_token'],
    [
      'by an issuer with a slash more',
      mint({ iss: `https://login.microsoftonline.com/${fakeTenantId}/v2.0/` }),
      'invalid_token',
    ],
    [
      'by an issuer of another cloud',
      mint({ iss: `https://login.microsoftonline.us/${fakeTenantId}/v2.0` }),
      'invalid_token',
    ],
    ['that nobody signed', mint({}, {}, 'none'), 'invalid_token'],
    ['signed with our secret', mint({}, {}, 'client-secret'), 'invalid_token'],
    ['signed with a key of nobody’s', mint({}, {}, 'unpublished'), 'invalid_token'],
    ['without object id', mint({ oid: undefined }), 'protocol'],
    ['with an object id that is a name', mint({ oid: 'nelly' }), 'protocol'],
    ['that is no token', async () => await Promise.resolve('nonsense'), 'invalid_token'],
  ])('A010, A015: refuses one %s', async (_name, make, kind) => {
    expect(await signInWith(make)).toBe(kind)
  })
})
