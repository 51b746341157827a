import type { OAuthProxyOptions } from '@mcp-auth/core'
import { type GitHubOptions, github } from '@mcp-auth/provider-github'
import {
  createFakeGitHub,
  type FakeGitHub,
  type FakeGitHubOptions,
  githubHandlers,
} from '@mcp-auth/provider-github/mocks'
import { createTestClock } from '@mcp-auth/testing'
import { setupServer } from 'msw/node'
import { describe, expect, it, onTestFinished } from 'vitest'
import { holdDeadlines } from '../../testing/src/support/deadlines.ts'
import { createServer, type TestServer } from '../../testing/test/support/sign-in.ts'

const hour = 3600

interface Setup {
  readonly fake: FakeGitHub
  readonly server: TestServer
}

/** A server whose network leads to GitHub alone. */
function start(
  options: Partial<GitHubOptions> = {},
  fakeOptions: FakeGitHubOptions = {},
  serverOptions: Partial<OAuthProxyOptions> = {},
): Setup {
  const clock = createTestClock(1_800_000_000)
  const { kind } = options
  const fake = createFakeGitHub({ now: clock.now, ...(kind === undefined ? {} : { kind }), ...fakeOptions })
  const network = setupServer(...githubHandlers(fake))
  network.listen({ onUnhandledFrame: 'error' })
  onTestFinished(() => {
    fake.release()
    network.close()
  })
  const provider = github({ clientId: fake.clientId, clientSecret: fake.clientSecret, ...options })
  return { fake, server: createServer(provider, clock, serverOptions) }
}

describe('signing in with an OAuth App', () => {
  it('gives a session of the user, and a token for GitHub to tools', async () => {
    const { fake, server } = start({ scopes: ['read:user', 'user:email'] })
    const tokens = await server.signIn()
    const session = await server.session(tokens)
    expect(session.subject).toMatch(/^\d+$/)
    expect(session.identity).toMatchObject({
      username: 'nelly',
      claims: { login: 'nelly', email: 'nelly@example.com' },
    })
    expect(session.scopes).toEqual(['read:user', 'user:email'])
    expect(await session.getUpstreamAccessToken()).toMatch(/^gho_/)
    expect(fake.requests.map(({ endpoint }) => endpoint)).toEqual(['authorize', 'token', 'check', 'user', 'emails'])
  })

  it('sends nothing of the client to GitHub, and says who it is', async () => {
    const { fake, server } = start()
    await server.signIn()
    const [authorize] = fake.requestsTo('authorize')
    expect(Object.keys(authorize?.query ?? {}).sort()).toEqual(
      [
        'client_id',
        'code_challenge',
        'code_challenge_method',
        'redirect_uri',
        'response_type',
        'scope',
        'state',
      ].sort(),
    )
    const calls = fake.requests.filter(({ endpoint }) => endpoint !== 'authorize')
    expect(calls.map(({ headers }) => [headers['user-agent'], headers['accept']])).toEqual(
      calls.map(() => ['@mcp-auth/provider-github', 'application/json']),
    )
  })

  it('grants the scope that GitHub leaves out because a wider one contains it', async () => {
    const { server } = start({ scopes: ['user', 'user:email', 'gist'] })
    expect((await server.signIn()).scope).toBe('user user:email gist')
  })

  it('grants what the user was asked for and no more', async () => {
    const { server } = start({ scopes: ['read:user'], optionalScopes: ['repo'] })
    expect((await server.signIn('read:user')).scope).toBe('read:user')
  })

  it('reads an answer that is a form', async () => {
    const { fake, server } = start({ scopes: ['read:user', 'user:email'] })
    fake.fail('token', async () => {
      const { access_token } = await fake.issueTokens({ scopes: ['read:user', 'user:email'] })
      return new Response(new URLSearchParams({ access_token, token_type: 'bearer', scope: 'read:user,user:email' }))
    })
    expect((await server.signIn()).scope).toBe('read:user user:email')
  })

  it('A026 tells the client when the user says no', async () => {
    const { fake, server } = start()
    fake.settings.deny = true
    expect((await server.authorize()).parameters.get('error')).toBe('access_denied')
    expect(fake.requestsTo('token')).toEqual([])
  })

  it.each([
    ['absent', 'code'],
    ['right', 'code'],
  ] as const)('goes on when the iss of the answer is %s', async (issuer, member) => {
    const { fake, server } = start()
    fake.settings.issuer = issuer
    expect((await server.authorize()).parameters.has(member)).toBe(true)
  })

  it('refuses an answer with the iss of somebody else, and one without when it is required', async () => {
    const { fake, server } = start({ requireIssuer: true })
    fake.settings.issuer = 'wrong'
    await expect(server.authorize()).rejects.toThrow(/no redirect: 400/)
    fake.settings.issuer = 'absent'
    await expect(server.authorize()).rejects.toThrow(/no redirect: 400/)
    expect(fake.requestsTo('token')).toEqual([])
  })

  it('A112 a code that GitHub refuses with status 200 signs nobody in, and its words stay here', async () => {
    const { fake, server } = start()
    await server.signIn()
    const used = fake.requestsTo('token')[0]?.form['code'] ?? ''
    const { parameters } = await server.authorize(undefined, (callback) => callback.searchParams.set('code', used))
    expect(parameters.get('error')).toBe('server_error')
    expect(server.failures()).toEqual(['invalid_grant'])
    expect(parameters.toString()).not.toMatch(/verification|incorrect/)
  })

  it("signs nobody in with another application's token", async () => {
    const { fake, server } = start()
    fake.settings.foreignApplication = true
    expect((await server.authorize()).parameters.get('error')).toBe('server_error')
    expect(server.failures()).toEqual(['invalid_token'])
    expect(server.events.map(({ type }) => type)).not.toContain('login.succeeded')
  })

  it('tells the operator of a wrong secret, and the client nothing', async () => {
    const { server } = start({ clientSecret: 'wrong' })
    expect((await server.authorize()).parameters.get('error')).toBe('server_error')
    expect(server.failures()).toEqual(['invalid_client'])
  })

  it.each(['429', '503', 'html', 'garbage', 'empty'] as const)(
    'A027 an API that answers with %s is an outage at sign-in',
    async (fault) => {
      const { fake, server } = start()
      fake.fail('check', fault, 1)
      expect((await server.authorize()).parameters.get('error')).toBe('temporarily_unavailable')
      expect((await server.authorize()).parameters.has('code')).toBe(true)
    },
  )

  it('D9: a rate limit that comes as 403 is an outage and not a refusal', async () => {
    const { fake, server } = start()
    const headers = { 'x-ratelimit-remaining': '0' }
    fake.fail('user', () => Response.json({ message: 'API rate limit exceeded' }, { status: 403, headers }), 1)
    expect((await server.authorize()).parameters.get('error')).toBe('temporarily_unavailable')
  })

  it('A099 gives up when GitHub does not answer', async () => {
    const { fake, server } = start({}, {}, { upstreamTimeoutSeconds: 0.1 })
    fake.fail('token', 'hang')
    expect((await server.authorize()).parameters.get('error')).toBe('temporarily_unavailable')
  })

  it('D8: no code and no token of GitHub is ever seen by a client', async () => {
    const { fake, server } = start()
    await server.refresh(await server.signIn())
    expect(fake.secrets.length).toBeGreaterThan(1)
    const codes = fake.requestsTo('token').map(({ form }) => form['code'])
    const hidden = fake.secrets.filter((secret) => !codes.includes(secret))
    expect(hidden.filter((secret) => server.answers.join('\n').includes(secret))).toEqual([])
  })
})

