import { createFakeDescope, type FakeDescopeTokens, fakeUsers } from '@mcp-auth/provider-descope/mocks'
import { describe, expect, it } from 'vitest'
import {
  authorizationURL,
  authorize,
  endpoint,
  newClient,
  payloadOf,
  post,
  redemption,
  register,
  resource,
  verifier,
} from './client.ts'

async function codeOf(fake: ReturnType<typeof createFakeDescope>, clientId: string): Promise<string> {
  return (await authorize(fake, clientId)).get('code') ?? ''
}

describe('registration', () => {
  it('makes a public client and answers 200, as Descope documents', async () => {
    const fake = createFakeDescope()
    const answer = await register(fake, { token_endpoint_auth_method: 'client_secret_basic' })
    const body = (await answer.json()) as Record<string, unknown>
    expect([answer.status, body['token_endpoint_auth_method'], body['client_secret']]).toEqual([200, 'none', undefined])
    expect(atob(String(body['client_id']))).toMatch(new RegExp(`^${fake.projectId}:TPA2`))
  })

  it.each([[[]], ['x'], [undefined], [['not a url']], [[7]]])('refuses the redirect URIs %j', async (redirect_uris) => {
    const answer = await register(createFakeDescope(), { redirect_uris })
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ errorCode: 'E011003' })])
  })
})

describe('sign-in', () => {
  it('gives a token for the resource that was asked for, once for a code and a verifier', async () => {
    const fake = createFakeDescope()
    const clientId = await newClient(fake)
    const returned = await authorize(fake, clientId, { scope: 'openid tenants' })
    expect(returned.get('state')).toBe('state-1')
    const form = redemption(clientId, returned.get('code') ?? '')
    const tokens = (await (await post(fake, form)).json()) as FakeDescopeTokens
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'openid tenants' })
    expect(payloadOf(tokens.access_token)).toMatchObject({
      iss: `https://api.descope.com/v1/apps/${fake.projectId}`,
      sub: fakeUsers.nelly.id,
      aud: [clientId, fake.projectId, resource],
      azp: clientId,
      scope: 'openid tenants',
      drn: 'DS',
      tenants: fakeUsers.nelly.tenants,
    })
    expect(payloadOf(tokens.refresh_token ?? '')['drn']).toBe('DSR')
    expect(payloadOf(tokens.id_token ?? '')).toMatchObject({ aud: [clientId], name: 'Nelly' })
    expect((await post(fake, form)).status).toBe(400)
    expect(fake.secrets).toEqual(expect.arrayContaining([tokens.access_token, tokens.refresh_token, tokens.id_token]))
  })

  it.each([
    ['another verifier', { code_verifier: verifier.replace('d', 'e') }],
    ['no verifier', { code_verifier: '' }],
    ['another redirect URI', { redirect_uri: 'http://127.0.0.1:1/callback' }],
    ['another code', { code: 'invented' }],
  ])('refuses a code with %s', async (_name, over) => {
    const fake = createFakeDescope()
    const clientId = await newClient(fake)
    const answer = await post(fake, redemption(clientId, await codeOf(fake, clientId), over))
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })])
  })

  it('refuses a code of another client, a code that is too old, and a resource nobody agreed to', async () => {
    let now = 1_800_000_000
    const fake = createFakeDescope({ now: () => now })
    const clientId = await newClient(fake)
    const foreign = await post(fake, redemption(await newClient(fake), await codeOf(fake, clientId)))
    const other = await post(
      fake,
      redemption(clientId, await codeOf(fake, clientId), { resource: 'https://other.example/mcp' }),
    )
    const old = await codeOf(fake, clientId)
    now += 120
    const late = await post(fake, redemption(clientId, old))
    expect([foreign.status, other.status, late.status]).toEqual([400, 400, 400])
  })

  it.each([
    ['an unknown client', { client_id: 'unknown' }],
    ['an address that was not registered', { redirect_uri: 'https://evil.example/' }],
    ['no PKCE', { code_challenge: '' }],
    ['plain PKCE', { code_challenge_method: 'plain' }],
    ['an implicit flow', { response_type: 'token' }],
  ])('sends nobody anywhere for %s', async (_name, over) => {
    const fake = createFakeDescope()
    const answer = await fake.fetch(new Request(authorizationURL(fake, await newClient(fake), over)))
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
  })

  it('refuses a scope that the project does not offer, and a user who says no', async () => {
    const fake = createFakeDescope()
    const clientId = await newClient(fake)
    const odd = await authorize(fake, clientId, { scope: 'openid mcp:read' })
    fake.settings.deny = true
    const denied = await authorize(fake, clientId)
    expect([odd.get('error'), odd.get('state'), denied.get('error')]).toEqual([
      'invalid_scope',
      'state-1',
      'access_denied',
    ])
  })

  it('asks a human when it is interactive', async () => {
    const fake = createFakeDescope({ settings: { interactive: true } })
    const url = authorizationURL(fake, await newClient(fake))
    const page = await (await fake.fetch(new Request(url))).text()
    expect(page).toContain('This is not Descope')
    const decide = async (decision: string): Promise<URLSearchParams> => {
      const body = new URLSearchParams({ user: fakeUsers.wumpus.id, decision })
      const answer = await fake.fetch(new Request(url, { method: 'POST', body }))
      return new URL(answer.headers.get('location') ?? 'about:blank').searchParams
    }
    expect((await decide('cancel')).get('error')).toBe('access_denied')
    expect((await decide('approve')).get('code')).toMatch(/^\w+$/)
  })

  it('leaves the resource out of aud for projects that do', async () => {
    const fake = createFakeDescope({ settings: { resourceAudience: false, tokenIssuer: 'server' } })
    const { access_token } = await fake.issueTokens({ resources: [resource], clientId: 'client' })
    expect(payloadOf(access_token)).toMatchObject({
      aud: ['client', fake.projectId],
      iss: expect.stringContaining('/agentic/'),
    })
  })
})

