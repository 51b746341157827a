import type { OAuthProxyOptions } from '@mcp-auth/core'
import { type GoogleOptions, google } from '@mcp-auth/provider-google'
import {
  createFakeGoogle,
  type FakeGoogle,
  type FakeGoogleOptions,
  googleHandlers,
} from '@mcp-auth/provider-google/mocks'
import { createTestClock, type TestClock } from '@mcp-auth/testing'
import { setupServer } from 'msw/node'
import { describe, expect, it, onTestFinished } from 'vitest'
import { holdDeadlines } from '../../testing/src/support/deadlines.ts'
import { createServer, type TestServer } from '../../testing/test/support/sign-in.ts'

const drive = 'https://www.googleapis.com/auth/drive.readonly'

interface Setup {
  readonly fake: FakeGoogle
  readonly server: TestServer
  readonly clock: TestClock
}

/** A server whose network leads to Google alone. `skew`: seconds by which Google's clock is ahead. */
function start(
  options: Partial<GoogleOptions> = {},
  { skew = 0, ...fakeOptions }: FakeGoogleOptions & { readonly skew?: number } = {},
  serverOptions: Partial<OAuthProxyOptions> = {},
): Setup {
  const clock = createTestClock(1_800_000_000)
  const fake = createFakeGoogle({ now: () => clock.now() + skew, ...fakeOptions })
  const network = setupServer(...googleHandlers(fake))
  network.listen({ onUnhandledFrame: 'error' })
  onTestFinished(() => {
    fake.release()
    network.close()
  })
  const provider = google({ clientId: fake.clientId, clientSecret: fake.clientSecret, ...options })
  return { fake, clock, server: createServer(provider, clock, serverOptions) }
}

/** Changes what Google says about the signed-in user. */
function change(fake: FakeGoogle, claims: Readonly<Record<string, unknown>>): void {
  const user = fake.users.get(fake.settings.user)
  if (user) fake.users.set(fake.settings.user, { ...user, claims: { ...user.claims, ...claims } })
}

/** Answers the next sign-in with an id_token of the test's own making. */
function answerWith(fake: FakeGoogle, idToken: (nonce: string) => Promise<string>): void {
  fake.fail('token', async () => {
    const nonce = fake.requestsTo('authorize').at(-1)?.query['nonce'] ?? ''
    const tokens = await fake.issueTokens({ scopes: ['openid', 'email'] })
    return Response.json({ ...tokens, id_token: await idToken(nonce) })
  })
}

