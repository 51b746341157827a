import { createFakeDiscord, type FakeDiscordOptions, fakeUsers, leakMarker } from '@mcp-auth/provider-discord/mocks'
import { describe, expect, it } from 'vitest'
import { authorizationURL, authorize, formRequest, providerFor, redirectUri, verifier } from '../upstream.ts'

describe('the authorization page of the fake', () => {
  it('agrees at once and returns code, state and issuer to the redirect URI', async () => {
    const fake = createFakeDiscord()
    const request = new Request(authorizationURL(providerFor(fake)))
    const response = await fake.fetch(request)
    const location = response.headers.get('Location') ?? ''
    expect(response.status).toBe(302)
    expect(location).toBe(`${redirectUri}?code=${fake.secrets[0]}&state=state-1&iss=https%3A%2F%2Fdiscord.com`)
    expect(fake.requestsTo('authorize')).toHaveLength(1)
  })

  it('is found at the address of the metadata and below any other host and folder', async () => {
    const fake = createFakeDiscord()
    for (const authorizeUrl of [
      'https://discord.com/api/oauth2/authorize',
      'https://discord.com/api/v10/oauth2/authorize',
      'http://127.0.0.1:8001/somewhere/oauth2/authorize',
    ]) {
      const parameters = await authorize(fake, providerFor(fake, { authorizeUrl }))
      expect(parameters.get('code')).toHaveLength(30)
    }
  })

  it('B5: leaves the issuer out or lies about it on demand', async () => {
    const fake = createFakeDiscord({ settings: { issuer: 'absent' } })
    const provider = providerFor(fake)
    expect((await authorize(fake, provider)).has('iss')).toBe(false)
    fake.settings.issuer = 'wrong'
    expect((await authorize(fake, provider)).get('iss')).toBe('https://discord.example')
  })

  it('denies on demand, with the state and without a code', async () => {
    const fake = createFakeDiscord({ settings: { deny: true } })
    const parameters = await authorize(fake, providerFor(fake))
    expect(Object.fromEntries(parameters)).toEqual({
      error: 'access_denied',
      error_description: 'The resource owner or authorization server denied the request',
      state: 'state-1',
    })
    expect(fake.secrets).toEqual([])
  })

  it.each<readonly [string, Readonly<Record<string, string>>, FakeDiscordOptions]>([
    ['another client id', { client_id: '999999999999999999' }, {}],
    ['no redirect URI', { redirect_uri: '' }, {}],
    ['a redirect URI that is not registered', {}, { redirectUris: [`${redirectUri}/`] }],
    ['the implicit grant', { response_type: 'token' }, {}],
    ['a challenge without S256', { code_challenge_method: 'plain' }, {}],
  ])('refuses %s without going anywhere', async (_name, parameters, options) => {
    const fake = createFakeDiscord(options)
    const response = await fake.fetch(new Request(authorizationURL(providerFor(fake), parameters)))
    expect(response.status).toBe(400)
    expect(response.headers.get('Location')).toBeNull()
  })

  it.each(['identify everything', ''])('refuses the scope "%s" at the redirect URI', async (scope) => {
    const fake = createFakeDiscord()
    expect((await authorize(fake, providerFor(fake), { scope })).get('error')).toBe('invalid_scope')
  })
})

describe('the authorization page of the fake, for humans', () => {
  const decide = (form: Readonly<Record<string, string>>, url: string): Request =>
    new Request(url, { method: 'POST', body: new URLSearchParams(form) })

  it('says that it is a fake and offers the users, in a page that needs no script', async () => {
    const fake = createFakeDiscord({ settings: { interactive: true } })
    const response = await fake.fetch(new Request(authorizationURL(providerFor(fake))))
    const page = await response.text()
    expect(response.status).toBe(200)
    expect(page).toContain('This is not Discord.')
    expect(page).toContain('See which servers you are in')
    expect(page).toContain(`value="${fakeUsers.nelly.id}" checked`)
    expect(page).toContain(`value="${fakeUsers.wumpus.id}"`)
    expect(page).not.toContain('<script')
    expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'none'")
    expect(fake.secrets).toEqual([])
  })

  it('returns the code of the chosen user after Approve', async () => {
    const fake = createFakeDiscord({ settings: { interactive: true } })
    const provider = providerFor(fake)
    const url = authorizationURL(provider)
    const response = await fake.fetch(decide({ decision: 'approve', user: fakeUsers.wumpus.id }, url))
    const code = new URL(response.headers.get('Location') ?? '').searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
    const tokens = await fake.fetch(formRequest(provider.tokenEndpoint, provider, form))
    const { access_token }: { access_token: string } = await tokens.json()
    const headers = { ...provider.headers, Authorization: `Bearer ${access_token}` }
    const me = await fake.fetch(new Request('https://discord.com/api/v10/users/@me', { headers }))
    expect(await me.json()).toMatchObject({ username: 'wumpus' })
  })

  it('returns a denial after Cancel, and after a choice of nobody', async () => {
    const fake = createFakeDiscord({ settings: { interactive: true } })
    const url = authorizationURL(providerFor(fake))
    for (const form of [
      { decision: 'cancel', user: fakeUsers.nelly.id },
      { user: fakeUsers.nelly.id },
      { decision: 'approve', user: '1' },
    ]) {
      const response = await fake.fetch(decide(form, url))
      expect(response.headers.get('Location')).toContain('error=access_denied')
    }
  })

  it('A5: shows markup in names and scopes as text', async () => {
    const nasty = { ...fakeUsers.nelly, username: `"><img src=x onerror=1>&'` }
    const fake = createFakeDiscord({ users: [nasty], settings: { interactive: true } })
    const response = await fake.fetch(new Request(authorizationURL(providerFor(fake))))
    const page = await response.text()
    expect(page).toContain('&#34;&#62;&#60;img src=x onerror=1&#62;&#38;&#39;')
    expect(page).not.toContain('<img')
  })

  it('fails on demand', async () => {
    const fake = createFakeDiscord()
    fake.fail('authorize', '503', 1)
    const response = await fake.fetch(new Request(authorizationURL(providerFor(fake))))
    expect(response.status).toBe(503)
    expect(await response.text()).toContain(leakMarker)
  })
})