describe('tokens afterwards', () => {
  it('rotates refresh tokens or keeps them, and refuses one that was rotated', async () => {
    const fake = createFakeDescope()
    const clientId = await newClient(fake)
    const { refresh_token = '' } = await fake.issueTokens({ clientId })
    const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token }
    const next = (await (await post(fake, form)).json()) as FakeDescopeTokens
    const again = await post(fake, form)
    expect([again.status, await again.json()]).toEqual([401, expect.objectContaining({ errorCode: 'E061005' })])
    fake.settings.rotatesRefreshTokens = false
    const kept = { ...form, refresh_token: next.refresh_token ?? '' }
    for (const answer of [await post(fake, kept), await post(fake, kept)]) {
      expect([answer.status, await answer.json()]).toEqual([
        200,
        expect.not.objectContaining({ refresh_token: expect.anything() }),
      ])
    }
  })

  it('refuses the refresh token of another client, and of a user who took the consent back', async () => {
    const fake = createFakeDescope()
    const clientId = await newClient(fake)
    const { refresh_token = '' } = await fake.issueTokens({ clientId })
    const form = { grant_type: 'refresh_token', client_id: clientId, refresh_token }
    expect((await post(fake, { ...form, client_id: await newClient(fake) })).status).toBe(401)
    fake.users.clear()
    const gone = await post(fake, form)
    expect([gone.status, await gone.json()]).toEqual([404, expect.objectContaining({ errorCode: 'E063302' })])
  })

  it('lets a confidential client act for itself, and nobody without its secret', async () => {
    const clientId = btoa('P2FakeProject0000000000000000:TPA2Machine')
    const fake = createFakeDescope({ clients: [{ clientId, clientSecret: 'secret', redirectUris: [] }] })
    const form = { grant_type: 'client_credentials', scope: 'openid', resource }
    const basic = { authorization: `Basic ${btoa(`${encodeURIComponent(clientId)}:secret`)}` }
    const request = new Request(endpoint(fake, 'token'), {
      method: 'POST',
      headers: basic,
      body: new URLSearchParams(form),
    })
    const tokens = (await (await fake.fetch(request)).json()) as FakeDescopeTokens
    expect(payloadOf(tokens.access_token)).toMatchObject({ sub: 'TPA2Machine', azp: clientId })
    expect([tokens.refresh_token, tokens.id_token]).toEqual([undefined, undefined])
    const refused = await post(fake, { ...form, client_id: clientId, client_secret: 'other' })
    expect([refused.status, await refused.json()]).toEqual([400, expect.objectContaining({ errorCode: 'E011002' })])
    const unknown = await post(fake, { ...form, client_id: 'unknown' })
    expect(await unknown.json()).toEqual({ errorCode: 'E074130', errorDescription: 'Invalid client id' })
  })

  it('says who a token belongs to until it is revoked', async () => {
    const fake = createFakeDescope()
    const { access_token, refresh_token = '' } = await fake.issueTokens()
    const ask = async (): Promise<Response> =>
      await fake.fetch(
        new Request(endpoint(fake, 'userinfo'), { headers: { authorization: `Bearer ${access_token}` } }),
      )
    expect(await (await ask()).json()).toMatchObject({ sub: fakeUsers.nelly.id, email: fakeUsers.nelly.email })
    expect(await (await post(fake, { token: refresh_token }, 'revocation')).json()).toEqual({})
    expect((await ask()).status).toBe(401)
  })

  it('forgets tokens when it is told to', async () => {
    const fake = createFakeDescope()
    const clientId = await newClient(fake)
    const { access_token, refresh_token = '' } = await fake.issueTokens({ clientId })
    fake.dropAccessTokens()
    fake.dropRefreshTokens()
    const headers = { authorization: `Bearer ${access_token}` }
    const asked = await fake.fetch(new Request(endpoint(fake, 'userinfo'), { headers }))
    const refreshed = await post(fake, { grant_type: 'refresh_token', client_id: clientId, refresh_token })
    expect([asked.status, refreshed.status]).toEqual([401, 401])
  })
})