describe('signing in with Google', () => {
  it('gives a session of the user, and a token for Google to tools', async () => {
    const { fake, server } = start()
    const session = await server.session(await server.signIn())
    expect(session.subject).toBe(fake.settings.user)
    expect(session.identity).toMatchObject({ username: 'nelly@example.com', claims: { email: 'nelly@example.com' } })
    expect(session.scopes).toEqual(['openid', 'email', 'profile'])
    expect(await session.getUpstreamAccessToken()).toMatch(/^ya29\./)
    expect(fake.requests.map(({ endpoint }) => endpoint)).toEqual(['authorize', 'token', 'jwks'])
  })

  it('asks for a refresh token and binds the id_token, and sends nothing of the client', async () => {
    const { fake, server } = start({ hostedDomain: 'example.com' })
    change(fake, { hd: 'example.com' })
    await server.signIn()
    const query = fake.requestsTo('authorize')[0]?.query ?? {}
    expect(query).toMatchObject({ access_type: 'offline', prompt: 'consent', hd: 'example.com' })
    expect(query['nonce']).toMatch(/^[\w-]{43}$/)
    expect(Object.keys(query)).not.toContain('resource')
  })

  it('gives clients the short names of scopes that Google writes as URIs, and leaves other URIs as they are', async () => {
    const { fake, server } = start({ optionalScopes: [drive] })
    expect((await server.signIn(`openid email ${drive}`)).scope).toBe(`openid email ${drive}`)
    const answered = (await fake.issueTokens({ scopes: ['openid', 'email', drive] })).scope
    expect(answered).toBe(`openid https://www.googleapis.com/auth/userinfo.email ${drive}`)
  })

  it('grants no scope that the user unticked', async () => {
    const { fake, server } = start({ optionalScopes: [drive] })
    fake.settings.withheldScopes = [drive]
    expect((await server.signIn(`openid email ${drive}`)).scope).toBe('openid email')
  })

  it('A026 tells the client when the user says no', async () => {
    const { fake, server } = start()
    fake.settings.deny = true
    expect((await server.authorize()).parameters.get('error')).toBe('access_denied')
    expect(fake.requestsTo('token')).toEqual([])
  })

  it('A112 a code that was used signs nobody in, and the words of Google stay here', async () => {
    const { fake, server } = start()
    await server.signIn()
    const used = fake.requestsTo('token')[0]?.form['code'] ?? ''
    const { parameters } = await server.authorize(undefined, (callback) => callback.searchParams.set('code', used))
    expect(parameters.get('error')).toBe('server_error')
    expect(server.failures()).toEqual(['invalid_grant'])
  })

  it('tells the operator of a wrong secret, and the client nothing', async () => {
    const { server } = start({ clientSecret: 'wrong' })
    expect((await server.authorize()).parameters.get('error')).toBe('server_error')
    expect(server.failures()).toEqual(['invalid_client'])
  })

  it.each(['right', 'absent'] as const)('goes on when the iss of the answer is %s', async (issuer) => {
    const { fake, server } = start()
    fake.settings.issuer = issuer
    expect((await server.authorize()).parameters.has('code')).toBe(true)
  })

  it('refuses an answer with the iss of somebody else, and one without when it is required', async () => {
    const { fake, server } = start({ requireIssuer: true })
    fake.settings.issuer = 'wrong'
    await expect(server.authorize()).rejects.toThrow(/no redirect: 400/)
    fake.settings.issuer = 'absent'
    await expect(server.authorize()).rejects.toThrow(/no redirect: 400/)
    expect(fake.requestsTo('token')).toEqual([])
  })

  it.each(['429', '503', 'html', 'garbage', 'empty'] as const)(
    'A027 keys that Google answers with %s for are an outage at sign-in',
    async (fault) => {
      const { fake, server } = start()
      fake.fail('jwks', fault)
      expect((await server.authorize()).parameters.get('error')).toBe('temporarily_unavailable')
    },
  )

  it('A099 gives up when Google does not answer', async () => {
    const { fake, server } = start({}, {}, { upstreamTimeoutSeconds: 0.1 })
    fake.fail('token', 'hang')
    expect((await server.authorize()).parameters.get('error')).toBe('temporarily_unavailable')
  })

  it('D8: no code and no token of Google is ever seen by a client', async () => {
    const { fake, server } = start()
    await server.refresh(await server.signIn())
    const codes = fake.requestsTo('token').map(({ form }) => form['code'])
    const hidden = fake.secrets.filter((secret) => !codes.includes(secret))
    expect(hidden.length).toBeGreaterThan(1)
    expect(hidden.filter((secret) => server.answers.join('\n').includes(secret))).toEqual([])
  })
})

