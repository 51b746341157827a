/** Clients whose id is the URL of their metadata, over real TLS: A069 to A073 and A080. */
import { describe, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { createBrowser, send } from './support/browser.ts'
import { callMCP, login, newClient, openConsent, redirectURI, refresh, tokenRequest } from './support/client.ts'
import { clientDocument, publishClient, startWithDocuments } from './support/document-host.ts'
import { newForgeKey } from './support/forge.ts'
import { localPage, pageText, parametersOf, shownBy } from './support/pages.ts'

/** What a client with this id gets at the token endpoint. */
async function tokenOutcome(server: Parameters<typeof tokenRequest>[0], clientId: string): Promise<string> {
  return outcome(
    await tokenRequest(server, { client_id: clientId }, { grant_type: 'refresh_token', refresh_token: 'x' }),
  )
}

describe('whether such clients are taken', () => {
  it('A069 A070 the metadata says that they are, and one signs in, calls, and refreshes', async () => {
    const { host, server } = await startWithDocuments()
    for (const place of ['oauth-authorization-server', 'openid-configuration']) {
      const metadata = await send(`${server.origin}/.well-known/${place}`)
      expect(metadata.json()['client_id_metadata_document_supported']).toBe(true)
    }
    const client = publishClient(host)
    const tokens = await login(server, { client })
    expect((await callMCP(server, tokens.access_token)).json()).toMatchObject({ clientId: client.client_id })
    const refreshed = await refresh(server, client, tokens.refresh_token)
    expect(refreshed.status).toBe(200)
    expect((await callMCP(server, String(refreshed.json()['access_token']))).status).toBe(200)
    expect(host.requests).toEqual(['/client.json'])
    expect(server.events.map((event) => event.type)).toContain('token.refreshed')
  })

  it('A069 the metadata does not say so where they are not, and nobody asks their hosts', async () => {
    const { host, server } = await startWithDocuments({}, { enabled: false })
    for (const place of ['oauth-authorization-server', 'openid-configuration']) {
      const metadata = await send(`${server.origin}/.well-known/${place}`)
      expect(metadata.json()).not.toHaveProperty('client_id_metadata_document_supported')
    }
    const client = publishClient(host)
    const page = await openConsent(server, client, createBrowser())
    expect(shownBy(page)).toEqual(localPage(400))
    expect(pageText(page)).toContain('unknown')
    expect(await tokenOutcome(server, client.client_id)).toBe('401 invalid_client')
    expect(host.connections()).toBe(0)
  })

  it('A082 A080 one does not get in the way of the ids that are made here', async () => {
    const { server } = await startWithDocuments()
    expect((await newClient(server)).client_id).not.toMatch(/^https:/)
  })
})

describe('what the document says goes', () => {
  it.each([
    ['says so', { grant_types: ['authorization_code', 'refresh_token'] }, 'identify', true],
    ['does not say so', { grant_types: ['authorization_code'] }, 'identify', false],
    ['says nothing', { grant_types: undefined }, 'identify', false],
    ['says nothing, and asks', { grant_types: undefined }, 'identify offline_access', true],
  ])('A095 a client that %s gets a refresh token or not', async (_name, over, scope, gets) => {
    const { host, server } = await startWithDocuments()
    const tokens = await login(server, { client: publishClient(host, over), over: { scope } })
    expect(typeof tokens.refresh_token === 'string').toBe(gets)
  })

  it.each([
    ['another client', (url: string) => ({ client_id: `${url}?v=2` })],
    ['another spelling of it', (url: string) => ({ client_id: url.replace('localhost', 'LOCALHOST') })],
    ['no client', () => ({ client_id: undefined })],
  ])('A071 a document that names %s is none', async (_name, over) => {
    const { host, server } = await startWithDocuments()
    const url = `${host.origin}/client.json`
    const client = publishClient(host, over(url))
    expect(shownBy(await openConsent(server, client, createBrowser()))).toEqual(localPage(400))
    expect(await tokenOutcome(server, client.client_id)).toBe('401 invalid_client')
    expect(host.requests.length).toBeGreaterThan(0)
  })

  it.each([
    ['another path', 'http://127.0.0.1:32767/other'],
    ['another host', 'https://evil.example/callback'],
    ['another spelling of loopback', 'http://localhost:32767/callback'],
    ['a query', `${redirectURI}?x=1`],
    ['the URL of the document', undefined],
  ])('A072 a redirect URI that is not in it leads nowhere: %s', async (_name, uri) => {
    const { host, server } = await startWithDocuments()
    const client = publishClient(host)
    const page = await openConsent(server, client, createBrowser(), { redirect_uri: uri ?? client.client_id })
    expect(shownBy(page)).toEqual(localPage(400))
  })

  it.each([
    ['the one in it', {}],
    ['the one in it at another port', { redirect_uri: 'http://127.0.0.1:50000/callback' }],
    ['none, since there is one', { redirect_uri: undefined }],
  ])('A072 A003 a redirect URI that is in it is fine: %s', async (_name, over) => {
    const { host, server } = await startWithDocuments()
    expect((await openConsent(server, publishClient(host), createBrowser(), over)).status).toBe(200)
  })

  it('A072 A8 a redirect URI that the policy of the server does not allow is not in it', async () => {
    const redirectURIs = { allowed: [{ scheme: 'https', host: 'client.example' }] }
    const { host, server } = await startWithDocuments({ redirectURIs })
    const uris = ['https://client.example/cb', 'https://evil.example/cb']
    const client = publishClient(host, { redirect_uris: uris })
    const [fine, evil] = await Promise.all(
      uris.map(async (redirect_uri) => await openConsent(server, client, createBrowser(), { redirect_uri })),
    )
    expect([fine?.status, evil?.status]).toEqual([200, 400])
    const other = publishClient(host, { redirect_uris: uris.slice(1) }, { path: '/other.json' })
    expect(await tokenOutcome(server, other.client_id)).toBe('401 invalid_client')
  })
})

describe('a URL that is no client id', () => {
  it.each([
    ['http', (origin: string) => `${origin.replace('https', 'http')}/client.json`],
    ['no path', (origin: string) => origin],
    ['the root', (origin: string) => `${origin}/`],
    ['a fragment', (origin: string) => `${origin}/client.json#x`],
    ['a user', (origin: string) => `${origin.replace('//', '//user@')}/client.json`],
    ['a user and a password', (origin: string) => `${origin.replace('//', '//a:b@')}/client.json`],
    ['two dots', (origin: string) => `${origin}/a/../client.json`],
    ['one dot', (origin: string) => `${origin}/./client.json`],
    ['escaped dots', (origin: string) => `${origin}/a/%2e%2e/client.json`],
    ['dots escaped otherwise', (origin: string) => `${origin}/a/.%2E/client.json`],
    ['a backslash', (origin: string) => `${origin}\\client.json`],
    ['a final dot', (origin: string) => `${origin.replace('localhost', 'localhost.')}/client.json`],
    ['an address in decimal', (origin: string) => `${origin.replace('localhost', '2130706433')}/client.json`],
    ['the scheme in capitals', (origin: string) => `${origin.replace('https', 'HTTPS')}/client.json`],
  ])('A073 has %s, and nobody is asked', async (_name, idOf) => {
    const { host, server } = await startWithDocuments()
    publishClient(host)
    const client_id = idOf(host.origin)
    host.answer('/', { body: clientDocument(client_id) })
    expect(shownBy(await openConsent(server, { client_id }, createBrowser()))).toEqual(localPage(400))
    expect(await tokenOutcome(server, client_id)).toBe('401 invalid_client')
    expect(host.connections()).toBe(0)
  })
})

describe('a document that is none', () => {
  const plain = (over: Record<string, unknown>) => (url: string) => ({ body: clientDocument(url, over) })

  it.each<[string, (url: string) => { headers?: Record<string, string>; status?: number; body?: unknown }]>([
    ['is not JSON', () => ({ body: 'not JSON' })],
    ['is JSON cut short', (url) => ({ body: JSON.stringify(clientDocument(url)).slice(0, -1) })],
    ['is empty', () => ({ body: '' })],
    ['is a list', (url) => ({ body: [clientDocument(url)] })],
    ['is null', () => ({ body: 'null' })],
    ['has no name', plain({ client_name: undefined })],
    ['has no redirect URIs', plain({ redirect_uris: undefined })],
    ['has an empty list of them', plain({ redirect_uris: [] })],
    ['has only bad ones', plain({ redirect_uris: ['javascript:alert(1)', 'http://evil.example/'] })],
    ['has a secret', plain({ client_secret: 's3cret' })],
    ['has the end of a secret', plain({ client_secret_expires_at: 0 })],
    ['wants to show a secret', plain({ token_endpoint_auth_method: 'client_secret_post' })],
    ['wants to show one by Basic', plain({ token_endpoint_auth_method: 'client_secret_basic' })],
    ['wants to sign with one', plain({ token_endpoint_auth_method: 'client_secret_jwt' })],
    ['wants to sign without keys', plain({ token_endpoint_auth_method: 'private_key_jwt' })],
    ['is served as a page', (url) => ({ headers: { 'content-type': 'text/html' }, body: clientDocument(url) })],
    ['is served as text', (url) => ({ headers: { 'content-type': 'text/json' }, body: clientDocument(url) })],
    [
      'is served as something like JSON',
      (url) => ({ headers: { 'content-type': 'application/jsonp' }, body: clientDocument(url) }),
    ],
    ['comes with 201', (url) => ({ status: 201, body: clientDocument(url) })],
    ['comes with 203', (url) => ({ status: 203, body: clientDocument(url) })],
    ['comes with 206', (url) => ({ status: 206, body: clientDocument(url) })],
    ['comes with 404', (url) => ({ status: 404, body: clientDocument(url) })],
    ['comes with 401', (url) => ({ status: 401, body: clientDocument(url) })],
  ])('A073 A077 %s: it is refused, and not held against the one that follows', async (_name, answerFor) => {
    const { host, server } = await startWithDocuments()
    const client = { client_id: `${host.origin}/client.json` }
    host.answer('/client.json', answerFor(client.client_id))
    const page = await openConsent(server, client, createBrowser())
    expect(shownBy(page)).toEqual(localPage(400))
    expect(pageText(page)).toContain('metadata document')
    publishClient(host)
    expect((await openConsent(server, client, createBrowser())).status).toBe(200)
  })

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/client-metadata+json'])(
    'A070 one that is served as %s is fine',
    async (type) => {
      const { host, server } = await startWithDocuments()
      const client = publishClient(host, {}, { headers: { 'content-type': type } })
      expect((await openConsent(server, client, createBrowser())).status).toBe(200)
    },
  )
})

