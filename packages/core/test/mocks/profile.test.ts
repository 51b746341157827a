import { setupServer } from 'msw/node'
import { afterEach, describe, expect, it } from 'vitest'
import { createFakeIdP, type FakeIdPProfile, idpHandlers } from '../../src/mocks/index.ts'
import { authorize, call, get, getCode, post, redeem } from './support/client.ts'

describe('the places of a profile', () => {
  const profile: FakeIdPProfile = {
    endpoints: {
      authorize: 'https://accounts.example/o/auth',
      token: 'https://tokens.example/token',
      jwks: /\/tenants\/\w+\/keys$/,
      revoke: false,
    },
    api: {
      application: {
        path: /\/applications\/[^/]+\/token$/,
        method: 'POST',
        caller: 'client',
        answer: ({ body }) => ({ body }),
      },
      me: {
        path: '/api/me',
        scope: 'user',
        answer: ({ user, grant }) => ({ id: user?.subject, scopes: grant?.scopes }),
      },
      status: { path: '/status', caller: 'anyone', answer: () => new Response('fine', { status: 202 }) },
      nothing: { path: '/nothing', caller: 'anyone', answer: () => undefined },
    },
  }

  it('are the fake’s origins, whichever host they are on', () => {
    const { origins } = createFakeIdP({ profile })
    expect(origins).toEqual(['https://idp.example', 'https://accounts.example', 'https://tokens.example'])
  })

  it.each([
    ['https://accounts.example/o/auth', 'authorize'],
    ['https://tokens.example/token', 'token'],
    ['http://localhost:1234/demo/o/auth', 'authorize'],
    ['https://idp.example/tenants/a/keys', 'jwks'],
    ['https://idp.example/revoke', 'unknown'],
    ['https://idp.example/applications/x/token', 'application'],
    ['https://idp.example/api/me', 'me'],
    ['https://idp.example/.well-known/openid-configuration', 'metadata'],
    ['https://idp.example/.well-known/oauth-authorization-server/tenant', 'metadata'],
    ['https://idp.example/tenant/.well-known/openid-configuration', 'metadata'],
    ['https://idp.example/%', 'unknown'],
  ])('are found for %s: %s', async (url, endpoint) => {
    const fake = createFakeIdP({ profile })
    await call(fake, url)
    expect(fake.requests[0]?.endpoint).toBe(endpoint)
  })

  it('stand in the metadata where they are URLs', async () => {
    const { json } = await get(createFakeIdP({ profile }), 'https://idp.example/.well-known/openid-configuration')
    expect(json).toMatchObject({
      authorization_endpoint: 'https://accounts.example/o/auth',
      userinfo_endpoint: 'https://idp.example/userinfo',
    })
    expect(json).not.toHaveProperty('jwks_uri')
    expect(json).not.toHaveProperty('revocation_endpoint')
  })

  it('answer their own callers only', async () => {
    const fake = createFakeIdP({ profile })
    const { access_token } = await fake.issueTokens({ scopes: ['user'] })
    const narrow = await fake.issueTokens({ scopes: ['other'] })
    expect((await get(fake, 'https://idp.example/api/me', access_token)).json).toEqual({
      id: 'user-nelly',
      scopes: ['user'],
    })
    expect((await get(fake, 'https://idp.example/api/me', narrow.access_token)).status).toBe(403)
    expect((await get(fake, 'https://idp.example/api/me')).status).toBe(401)
    expect((await call(fake, 'https://idp.example/api/me', { method: 'POST' })).status).toBe(405)
    const authorization = `Basic ${btoa(`${fake.clientId}:${fake.clientSecret}`)}`
    const init = { method: 'POST', body: '{"access_token":"x"}' }
    const url = 'https://idp.example/applications/a/token'
    expect((await call(fake, url, init)).status).toBe(401)
    expect((await call(fake, url, { ...init, headers: { authorization } })).json).toEqual({ body: init.body })
    expect((await get(fake, 'https://idp.example/status')).status).toBe(202)
    expect((await get(fake, 'https://idp.example/nothing')).status).toBe(404)
  })

  describe('behind msw', () => {
    const server = setupServer()
    afterEach(() => server.close())
    it('are answered on every origin', async () => {
      const fake = createFakeIdP({ profile })
      server.use(...idpHandlers(fake))
      server.listen({ onUnhandledFrame: 'error' })
      expect((await fetch('https://idp.example/status')).status).toBe(202)
      expect((await fetch('https://tokens.example/token', { method: 'POST' })).status).toBe(400)
    })
  })
})

