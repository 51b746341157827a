/** Which redirect URIs a client may register: A083, and rows B2 and B3 of the threat catalogue. */
import { describe, expect, it } from 'vitest'
import { createBrowser } from './support/browser.ts'
import { authorize, newClient, openConsent, register } from './support/client.ts'
import { localPage, shownBy } from './support/pages.ts'
import { startServer } from './support/start.ts'

it.each([
  'http://evil.example/cb',
  'http://127.0.0.1.evil.example/cb',
  'http://127.0.0.2/cb',
  'http://0.0.0.0/cb',
  'http://localhost@evil.example/cb',
  'http://localhost.evil.example/cb',
  'http://2130706433/cb',
  'http://[::ffff:127.0.0.1]/cb',
  'https://client.example/cb#f',
  'https://client.example/cb#',
  'https://user:password@client.example/cb',
  'https://user@client.example/cb',
  'https://@client.example/cb',
  'https://*.client.example/cb',
  'https://client.example/*',
  'https://client.example/a/../cb',
  'https://client.example/a/%2e%2e/cb',
  'https://client.example\\@evil.example/',
  'https://client.example/\r\nx',
  'https://client.example/ cb',
  'https://client.example/é',
  'https://clíent.example/cb',
  'https://',
  'https:client.example/cb',
  '//client.example/cb',
  '/relative',
  'relative',
  'not a uri',
  'urn:ietf:wg:oauth:2.0:oob',
  '',
])('A083 refuses to register %j', async (uri) => {
  const server = await startServer()
  const answer = await register(server, { redirect_uris: [uri] })
  expect([answer.status, answer.json()['error']]).toEqual([400, 'invalid_redirect_uri'])
})

it.each([
  'https://client.example/cb',
  'https://client.example:8443/cb?a=b&c',
  'https://client.example',
  'http://127.0.0.1/cb',
  'http://127.0.0.1:33418/',
  'http://localhost:6274/oauth/callback',
  'http://[::1]:3000/cb',
  'com.example.app://callback',
])('A083 registers %s and completes a sign-in with it', async (uri) => {
  const server = await startServer()
  const client = await newClient(server, { redirect_uris: [uri] })
  const { answer, code } = await authorize(server, { client, over: { redirect_uri: uri } })
  expect(code).not.toBe('')
  expect(answer.location?.startsWith(`${uri}${uri.includes('?') ? '&' : '?'}code=`)).toBe(true)
})

describe('B2 dangerous schemes', () => {
  const dangerous = [
    'javascript:alert(1)',
    'jAvAsCrIpT:alert(1)',
    'javascript://client.example/%0aalert(1)',
    'java\tscript:alert(1)',
    ' javascript:alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,x',
    'data://text/html,x',
    'vbscript:x',
    'vbscript://x/',
    'file:///etc/passwd',
    'file://host/etc/passwd',
    'blob:https://client.example/y',
    'about:blank',
    'about://blank',
    'view-source:https://client.example/',
    'filesystem:https://client.example/x',
    'ws://client.example/',
    'wss://client.example/',
    'ftp://client.example/',
    'mailto://a@client.example',
    'tel://1',
    'ms-settings://x',
    'intent://x',
    'ssh://client.example/',
  ]

  it.each(dangerous)('B2 A083 refuses to register %j', async (uri) => {
    const server = await startServer()
    const answer = await register(server, { redirect_uris: [uri] })
    expect([answer.status, answer.json()['error']]).toEqual([400, 'invalid_redirect_uri'])
  })

  it.each([
    'javascript',
    'data',
    'vbscript',
    'file',
    'blob',
    'about',
    'view-source',
    'ws',
    'wss',
    'ftp',
    'mailto',
    'tel',
  ])('B2 refuses %s even where a careless operator lists it', async (scheme) => {
    const server = await startServer({ redirectURIs: { privateUseSchemes: [scheme, 'good'] } })
    expect((await register(server, { redirect_uris: [`${scheme}://host/cb`] })).status).toBe(400)
    expect((await register(server, { redirect_uris: ['good://host/cb'] })).status).toBe(201)
  })

  it('B2 redirects to none of them, registered beside a good one or not', async () => {
    const server = await startServer()
    const client = await newClient(server, { redirect_uris: [...dangerous.slice(0, 9), 'https://client.example/cb'] })
    for (const redirect_uri of dangerous) {
      const answer = await openConsent(server, client, createBrowser(), { redirect_uri, prompt: 'none' })
      expect(shownBy(answer)).toEqual(localPage(400))
      expect(answer.text).not.toMatch(/script:|data:/i)
    }
  })
})

describe('B3 a whole registration refused for one of its redirect URIs', () => {
  const cursor = [
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'https://www.cursor.com/agents/mcp/oauth/callback',
    'http://localhost:8787/callback',
  ]

  it('B3 registers Cursor with all three of its URIs', async () => {
    const server = await startServer()
    const answer = await register(server, { redirect_uris: cursor, application_type: undefined, client_name: 'Cursor' })
    expect([answer.status, answer.json()['redirect_uris']]).toEqual([201, cursor])
  })

  it('B3 leaves out of the answer what is not allowed, and refuses its use', async () => {
    const server = await startServer({ redirectURIs: { privateUseSchemes: [] } })
    const answer = await register(server, { redirect_uris: cursor })
    expect([answer.status, answer.json()['redirect_uris']]).toEqual([201, cursor.slice(1)])
    const client = { client_id: String(answer.json()['client_id']) }
    const [dropped = '', kept = ''] = cursor
    expect(shownBy(await openConsent(server, client, createBrowser(), { redirect_uri: dropped }))).toEqual(
      localPage(400),
    )
    expect((await openConsent(server, client, createBrowser(), { redirect_uri: kept })).status).toBe(200)
  })

  it('B3 names every redirect URI once', async () => {
    const server = await startServer()
    const answer = await register(server, { redirect_uris: [...cursor, ...cursor, 'javascript:alert(1)'] })
    expect([answer.status, answer.json()['redirect_uris']]).toEqual([201, cursor])
  })

  it('B3 refuses a registration of which nothing is left', async () => {
    const server = await startServer()
    const answer = await register(server, { redirect_uris: ['javascript:alert(1)', 'http://evil.example/cb'] })
    expect([answer.status, answer.json()['error']]).toEqual([400, 'invalid_redirect_uri'])
  })
})
