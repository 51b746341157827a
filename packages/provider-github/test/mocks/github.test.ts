import { createFakeGitHub, type FakeGitHub, fakeGitHubUsers, leakMarker } from '@mcp-auth/provider-github/mocks'
import { describe, expect, it } from 'vitest'

const json = { accept: 'application/json' }

/** A request to the token endpoint, with our secret in the form. */
async function askToken(
  fake: FakeGitHub,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = json,
): Promise<Response> {
  const credentials = { client_id: fake.clientId, client_secret: fake.clientSecret }
  const body = new URLSearchParams({ ...credentials, ...form })
  return await fake.fetch(new Request('https://github.com/login/oauth/access_token', { method: 'POST', headers, body }))
}

/** The form that redeems a fresh code. */
async function codeForm(fake: FakeGitHub, scope: string): Promise<Record<string, string>> {
  const redirect_uri = 'https://a.example/cb'
  const query = new URLSearchParams({ response_type: 'code', client_id: fake.clientId, redirect_uri, scope })
  const response = await fake.fetch(new Request(`https://github.com/login/oauth/authorize?${query}`))
  const code = new URL(response.headers.get('Location') ?? '').searchParams.get('code') ?? ''
  return { grant_type: 'authorization_code', code, redirect_uri }
}

async function api(fake: FakeGitHub, path: string, scopes: readonly string[], named = true): Promise<Response> {
  const { access_token } = await fake.issueTokens({ scopes })
  const headers = { authorization: `Bearer ${access_token}`, ...(named ? { 'user-agent': 'test' } : {}) }
  return await fake.fetch(new Request(`https://api.github.com${path}`, { headers }))
}

async function check(fake: FakeGitHub, accessToken: string, secret: string = fake.clientSecret): Promise<Response> {
  const headers = { 'user-agent': 'test', authorization: `Basic ${btoa(`${fake.clientId}:${secret}`)}` }
  const body = JSON.stringify({ access_token: accessToken })
  const url = `https://api.github.com/applications/${fake.clientId}/token`
  return await fake.fetch(new Request(url, { method: 'POST', headers, body }))
}

describe('the token endpoint of the fake GitHub', () => {
  it('answers in a form unless JSON is asked for', async () => {
    const fake = createFakeGitHub()
    const form = await askToken(fake, await codeForm(fake, 'repo gist'), {})
    expect(form.headers.get('content-type')).toMatch(/urlencoded/)
    const fields = Object.fromEntries(new URLSearchParams(await form.text()))
    expect(fields).toMatchObject({ token_type: 'bearer', scope: 'repo,gist' })
    const body = await (await askToken(fake, await codeForm(fake, 'repo gist'))).json()
    expect(body).toMatchObject({
      token_type: 'bearer',
      scope: 'repo,gist',
      access_token: expect.stringMatching(/^gho_/),
    })
    expect(Object.keys(Object(body)).sort()).toEqual(['access_token', 'scope', 'token_type'])
  })

  it('leaves out a scope that another one contains', async () => {
    const fake = createFakeGitHub()
    const response = await askToken(fake, await codeForm(fake, 'user user:email read:org write:org gist'))
    expect(await response.json()).toMatchObject({ scope: 'user,write:org,gist' })
  })

  it('gives a GitHub App no scope, and tokens that expire', async () => {
    const fake = createFakeGitHub({ kind: 'github-app' })
    expect(await (await askToken(fake, await codeForm(fake, 'repo'))).json()).toMatchObject({
      access_token: expect.stringMatching(/^ghu_/),
      refresh_token: expect.stringMatching(/^ghr_/),
      expires_in: 28_800,
      refresh_token_expires_in: 15_811_200,
      scope: '',
    })
  })

  it.each([
    ['a spent code', { grant_type: 'authorization_code', code: 'spent' }, 'bad_verification_code'],
    ['a spent refresh token', { grant_type: 'refresh_token', refresh_token: 'spent' }, 'bad_refresh_token'],
    ['a wrong secret', { client_secret: 'wrong' }, 'incorrect_client_credentials'],
    ['an unknown grant', { grant_type: 'password' }, 'unsupported_grant_type'],
  ])('refuses %s with status 200', async (_name, form, error) => {
    const response = await askToken(createFakeGitHub({ expiringTokens: true }), form)
    const text = await response.text()
    expect([response.status, JSON.parse(text)]).toEqual([200, expect.objectContaining({ error })])
    expect(text).toContain(leakMarker)
  })
})