describe('the habits of a profile', () => {
  it('shape the answers of the token endpoint, refusals included', async () => {
    const form = (members: Record<string, unknown>): Response =>
      new Response(new URLSearchParams(Object.entries(members).map(([name, value]) => [name, String(value)])))
    const fake = createFakeIdP({
      profile: {
        secretPrefixes: { access: 'gho_' },
        issuesRefreshToken: () => false,
        issuesIDToken: () => false,
        writeScopes: ({ grant }) => grant.scopes.join(','),
        tokens: ({ expires_in: _expires, ...tokens }) => tokens,
        writeTokens: (tokens) => form(tokens),
        writeRefusal: ({ error, endpoint, description }) => {
          if (endpoint !== 'token' || error !== 'invalid_grant') return undefined
          return form({ error: 'bad_verification_code', error_description: description })
        },
      },
    })
    const good = new URLSearchParams((await redeem(fake, await getCode(fake))).text)
    expect([...good.keys()]).toEqual(['access_token', 'token_type', 'scope'])
    expect(good.get('access_token')).toMatch(/^gho_/)
    expect(good.get('scope')).toBe('openid,profile')
    const bad = await redeem(fake, 'x')
    expect([bad.status, new URLSearchParams(bad.text).get('error')]).toEqual([200, 'bad_verification_code'])
    fake.fail('token', '400', 1)
    expect(new URLSearchParams((await redeem(fake, 'x')).text).get('error')).toBe('bad_verification_code')
    expect((await post(fake, 'token', {}, {})).status).toBe(401)
  })

  it('check requests', async () => {
    const fake = createFakeIdP({
      profile: {
        checkRequest: ({ request, endpoint }) =>
          endpoint !== 'authorize' && request.headers.get('user-agent') !== 'me'
            ? new Response('blocked', { status: 403 })
            : undefined,
        checkAuthorization: (parameters) =>
          parameters.has('resource') ? { error: 'invalid_target', description: 'no resource' } : undefined,
        checkToken: ({ form }) => (form.has('scope') ? undefined : { error: 'invalid_request', status: 418 }),
      },
    })
    expect((await authorize(fake, { resource: 'https://a.example' })).get('error')).toBe('invalid_target')
    expect((await authorize(fake)).has('code')).toBe(true)
    expect((await post(fake, 'token', {})).text).toBe('blocked')
    const headers = { 'user-agent': 'me', authorization: `Basic ${btoa(`${fake.clientId}:${fake.clientSecret}`)}` }
    expect((await post(fake, 'token', { grant_type: 'x' }, headers)).status).toBe(418)
    expect((await post(fake, 'token', { grant_type: 'x', scope: 'a' }, headers)).status).toBe(400)
  })

  it('decide which tokens there are, by what was asked for', async () => {
    const fake = createFakeIdP({
      profile: {
        issuesRefreshToken: ({ grant }) => grant.parameters['access_type'] === 'offline',
        accessTokens: ({ grant }) => (grant.parameters['audience'] === undefined ? 'opaque' : 'jwt'),
        grantScopes: (requested) => requested.map((scope) => `https://idp.example/${scope}`),
        idTokenClaims: ({ email: _email, ...claims }) => ({ ...claims, hd: 'example.com' }),
        issuesIDToken: () => true,
      },
    })
    const online = (await redeem(fake, await getCode(fake))).json
    const offline = (await redeem(fake, await getCode(fake, { access_type: 'offline', audience: 'a' }))).json
    expect([online['refresh_token'], String(online['access_token']).split('.').length]).toEqual([undefined, 1])
    expect([typeof offline['refresh_token'], String(offline['access_token']).split('.').length]).toEqual(['string', 3])
    expect(online['scope']).toBe('https://idp.example/openid https://idp.example/profile')
  })

  it('change the metadata by the place that was asked', async () => {
    const fake = createFakeIdP({
      profile: {
        wellKnown: ['openid-configuration'],
        metadata: (document, { url }) => ({ ...document, asked: url.pathname }),
      },
    })
    const path = '/t/.well-known/openid-configuration'
    expect((await get(fake, `https://idp.example${path}`)).json['asked']).toBe(path)
    expect((await get(fake, 'https://idp.example/.well-known/oauth-authorization-server')).status).toBe(404)
  })
})
