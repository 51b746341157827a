import { type Auth0Options, auth0, auth0Roles } from '@mcp-auth/provider-auth0'
import {
  auth0Handlers,
  createFakeAuth0,
  type FakeAuth0,
  type FakeAuth0Options,
  fakeAuth0Users,
} from '@mcp-auth/provider-auth0/mocks'
import { createTestClock, type TestClock } from '@mcp-auth/testing'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createServer, signIn, type TestServer } from '../../testing/test/support/sign-in.ts'

/** 2026-11-20T10:00:00Z */
const start = 1_795_168_800
const issuer = 'https://tenant.eu.auth0.com/'
const audience = 'https://api.example'
const rolesClaim = 'https://my-server.example/roles'
const subject = fakeAuth0Users.nelly.subject
let clock: TestClock
let fake: FakeAuth0
const network = setupServer()
beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
beforeEach(() => use({}))
afterAll(() => network.close())

function use(settings: FakeAuth0Options): void {
  clock = createTestClock(start)
  fake = createFakeAuth0({ now: clock.now, ...settings })
  network.resetHandlers(...auth0Handlers(fake))
}

function serverFor(options: Partial<Auth0Options> = {}): TestServer {
  const { domain, clientId, clientSecret } = fake
  const provider = auth0({ domain, clientId, clientSecret, ...options })
  return createServer(provider, clock, { roles: auth0Roles })
}

/** What was sent to Auth0's authorization page. */
function asked(): Readonly<Record<string, string>> {
  return fake.requestsTo('authorize').at(-1)?.query ?? {}
}

describe('a sign-in with Auth0', () => {
  it('knows the user from the id_token alone, and asks for a refresh token', async () => {
    const { session } = await signIn(serverFor({ rolesClaim }))
    expect(session.identity).toEqual({
      subject,
      username: 'nelly',
      claims: {
        sub: subject,
        name: 'Nelly Example',
        nickname: 'nelly',
        email: 'nelly@example.com',
        email_verified: true,
        picture: 'https://cdn.example/nelly.png',
        roles: ['editor'],
      },
    })
    expect(session.roles).toEqual(['editor'])
    expect(asked()['scope']).toBe('openid profile email offline_access')
    expect(asked()).not.toHaveProperty('audience')
    expect(asked()).not.toHaveProperty('resource')
    expect(fake.requests.map(({ endpoint }) => endpoint)).toEqual(['authorize', 'token', 'jwks'])
  })

  it('gives tools an opaque token without an audience, and one for the API with it', async () => {
    const without = await signIn(serverFor())
    expect(await without.session.getUpstreamAccessToken()).not.toContain('.')
    const withAudience = await signIn(serverFor({ audience, connection: 'github', prompt: 'login' }))
    expect(await withAudience.session.getUpstreamAccessToken()).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(asked()).toMatchObject({ audience, connection: 'github', prompt: 'login' })
  })

  it('has no roles unless it is told where they are', async () => {
    const { session } = await signIn(serverFor())
    expect([session.roles, session.identity.claims]).toEqual([
      [],
      expect.not.objectContaining({ permissions: expect.anything() }),
    ])
  })

  it('takes permissions of the API for roles where it is told so', async () => {
    const { session } = await signIn(serverFor({ audience, permissions: 'roles', rolesClaim }))
    expect(session.roles).toEqual(['editor', 'read:notes'])
    expect(session.identity.claims).toMatchObject({ permissions: ['read:notes'] })
  })

  it.each([true, false])('A097: refreshes time and again, with rotation %s', async (rotation) => {
    use({ rotation })
    const server = serverFor()
    const { session } = await signIn(server)
    for (let round = 0; round < 3; round += 1) {
      clock.advance(3600)
      await session.getUpstreamAccessToken()
    }
    const spent = fake.requestsTo('refresh').map(({ form }) => form['refresh_token'])
    expect([spent.length, new Set(spent).size]).toEqual([3, rotation ? 3 : 1])
  })

  it('signs users in at a custom domain, whose name the tokens carry', async () => {
    use({ domain: 'login.contoso.example' })
    expect((await signIn(serverFor())).session.subject).toBe(subject)
  })

  it('ends the session of a user who was blocked, in Auth0’s own words', async () => {
    const server = serverFor()
    const client = await signIn(server)
    clock.advance(3600)
    fake.fail('refresh', () =>
      Response.json({ error: 'unauthorized', error_description: 'user is blocked' }, { status: 403 }),
    )
    expect((await server.refresh(client)).status).toBe(400)
    await expect(client.session.getUpstreamAccessToken()).rejects.toMatchObject({ reason: 'grant_revoked' })
  })

  it('D9: waits until the limit ends, by the clock of Auth0', async () => {
    const server = serverFor()
    const client = await signIn(server)
    clock.advance(3600)
    fake.fail('refresh', '429', 1)
    const answer = await server.refresh(client)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
    expect((await server.refresh(client)).status).toBe(200)
  })
})