describe('the API of the fake GitHub', () => {
  it('refuses programs that do not say who they are', async () => {
    const fake = createFakeGitHub()
    expect((await api(fake, '/user', [], false)).status).toBe(403)
    expect((await api(fake, '/user', [])).status).toBe(200)
  })

  it('names the scopes of a token of an OAuth App in a header, and none for a GitHub App', async () => {
    const header = 'X-OAuth-Scopes'
    expect((await api(createFakeGitHub(), '/user', ['repo', 'gist'])).headers.get(header)).toBe('repo, gist')
    expect((await api(createFakeGitHub({ kind: 'github-app' }), '/user', [])).headers.get(header)).toBeNull()
  })

  it.each([
    ['an OAuth App without the scope', {}, [], 404],
    ['an OAuth App with it', {}, ['user:email'], 200],
    ['an OAuth App with the one that contains it', {}, ['user'], 200],
    ['a GitHub App without the permission', { kind: 'github-app', permissions: [] }, [], 403],
    ['a GitHub App with it', { kind: 'github-app', permissions: ['email_addresses'] }, [], 200],
  ] as const)('shows addresses to %s: %#', async (_name, options, scopes, status) => {
    expect((await api(createFakeGitHub(options), '/user/emails', scopes)).status).toBe(status)
  })

  it('shows memberships as they are, hides organizations that the user is not in, and needs a scope', async () => {
    const { nelly } = fakeGitHubUsers
    const organizations = { 'octo-org': { id: 7, role: 'member', state: 'pending' } }
    const fake = createFakeGitHub({ users: [{ ...nelly, claims: { ...nelly.claims, organizations } }] })
    const path = '/user/memberships/orgs'
    expect(await (await api(fake, `${path}/octo-org`, ['read:org'])).json()).toMatchObject({
      state: 'pending',
      role: 'member',
      organization: { id: 7, login: 'octo-org' },
      user: { id: 583_231 },
    })
    expect((await api(fake, `${path}/other`, ['admin:org'])).status).toBe(404)
    expect((await api(fake, `${path}/constructor`, ['read:org'])).status).toBe(404)
    expect((await api(fake, `${path}/octo-org`, [])).status).toBe(403)
  })

  it('tells our application about our tokens only', async () => {
    const fake = createFakeGitHub()
    const { access_token } = await fake.issueTokens({ scopes: ['gist'] })
    expect(await (await check(fake, access_token)).json()).toMatchObject({
      app: { client_id: fake.clientId },
      scopes: ['gist'],
      user: { id: 583_231, login: 'nelly' },
    })
    expect((await check(fake, 'gho_unknown')).status).toBe(404)
    expect((await check(fake, access_token, 'wrong')).status).toBe(401)
    fake.settings.foreignApplication = true
    expect((await check(fake, access_token)).status).toBe(404)
  })

  it('limits rates with a delay, and is a page while it is down', async () => {
    const fake = createFakeGitHub()
    fake.fail('user', '429', 1)
    const limited = await api(fake, '/user', [])
    expect([limited.status, limited.headers.get('Retry-After')]).toEqual([429, '60'])
    fake.fail('user', '503', 1)
    const down = await api(fake, '/user', [])
    expect([down.status, down.headers.get('Content-Type')]).toEqual([503, 'text/html; charset=utf-8'])
  })
})