describe('the id_token of a sign-in', () => {
  const outcomeOf = async ({ server }: Setup): Promise<readonly [boolean, readonly string[]]> => {
    const { parameters } = await server.authorize()
    return [parameters.has('code'), server.failures()]
  }

  it.each<readonly [string, (fake: FakeGoogle, nonce: string) => Promise<string>]>([
    ['names the issuer', async (fake, nonce) => await fake.mintIDToken({ nonce })],
    [
      'names the issuer without the scheme',
      async (fake, nonce) => await fake.mintIDToken({ nonce, iss: 'accounts.google.com' }),
    ],
  ])('signs in when it %s', async (_name, idToken) => {
    const setup = start()
    answerWith(setup.fake, async (nonce) => await idToken(setup.fake, nonce))
    expect(await outcomeOf(setup)).toEqual([true, []])
  })

  it.each<readonly [string, (fake: FakeGoogle, nonce: string) => Promise<string>]>([
    ['is for another client', async (fake, nonce) => await fake.mintIDToken({ nonce, aud: 'other' })],
    [
      'is for another client as well, and does not say which of the two it was issued to',
      async (fake, nonce) => await fake.mintIDToken({ nonce, aud: [fake.clientId, 'other'], azp: undefined }),
    ],
    ['was issued to another client', async (fake, nonce) => await fake.mintIDToken({ nonce, azp: 'other' })],
    ['has another nonce', async (fake) => await fake.mintIDToken({ nonce: 'of-another-sign-in' })],
    ['has no nonce', async (fake) => await fake.mintIDToken({ nonce: undefined })],
    [
      'has another issuer',
      async (fake, nonce) => await fake.mintIDToken({ nonce, iss: 'https://accounts.google.com.evil.example' }),
    ],
    ['has no sub', async (fake, nonce) => await fake.mintIDToken({ nonce, sub: '' })],
    ['is over', async (fake, nonce) => await fake.mintIDToken({ nonce, iat: 1, exp: 2 })],
    ['is signed by another key', async (fake, nonce) => await fake.mintIDToken({ nonce }, {}, 'unpublished')],
    ['is signed with our own secret', async (fake, nonce) => await fake.mintIDToken({ nonce }, {}, 'client-secret')],
    ['is not signed', async (fake, nonce) => await fake.mintIDToken({ nonce }, {}, 'none')],
    [
      'has another signature',
      async (fake, nonce) => (await fake.mintIDToken({ nonce })).replace(/[^.]+$/, 'c2lnbmF0dXJl'),
    ],
    ['is no JWT', async () => await Promise.resolve('id-token')],
  ])('signs nobody in when it %s', async (_name, idToken) => {
    const setup = start()
    answerWith(setup.fake, async (nonce) => await idToken(setup.fake, nonce))
    expect(await outcomeOf(setup)).toEqual([false, ['invalid_token']])
  })

  it('signs nobody in when it is missing', async () => {
    const setup = start()
    setup.fake.fail('token', async () => {
      const { id_token: _idToken, ...tokens } = await setup.fake.issueTokens()
      return Response.json(tokens)
    })
    expect(await outcomeOf(setup)).toEqual([false, ['protocol']])
  })

  it('signs nobody in when Google issued it to another application', async () => {
    const setup = start()
    setup.fake.settings.foreignApplication = true
    expect(await outcomeOf(setup)).toEqual([false, ['invalid_token']])
  })

  it.each([
    [-50, true],
    [50, true],
    [120, false],
    [-3700, false],
  ])('with a clock of Google that is %i seconds ahead: %s', async (skew, signsIn) => {
    const setup = start({}, { skew })
    expect((await outcomeOf(setup))[0]).toBe(signsIn)
  })

  it('is verified with keys that Google made since', async () => {
    const { fake, server } = start()
    await server.signIn()
    await fake.rotateKeys()
    server.advance(600)
    expect((await server.authorize()).parameters.has('code')).toBe(true)
  })
})

describe('a hosted domain', () => {
  const hostedDomain = 'example.com'

  it('lets its users in', async () => {
    const { fake, server } = start({ hostedDomain })
    change(fake, { hd: 'example.com' })
    expect((await server.session(await server.signIn())).identity.claims['hd']).toBe('example.com')
  })

  it('lets them in when the client asks for less than Google needs to show the domain', async () => {
    const { fake, server } = start({ hostedDomain })
    change(fake, { hd: 'example.com' })
    const tokens = await server.signIn('openid')
    expect(tokens.scope).toBe('openid')
    expect((await server.refresh(tokens)).status).toBe(200)
  })

  it.each([
    ['of a private account', undefined],
    ['of another domain', 'evil.example'],
  ])('A026 refuses a user %s, whatever the address says', async (_name, hd) => {
    const { fake, server } = start({ hostedDomain })
    change(fake, { hd, email: 'nelly@example.com', email_verified: true })
    expect((await server.authorize()).parameters.get('error')).toBe('access_denied')
  })

  it('C11 ends the session of a user who has left it, when it is next prolonged', async () => {
    const { fake, server } = start({ hostedDomain })
    change(fake, { hd: 'example.com' })
    const tokens = await server.signIn()
    change(fake, { hd: undefined })
    const { status, body } = await server.refresh(tokens)
    expect([status, body['error']]).toEqual([400, 'invalid_grant'])
    await expect(server.session(tokens)).rejects.toMatchObject({ reason: 'grant_revoked' })
  })
})