describe('what a revocation ends', () => {
  async function revoke({ auth }: TestServer, token: string, client_id: string): Promise<number | undefined> {
    const body = new URLSearchParams({ token, client_id }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const response = await auth.fetch(new Request('https://mcp.example/revoke', { method: 'POST', headers, body }))
    return response?.status
  }

  it.each<readonly [string, boolean, readonly number[]]>([
    ['a refresh token alone', false, [1, 2]],
    ['every token of the user, and so only with the last client', true, [0, 1]],
  ])('is %s', async (_name, revocationDeletesGrant, expected) => {
    use({ revocationDeletesGrant })
    const server = serverFor({ revocationDeletesGrant })
    const clients = [await signIn(server), await signIn(server)]
    const counts: number[] = []
    for (const { refreshToken, clientId } of clients) {
      expect(await revoke(server, refreshToken, clientId)).toBe(200)
      counts.push(fake.requestsTo('revoke').length)
    }
    expect(counts).toEqual(expected)
  })
})

describe('organizations', () => {
  it('signs members in, and asks Auth0 for the organization', async () => {
    const { session } = await signIn(serverFor({ organization: 'org_Contoso1' }))
    expect(asked()['organization']).toBe('org_Contoso1')
    expect(session.identity.claims).toMatchObject({ org_id: 'org_Contoso1' })
  })

  it.each<readonly [string, string | undefined]>([
    ['names another one', 'org_Fabrikam1'],
    ['names none', undefined],
  ])('denies a user whose id_token %s', async (_name, org_id) => {
    const server = serverFor({ organization: 'org_Contoso1' })
    expect(await signInWith(server, { org_id })).toBe('access_denied')
  })
})

/** Signs in with an id_token of our making. */
async function signInWith(
  server: TestServer,
  claims: Record<string, unknown>,
  key: Parameters<FakeAuth0['mintIDToken']>[2] = 'current',
  members: Record<string, unknown> = {},
): Promise<string | undefined> {
  const scopes = ['openid', 'profile', 'offline_access']
  const issued = await fake.issueTokens({ scopes, parameters: { audience } })
  fake.fail('token', async () => {
    const { nonce } = asked()
    const id_token = await fake.mintIDToken({ nonce, org_id: 'org_Contoso1', ...claims }, {}, key, { scopes })
    return Response.json({ ...issued, id_token, ...members })
  })
  const { parameters } = await server.authorize()
  return parameters.has('code') ? 'signed in' : server.loginFailure()
}

describe('id_tokens', () => {
  it.each<readonly [string, Record<string, unknown>]>([
    ['as Auth0 issues it', {}],
    ['that ended 59 seconds ago, since clocks differ', { exp: start - 59 }],
    ['from a clock that is 60 seconds ahead', { iat: start + 60 }],
  ])('takes one %s', async (_name, claims) => {
    expect(await signInWith(serverFor(), claims)).toBe('signed in')
  })

  it.each<readonly [string, Record<string, unknown>, Parameters<FakeAuth0['mintIDToken']>[2]]>([
    ['for another application', { aud: 'another-application' }, 'current'],
    ['for an API', { aud: audience }, 'current'],
    ['of another sign-in', { nonce: 'other' }, 'current'],
    ['without nonce', { nonce: undefined }, 'current'],
    ['that ended 60 seconds ago', { exp: start - 60 }, 'current'],
    ['from a clock that is 61 seconds ahead', { iat: start + 61 }, 'current'],
    ['of another tenant', { iss: 'https://other.eu.auth0.com/' }, 'current'],
    ['of the issuer without its slash', { iss: issuer.slice(0, -1) }, 'current'],
    ['without subject', { sub: undefined }, 'current'],
    ['that nobody signed', {}, 'none'],
    ['signed with our secret', {}, 'client-secret'],
    ['signed with a key of nobody’s', {}, 'unpublished'],
  ])('A010, A015: refuses one %s', async (_name, claims, key) => {
    expect(await signInWith(serverFor(), claims, key)).toBe('invalid_token')
  })

  it('signs nobody in without one', async () => {
    expect(await signInWith(serverFor(), {}, 'current', { id_token: undefined })).toBe('protocol')
  })
})

describe('access tokens whose permissions count', () => {
  const options = { audience, permissions: 'roles' } as const

  it.each<readonly [string, Record<string, unknown>]>([
    ['of another user', { sub: 'auth0|somebody-else' }],
    ['for another application', { azp: 'another-application' }],
    ['for another API', { aud: 'https://other.example' }],
    ['of another tenant', { iss: 'https://other.eu.auth0.com/' }],
  ])('A015: signs nobody in with one %s', async (_name, claims) => {
    const access_token = await fake.mintAccessToken(claims, {}, 'current', { parameters: { audience } })
    expect(await signInWith(serverFor(options), {}, 'current', { access_token })).toBe('invalid_token')
  })

  it.each(['opaque', 'a.b.c', `x.${btoa('[]')}.x`, `x.${btoa('{')}.x`])(
    'signs nobody in with %s',
    async (access_token) => {
      expect(await signInWith(serverFor(options), {}, 'current', { access_token })).toBe('protocol')
    },
  )
})