describe('a token that does not expire and has no refresh token', () => {
  it('is prolonged by asking GitHub again whose it is', async () => {
    const { fake, server } = start()
    const tokens = await server.signIn()
    const first = await (await server.session(tokens)).getUpstreamAccessToken()
    server.advance(20 * 24 * hour)
    const { status, body } = await server.refresh(tokens)
    expect([status, body['scope']]).toEqual([200, 'read:user'])
    expect(fake.requestsTo('refresh')).toEqual([])
    expect(fake.requestsTo('check')).toHaveLength(2)
    const renewed = { ...tokens, accessToken: String(body['access_token']) }
    expect(await (await server.session(renewed)).getUpstreamAccessToken()).toBe(first)
  })

  it('follows the user to another name, and to no other user', async () => {
    const { fake, server } = start()
    const tokens = await server.signIn()
    const nelly = fake.users.get(fake.settings.user)
    if (nelly) fake.users.set(fake.settings.user, { ...nelly, claims: { ...nelly.claims, login: 'nelly-2' } })
    const { body } = await server.refresh(tokens)
    const session = await server.session({ ...tokens, accessToken: String(body['access_token']) })
    expect([session.subject, session.identity.username]).toEqual([fake.settings.user, 'nelly-2'])
  })

  it('C11 ends the session once GitHub does not know it any more', async () => {
    const { fake, server } = start()
    const tokens = await server.signIn()
    fake.dropAccessTokens()
    const { status, body } = await server.refresh(tokens)
    expect([status, body['error']]).toEqual([400, 'invalid_grant'])
    await expect(server.session(tokens)).rejects.toMatchObject({ reason: 'grant_revoked' })
  })

  it.each(['429', '500', 'html'] as const)('D9: is prolonged while the API answers with %s', async (fault) => {
    const { fake, server } = start()
    const tokens = await server.signIn()
    fake.fail('check', fault)
    expect((await server.refresh(tokens)).status).toBe(200)
  })
})

