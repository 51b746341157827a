import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { createFakeIdP, type FakeIdP } from '../../src/mocks/index.ts'
import { createClock } from '../support/clock.ts'
import {
  authorizationURL,
  authorize,
  call,
  get,
  getCode,
  post,
  redeem,
  redirectUri,
  refresh,
} from './support/client.ts'

async function publishedKeys(fake: FakeIdP): Promise<JSONWebKeySet> {
  const { text } = await get(fake, fake.endpointURL('jwks') ?? '')
  const keys: JSONWebKeySet = JSON.parse(text)
  return keys
}

describe('the authorization page of the fake', () => {
  it('sends back code, state and issuer', async () => {
    const fake = createFakeIdP()
    const answer = await authorize(fake)
    expect([...answer.keys()]).toEqual(['code', 'state', 'iss'])
    expect(answer.get('state')).toBe('state-1')
    expect(answer.get('iss')).toBe(fake.issuer)
    expect(fake.secrets).toContain(answer.get('code'))
  })

  it.each([
    ['right', 'https://idp.example'],
    ['absent', null],
    ['wrong', 'https://wrong-issuer.example'],
  ] as const)('names an issuer that is %s', async (issuer, iss) => {
    expect((await authorize(createFakeIdP({ settings: { issuer } }))).get('iss')).toBe(iss)
  })

  it.each([
    ['another client', { client_id: 'another' }],
    ['an address that is not registered', { redirect_uri: 'https://evil.example/' }],
    ['an address that is none', { redirect_uri: 'x' }],
  ])('shows a page and sends nothing to %s', async (_name, parameters) => {
    const fake = createFakeIdP({ redirectUris: [redirectUri] })
    const response = await fake.fetch(new Request(authorizationURL(fake, parameters)))
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })

  it.each([
    ['unsupported_response_type', { response_type: 'token' }, {}],
    ['invalid_request', { code_challenge_method: 'plain' }, {}],
    ['invalid_request', { code_challenge_method: '' }, {}],
    ['access_denied', {}, { deny: true }],
    ['access_denied', {}, { user: 'nobody' }],
  ])('sends back %s for %o %o', async (error, parameters, settings) => {
    const answer = await authorize(createFakeIdP({ settings }), parameters)
    expect([answer.get('error'), answer.get('code'), answer.get('state')]).toEqual([error, null, 'state-1'])
  })

  it('lets a human choose when it is interactive', async () => {
    const fake = createFakeIdP({ settings: { interactive: true }, profile: { displayName: 'A <b>' } })
    const url = authorizationURL(fake)
    const page = await (await fake.fetch(new Request(url))).text()
    expect(page).toContain('Fake A &#60;b&#62;')
    expect(page).toContain('value="user-wumpus"')
    const decide = async (decision: string): Promise<URLSearchParams> => {
      const body = new URLSearchParams({ user: 'user-wumpus', decision })
      const { headers } = await fake.fetch(new Request(url, { method: 'POST', body }))
      return new URL(headers.get('location') ?? 'about:blank').searchParams
    }
    const { json } = await redeem(fake, (await decide('approve')).get('code') ?? '')
    expect(decodeJwt(String(json['id_token']))).toHaveProperty('sub', 'user-wumpus')
    expect((await decide('cancel')).get('error')).toBe('access_denied')
  })

  it('asks nobody by POST unless it is interactive', async () => {
    const fake = createFakeIdP()
    expect((await fake.fetch(new Request(authorizationURL(fake), { method: 'POST' }))).status).toBe(405)
  })
})