describe('prolonging a session', () => {
  it('keeps the refresh token, of which Google sends no other', async () => {
    const { fake, server } = start()
    const tokens = await server.signIn()
    server.advance(3700)
    const second = await server.refresh(tokens)
    server.advance(3700)
    const third = await server.refresh({ ...tokens, refreshToken: String(second.body['refresh_token']) })
    expect([second.status, third.status, third.body['scope']]).toEqual([200, 200, 'openid email profile'])
    const sent = fake.requestsTo('refresh').map(({ form }) => form['refresh_token'])
    expect([sent.length, new Set(sent).size]).toEqual([2, 1])
  })

  it('asks userinfo who the user is now, and nothing of the stored id_token', async () => {
    const { fake, server } = start()
    const tokens = await server.signIn()
    change(fake, { name: 'Nelly the Second', email_verified: false })
    const { body } = await server.refresh(tokens)
    const session = await server.session({ ...tokens, accessToken: String(body['access_token']) })
    expect(session.identity.claims).toMatchObject({ name: 'Nelly the Second' })
    expect(session.identity.claims).not.toHaveProperty('email')
    expect(fake.requestsTo('userinfo')).toHaveLength(1)
  })

  it('has the same claims from userinfo as from the id_token', async () => {
    const { server } = start()
    const tokens = await server.signIn()
    const before = (await server.session(tokens)).identity
    const { body } = await server.refresh(tokens)
    expect((await server.session({ ...tokens, accessToken: String(body['access_token']) })).identity).toEqual(before)
  })

  it('ends the session when userinfo is about another user', async () => {
    const { fake, server } = start()
    const tokens = await server.signIn()
    fake.fail('userinfo', () => Response.json({ sub: '1', email: 'wumpus@example.com' }))
    expect((await server.refresh(tokens)).body['error']).toBe('invalid_grant')
    expect(server.events).toContainEqual(expect.objectContaining({ type: 'grant.revoked', reason: 'subject_changed' }))
  })

  it('A096 ends the session when the user took the consent back', async () => {
    const { fake, server } = start()
    const tokens = await server.signIn()
    fake.dropRefreshTokens()
    server.advance(3700)
    const { status, body } = await server.refresh(tokens)
    expect([status, body['error']]).toEqual([400, 'invalid_grant'])
    expect(server.failures()).toEqual(['invalid_grant'])
  })

  it.each(['429', '503', 'html', 'garbage', 'empty', 'hang'] as const)(
    'A097 a refresh that Google answers with %s is to be tried again',
    async (fault) => {
      const deadlines = holdDeadlines()
      const { fake, server } = start({})
      const tokens = await server.signIn()
      server.advance(3700)
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

  it('ends with the access token of Google when no refresh token was asked for', async () => {
    const { fake, server } = start({ offlineAccess: false })
    const tokens = await server.signIn()
    expect(fake.requestsTo('authorize')[0]?.query).not.toHaveProperty('access_type')
    const first = await server.refresh(tokens)
    expect(first.status).toBe(200)
    server.advance(3700)
    const late = await server.refresh({ ...tokens, refreshToken: String(first.body['refresh_token']) })
    expect([late.status, late.body['error']]).toEqual([400, 'invalid_grant'])
    expect(fake.requestsTo('refresh')).toEqual([])
  })
})