describe('trust', () => {
  it.each([
    ['is on the list', { allowedHosts: ['claude.ai', 'localhost'] }, 200],
    ['is not on the list', { allowedHosts: ['claude.ai'] }, 400],
    ['is on an empty list', { allowedHosts: [] }, 400],
    ['is on the other list', { deniedHosts: ['localhost'] }, 400],
    ['is on neither list', { deniedHosts: ['evil.example'] }, 200],
  ])('A080 a host that %s names clients or not', async (_name, policy, status) => {
    const { host, server } = await startWithDocuments({}, policy)
    const client = publishClient(host)
    expect((await openConsent(server, client, createBrowser())).status).toBe(status)
    expect(await tokenOutcome(server, client.client_id)).toBe(
      status === 200 ? '400 invalid_grant' : '401 invalid_client',
    )
    expect(host.connections()).toBe(status === 200 ? 1 : 0)
  })

  it('A009 A080 people see the host that the client stands on, besides the name it gives itself', async () => {
    const { host, server } = await startWithDocuments()
    const client = publishClient(host, {
      client_name: '<b>"Claude"</b>\u202e',
      redirect_uris: ['https://client.example/cb'],
    })
    const page = await openConsent(server, client, createBrowser(), { redirect_uri: 'https://client.example/cb' })
    expect(page.text).not.toContain('<b>')
    const text = pageText(page)
    expect(text).toContain('<b>"Claude"</b> not verified')
    expect(text).toContain(host.authority)
    expect(text).toContain('client.example')
    expect(text).not.toContain('on this computer')
  })

  it('A080 A9 people are warned of a client that is called back on their own machine', async () => {
    const { host, server } = await startWithDocuments()
    const page = await openConsent(server, publishClient(host), createBrowser())
    expect(pageText(page)).toContain('a program on this computer')
    expect(pageText(page)).toContain('127.0.0.1:32767')
  })

  it('A025 A080 an error is no way to the client without a click', async () => {
    const { host, server } = await startWithDocuments()
    const client = publishClient(host, { redirect_uris: ['https://evil.example/cb'] })
    const over = { redirect_uri: 'https://evil.example/cb', scope: 'nonsense' }
    const page = await openConsent(server, client, createBrowser(), over)
    expect([page.status, page.location]).toEqual([400, undefined])
  })

  it('A080 R49 a client with keys cannot do without them', async () => {
    const { host, server } = await startWithDocuments()
    const keys = [newForgeKey().publicJwk]
    const client = publishClient(host, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } })
    expect((await openConsent(server, client, createBrowser())).status).toBe(200)
    for (const over of [{}, { client_secret: 's3cret' }, { client_assertion: 'x' }]) {
      expect(outcome(await refresh(server, client, 'x', over))).toBe('401 invalid_client')
    }
  })

  it('A105 another client cannot redeem its code', async () => {
    const { host, server } = await startWithDocuments()
    const client = publishClient(host)
    const other = publishClient(host, {}, { path: '/other.json' })
    const tokens = await login(server, { client })
    const stolen = await refresh(server, other, tokens.refresh_token)
    expect(outcome(stolen)).toBe('400 invalid_grant')
    expect((await refresh(server, client, tokens.refresh_token)).status).toBe(200)
  })

  it('A026 a client learns that its request was denied', async () => {
    const { host, server } = await startWithDocuments()
    const browser = createBrowser()
    const page = await openConsent(server, publishClient(host), browser)
    expect(parametersOf(await browser.submit(page, { decision: 'deny' })).get('error')).toBe('access_denied')
  })
})