describe('signing in with a GitHub App', () => {
  const kind = 'github-app'

  it('keeps the scope that the client asked for, though GitHub answers that there are none', async () => {
    const { fake, server } = start({ kind })
    const tokens = await server.signIn()
    expect(tokens.scope).toBe('github')
    expect((await server.session(tokens)).scopes).toEqual(['github'])
    expect(await (await server.session(tokens)).getUpstreamAccessToken()).toMatch(/^ghu_/)
    expect((await fake.issueTokens()).scope).toBe('')
  })

  it('grants scopes of your own as they were asked for', async () => {
    const { server } = start({ kind, scopes: ['issues'], optionalScopes: ['deploy'] })
    expect((await server.signIn('deploy')).scope).toBe('deploy')
    expect((await server.signIn()).scope).toBe('issues')
  })

  it('takes the next refresh token each time, and the scope survives', async () => {
    const { fake, server } = start({ kind })
    const tokens = await server.signIn()
    server.advance(9 * hour)
    const second = await server.refresh(tokens)
    expect([second.status, second.body['scope']]).toEqual([200, 'github'])
    server.advance(9 * hour)
    const third = await server.refresh({ ...tokens, refreshToken: String(second.body['refresh_token']) })
    expect(third.status).toBe(200)
    const sent = fake.requestsTo('refresh').map(({ form }) => form['refresh_token'])
    expect(new Set(sent).size).toBe(2)
  })

  it('A096 ends the session when GitHub refuses the refresh token with status 200', async () => {
    const { fake, server } = start({ kind })
    const tokens = await server.signIn()
    fake.dropRefreshTokens()
    server.advance(9 * hour)
    const { status, body } = await server.refresh(tokens)
    expect([status, body['error']]).toEqual([400, 'invalid_grant'])
    expect(server.failures()).toEqual(['invalid_grant'])
  })

  it.each(['429', '503', 'html', 'garbage', 'empty', 'hang'] as const)(
    'A097 a refresh that GitHub answers with %s is to be tried again',
    async (fault) => {
      const deadlines = holdDeadlines()
      const { fake, server } = start({ kind })
      const tokens = await server.signIn()
      server.advance(9 * hour)
      fake.fail('refresh', fault, 1)
      if (fault === 'hang') deadlines.endWhenAsked(fake, 'refresh')
      const refused = await server.refresh(tokens)
      expect([refused.status, refused.body['error']]).toEqual([503, 'temporarily_unavailable'])
      expect(refused.headers.get('www-authenticate')).toBeNull()
      fake.settings.latency = undefined
      fake.release()
      expect((await server.refresh(tokens)).status).toBe(200)
    },
  )
})

describe('organizations', () => {
  const organizations = ['octo-org']
  const member = { organizations: { 'octo-org': { id: 7, role: 'admin', state: 'active' } } }
  const withMember = (fake: FakeGitHub, claims: Readonly<Record<string, unknown>>): void => {
    const key = fake.settings.user
    const user = fake.users.get(key)
    if (user) fake.users.set(key, { ...user, claims: { ...user.claims, ...claims } })
  }

  it('let members in and ask for the scope that shows them', async () => {
    const { fake, server } = start({ organizations })
    withMember(fake, member)
    const session = await server.session(await server.signIn())
    expect(session.identity.claims['organizations']).toEqual([{ id: 7, login: 'octo-org', role: 'admin' }])
    expect(fake.requestsTo('authorize')[0]?.query['scope']).toBe('read:org read:user')
    expect(session.scopes).toEqual(['read:user'])
  })

  it('A026 let nobody else in', async () => {
    const { server } = start({ organizations })
    expect((await server.authorize()).parameters.get('error')).toBe('access_denied')
  })

  it('let nobody in whose invitation is open', async () => {
    const { fake, server } = start({ organizations })
    withMember(fake, { organizations: { 'octo-org': { id: 7, role: 'member', state: 'pending' } } })
    expect((await server.authorize()).parameters.get('error')).toBe('access_denied')
  })

  it('C11 end the session of somebody who has left, when it is next prolonged', async () => {
    const { fake, server } = start({ organizations })
    withMember(fake, member)
    const tokens = await server.signIn()
    expect((await server.session(tokens)).subject).toBe(fake.settings.user)
    withMember(fake, { organizations: {} })
    const { status, body } = await server.refresh(tokens)
    expect([status, body['error']]).toEqual([400, 'invalid_grant'])
    await expect(server.session(tokens)).rejects.toMatchObject({ reason: 'grant_revoked' })
    expect(server.events).toContainEqual(expect.objectContaining({ type: 'grant.revoked', reason: 'upstream_revoked' }))
  })

  it.each(['429', '500', 'html'] as const)('D9: end no session while GitHub answers with %s', async (fault) => {
    const { fake, server } = start({ organizations })
    withMember(fake, member)
    const tokens = await server.signIn()
    fake.fail('membership', fault)
    expect((await server.authorize()).parameters.get('error')).toBe('temporarily_unavailable')
    expect((await server.refresh(tokens)).status).toBe(200)
    expect((await server.session(tokens)).subject).toBe(fake.settings.user)
  })
})
