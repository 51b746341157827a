import { createFakeGoogle, type FakeGoogle, fakeGoogleUsers, leakMarker } from '@mcp-auth/provider-google/mocks'
import { describe, expect, it } from 'vitest'

const authorizeURL = 'https://accounts.google.com/o/oauth2/v2/auth'
const tokenURL = 'https://oauth2.googleapis.com/token'

/** The answer to an authorization request without PKCE, as Google takes it. */
async function authorize(fake: FakeGoogle, parameters: Readonly<Record<string, string>> = {}): Promise<Response> {
  const url = new URL(authorizeURL)
  const all = { response_type: 'code', client_id: fake.clientId, redirect_uri: 'https://a.example/cb', scope: 'openid' }
  for (const [name, value] of Object.entries({ ...all, ...parameters })) {
    if (value !== '') url.searchParams.set(name, value)
  }
  return await fake.fetch(new Request(url))
}

async function post(url: string, fake: FakeGoogle, form: Readonly<Record<string, string>>): Promise<Response> {
  const authorization = `Basic ${btoa(`${fake.clientId}:${fake.clientSecret}`)}`
  return await fake.fetch(
    new Request(url, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) }),
  )
}

async function tokensOf(
  fake: FakeGoogle,
  parameters: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  const location = (await authorize(fake, parameters)).headers.get('Location') ?? ''
  const code = new URL(location).searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', code, redirect_uri: 'https://a.example/cb' }
  return Object(await (await post(tokenURL, fake, form)).json())
}

describe('the fake Google', () => {
  it.each([
    ['offline and with consent', { access_type: 'offline', prompt: 'select_account consent' }, true],
    ['offline, to a user who agreed before', { access_type: 'offline' }, false],
    ['with consent, but not offline', { prompt: 'consent' }, false],
  ])('gives a refresh token as Google does: %s', async (_name, parameters, expected) => {
    expect('refresh_token' in (await tokensOf(createFakeGoogle(), parameters))).toBe(expected)
  })

  it.each([
    ['a parameter that Google does not know', { resource: 'https://mcp.example/mcp' }, /not allowed.*resource/],
    ['no scope', { scope: '' }, /Missing required parameter: scope/],
  ])('answers %s with a page and does not send the browser back', async (_name, parameters, words) => {
    const response = await authorize(createFakeGoogle(), parameters)
    expect([response.status, response.headers.get('Location')]).toEqual([400, null])
    expect(await response.text()).toMatch(words)
  })

  it('shows no more of the user than the scopes allow', async () => {
    const fake = createFakeGoogle()
    const userinfo = async (...scopes: string[]): Promise<unknown> => {
      const { access_token } = await fake.issueTokens({ scopes, user: fakeGoogleUsers.wumpus.subject })
      const headers = { authorization: `Bearer ${access_token}` }
      const request = new Request('https://openidconnect.googleapis.com/v1/userinfo', { headers })
      return await (await fake.fetch(request)).json()
    }
    const { subject, claims } = fakeGoogleUsers.wumpus
    const { name, picture, ...address } = claims
    expect(await userinfo('openid')).toEqual({ sub: subject })
    expect(await userinfo('openid', 'email')).toEqual({ sub: subject, ...address })
    expect(await userinfo('openid', 'profile')).toEqual({ sub: subject, name, picture })
  })

  it('ends every token of the user with one of them, and does not know it a second time', async () => {
    const fake = createFakeGoogle()
    const first = await tokensOf(fake, { access_type: 'offline', prompt: 'consent' })
    const second = await tokensOf(fake, { access_type: 'offline', prompt: 'consent' })
    const revoke = async (token: unknown): Promise<number> =>
      (await post('https://oauth2.googleapis.com/revoke', fake, { token: String(token) })).status
    expect(await revoke(first['access_token'])).toBe(200)
    expect([await revoke(first['refresh_token']), await revoke(second['refresh_token'])]).toEqual([400, 400])
  })

  it.each([
    ['token', '400', 400, { error: 'invalid_grant' }],
    ['token', '429', 429, { error: 'rate_limit_exceeded' }],
    ['token', '503', 503, { error: 'internal_failure' }],
    ['userinfo', '401', 401, { error: 'invalid_request' }],
    ['userinfo', '429', 429, { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }],
    ['jwks', '500', 500, { error: { code: 500, status: 'INTERNAL' } }],
  ] as const)(
    'says %s %s in the words of Google, with the mark that no client may see',
    async (name, fault, status, body) => {
      const fake = createFakeGoogle()
      fake.fail(name, fault)
      const url = fake.endpointURL(name) ?? ''
      const response = await (name === 'token' ? post(url, fake, {}) : fake.fetch(new Request(url)))
      const text = await response.text()
      expect(response.status).toBe(status)
      expect(JSON.parse(text)).toMatchObject(body)
      expect(text).toContain(leakMarker)
    },
  )
})