describe('the token endpoint of the fake', () => {
  it('gives tokens for a code, with an id_token that its published keys verify', async () => {
    const { now } = createClock()
    const fake = createFakeIdP({ now })
    const { status, json } = await redeem(fake, await getCode(fake))
    expect([status, json['token_type'], json['expires_in'], json['scope']]).toEqual([
      200,
      'Bearer',
      3600,
      'openid profile',
    ])
    const { payload } = await jwtVerify(String(json['id_token']), createLocalJWKSet(await publishedKeys(fake)), {
      issuer: fake.issuer,
      audience: fake.clientId,
      currentDate: new Date(now() * 1000),
    })
    expect(payload).toMatchObject({
      sub: 'user-nelly',
      nonce: 'nonce-1',
      iat: now(),
      exp: now() + 3600,
      name: 'Nelly Example',
    })
    for (const name of ['access_token', 'refresh_token', 'id_token']) expect(fake.secrets).toContain(json[name])
  })

  it('takes a code once, even of two at the same time', async () => {
    const fake = createFakeIdP()
    const code = await getCode(fake)
    const answers = await Promise.all([redeem(fake, code), redeem(fake, code)])
    expect(answers.map(({ status }) => status)).toEqual([200, 400])
  })

  it.each([
    [59, 200],
    [60, 400],
  ])('takes a code that is %i seconds old: %i', async (age, status) => {
    const { now, advance } = createClock()
    const fake = createFakeIdP({ now })
    const code = await getCode(fake)
    advance(age)
    expect((await redeem(fake, code)).status).toBe(status)
  })

  it.each([
    ['another redirect URI', { redirect_uri: `${redirectUri}/` }, {}],
    ['a wrong verifier', { code_verifier: 'a'.repeat(43) }, {}],
    ['a short verifier', { code_verifier: 'a' }, {}],
    ['no verifier', { code_verifier: '' }, {}],
    ['a verifier without a challenge', {}, { code_challenge: '', code_challenge_method: '' }],
  ])('refuses a code with %s', async (_name, form, parameters) => {
    const fake = createFakeIdP()
    const { status, json } = await redeem(fake, await getCode(fake, parameters), form)
    expect([status, json['error']]).toEqual([400, 'invalid_grant'])
  })

  it.each<
    readonly [string, (fake: FakeIdP) => Record<string, string>, (fake: FakeIdP) => Record<string, string>, number]
  >([
    [
      'basic',
      ({ clientId, clientSecret }) => ({ authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` }),
      () => ({}),
      200,
    ],
    ['post', () => ({}), ({ clientId, clientSecret }) => ({ client_id: clientId, client_secret: clientSecret }), 200],
    ['a wrong secret', ({ clientId }) => ({ authorization: `Basic ${btoa(`${clientId}:x`)}` }), () => ({}), 401],
    ['a wrong secret in the form', () => ({}), ({ clientId }) => ({ client_id: clientId, client_secret: 'x' }), 401],
    ['no secret', () => ({}), ({ clientId }) => ({ client_id: clientId }), 401],
    [
      'the secret twice',
      ({ clientId, clientSecret }) => ({ authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` }),
      ({ clientSecret }) => ({ client_secret: clientSecret }),
      401,
    ],
    ['nothing', () => ({}), () => ({}), 401],
    ['what is not base64', () => ({ authorization: 'Basic ***' }), () => ({}), 401],
  ])('knows its client by %s', async (_name, headers, form, status) => {
    const fake = createFakeIdP()
    const { refresh_token } = await fake.issueTokens()
    const body = { grant_type: 'refresh_token', refresh_token: String(refresh_token), ...form(fake) }
    expect((await post(fake, 'token', body, headers(fake))).status).toBe(status)
  })

  it.each([
    [true, [200, 400]],
    [false, [200, 200]],
  ])('rotates refresh tokens: %s', async (rotatesRefreshTokens, statuses) => {
    const fake = createFakeIdP({ profile: { rotatesRefreshTokens } })
    const { refresh_token } = await fake.issueTokens()
    const answers = [await refresh(fake, refresh_token), await refresh(fake, refresh_token)]
    expect(answers.map(({ status }) => status)).toEqual(statuses)
    expect('refresh_token' in (answers[0]?.json ?? {})).toBe(rotatesRefreshTokens)
  })

  it('says no nonce again on refresh', async () => {
    const fake = createFakeIdP()
    const { json } = await redeem(fake, await getCode(fake))
    const refreshed = await refresh(fake, json['refresh_token'])
    expect(decodeJwt(String(refreshed.json['id_token']))).not.toHaveProperty('nonce')
  })

  it('narrows scopes on refresh and never widens them', async () => {
    const fake = createFakeIdP({ profile: { rotatesRefreshTokens: false } })
    const { refresh_token } = await fake.issueTokens({ scopes: ['a', 'b'] })
    expect((await refresh(fake, refresh_token, { scope: 'a' })).json['scope']).toBe('a')
    expect((await refresh(fake, refresh_token, { scope: 'a c' })).json['error']).toBe('invalid_scope')
  })

  it.each([
    ['another grant', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['an unknown refresh token', { grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_grant'],
    ['an unknown code', { grant_type: 'authorization_code', code: 'x' }, 'invalid_grant'],
  ])('refuses %s', async (_name, form, error) => {
    expect((await post(createFakeIdP(), 'token', form)).json['error']).toBe(error)
  })

  it('reads neither JSON nor a repeated parameter', async () => {
    const fake = createFakeIdP()
    const headers = { authorization: `Basic ${btoa(`${fake.clientId}:${fake.clientSecret}`)}` }
    const url = `${fake.issuer}/token`
    const json = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{}' }
    expect((await call(fake, url, json)).json['error']).toBe('invalid_request')
    const body = new URLSearchParams('grant_type=refresh_token&refresh_token=a&refresh_token=b')
    expect((await call(fake, url, { method: 'POST', headers, body })).json['error']).toBe('invalid_request')
    expect((await call(fake, url)).status).toBe(405)
  })
})

describe('tokens of the fake', () => {
  it('open userinfo until they expire, are dropped, or their user is gone', async () => {
    const { now, advance } = createClock()
    const fake = createFakeIdP({ now, settings: { expiresIn: 100 } })
    const userinfo = async (token: string | undefined): Promise<number> =>
      (await get(fake, `${fake.issuer}/userinfo`, token)).status
    const tokens = await Promise.all([fake.issueTokens(), fake.issueTokens({ user: 'user-wumpus' })])
    const [mine, theirs] = tokens.map(({ access_token }) => access_token)
    expect([await userinfo(mine), await userinfo('x'), await userinfo(undefined)]).toEqual([200, 401, 401])
    fake.users.delete('user-wumpus')
    expect([await userinfo(mine), await userinfo(theirs)]).toEqual([200, 401])
    advance(100)
    expect(await userinfo(mine)).toBe(401)
    const { access_token, refresh_token } = await fake.issueTokens()
    fake.dropAccessTokens()
    expect(await userinfo(access_token)).toBe(401)
    fake.dropRefreshTokens()
    expect((await refresh(fake, refresh_token)).json['error']).toBe('invalid_grant')
  })

  it.each([
    ['token', [401, 200, 200, 200]],
    ['grant', [401, 400, 200, 200]],
    ['user', [401, 400, 401, 400]],
  ] as const)('end with the %s that is revoked', async (revokes, expected) => {
    const fake = createFakeIdP({ profile: { revokes, rotatesRefreshTokens: false } })
    const [one, other] = [await fake.issueTokens(), await fake.issueTokens()]
    expect((await post(fake, 'revoke', { token: one.access_token })).status).toBe(200)
    const statuses: number[] = []
    for (const { access_token, refresh_token } of [one, other]) {
      statuses.push((await get(fake, `${fake.issuer}/userinfo`, access_token)).status)
      statuses.push((await refresh(fake, refresh_token)).status)
    }
    expect(statuses).toEqual(expected)
  })

  it('are told about to our application only, and so that another one would notice', async () => {
    const fake = createFakeIdP()
    const { access_token } = await fake.issueTokens({ scopes: ['a'] })
    const form = { token: access_token }
    expect((await post(fake, 'introspect', form, {})).status).toBe(401)
    expect((await post(fake, 'introspect', form)).json).toMatchObject({
      active: true,
      client_id: fake.clientId,
      scope: 'a',
    })
    fake.settings.foreignApplication = true
    expect((await post(fake, 'introspect', form)).json).toMatchObject({ client_id: 'another-application' })
    expect((await post(fake, 'introspect', { token: 'x' })).json).toEqual({ active: false })
  })

  it('are JWTs for the API of the request where the profile says so', async () => {
    const fake = createFakeIdP({
      profile: { accessTokens: 'jwt', accessTokenClaims: (claims) => ({ ...claims, roles: ['a'] }) },
    })
    const { access_token } = await fake.issueTokens({ parameters: { resource: 'https://api.example' }, scopes: ['x'] })
    expect(decodeProtectedHeader(access_token)).toMatchObject({ typ: 'at+jwt', alg: 'RS256' })
    expect(decodeJwt(access_token)).toMatchObject({
      aud: 'https://api.example',
      scope: 'x',
      roles: ['a'],
      sub: 'user-nelly',
    })
    expect((await get(fake, `${fake.issuer}/userinfo`, access_token)).status).toBe(200)
  })
})

describe('the keys of the fake', () => {
  it.each(['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const)(
    'sign with %s',
    async (algorithm) => {
      const fake = createFakeIdP({ profile: { algorithm } })
      const keys = createLocalJWKSet(await publishedKeys(fake))
      expect((await jwtVerify(await fake.mintIDToken(), keys)).protectedHeader.alg).toBe(algorithm)
    },
  )

  it.each([false, true])('change, and the former one is published further: %s', async (keepFormer) => {
    const fake = createFakeIdP()
    const old = await fake.mintIDToken()
    await fake.rotateKeys({ keepFormer })
    const keys = createLocalJWKSet(await publishedKeys(fake))
    expect((await jwtVerify(await fake.mintIDToken(), keys)).payload.sub).toBe('user-nelly')
    const verdict = await jwtVerify(old, keys).then(
      () => true,
      () => false,
    )
    expect(verdict).toBe(keepFormer)
  })

  it.each([
    ['unpublished', 'signature verification failed'],
    ['client-secret', 'Unsupported "alg"'],
    ['none', 'Unsupported "alg"'],
  ] as const)('verify nothing that is signed by %s', async (choice, message) => {
    const fake = createFakeIdP()
    const keys = createLocalJWKSet(await publishedKeys(fake))
    await expect(jwtVerify(await fake.mintIDToken({}, {}, choice), keys)).rejects.toThrow(message)
  })

  it('are not those of another issuer', async () => {
    const keys = createLocalJWKSet(await publishedKeys(createFakeIdP({ issuer: 'https://other.example' })))
    await expect(jwtVerify(await createFakeIdP().mintIDToken(), keys)).rejects.toThrow('signature verification failed')
  })

  it('sign whatever a test wants to say', async () => {
    const fake = createFakeIdP()
    const token = await fake.mintIDToken({ aud: 'x', nonce: undefined }, { typ: 'other', kid: undefined })
    expect(decodeJwt(token)).toMatchObject({ aud: 'x', sub: 'user-nelly' })
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'other' })
  })
})
