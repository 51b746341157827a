/** The authorization endpoint: which client, which redirect URI, and where an answer may go. */
import { expect, it } from 'vitest'
import { createBrowser } from './support/browser.ts'
import {
  authorize,
  authorizeURL,
  encode,
  newClient,
  newPKCE,
  type Overrides,
  openConsent,
  redirectURI,
} from './support/client.ts'
import { linksOf, localPage, pageText, parametersOf, shownBy } from './support/pages.ts'
import { knownClient, startServer } from './support/start.ts'

it.each([
  ['an unknown client', 'no-such-client'],
  ['no client at all', undefined],
  ["Discord's own client id", '157730590492196864'],
  ['the name of a member of every object', '__proto__'],
])('A001 shows a page to %s and never redirects to its URI', async (_case, client_id) => {
  const server = await startServer()
  const answer = await openConsent(server, await newClient(server), createBrowser(), { client_id })
  expect(shownBy(answer)).toEqual(localPage(400))
  expect(answer.text).not.toMatch(/(?::|%3a)32767/i)
})

it.each([0, 4, 10, 40, -20])('A001 does not know a client id that was changed at position %d', async (position) => {
  const server = await startServer()
  const { client_id } = await newClient(server)
  const at = (client_id.length + position) % client_id.length
  const changed = client_id.slice(0, at) + (client_id[at] === 'A' ? 'B' : 'A') + client_id.slice(at + 1)
  expect(shownBy(await openConsent(server, { client_id: changed }, createBrowser()))).toEqual(localPage(400))
})

it.each([
  'https://evil.example/cb',
  'http://127.0.0.1:32767/other',
  'javascript:alert(1)',
  'data:text/html,x',
  '//evil.example',
  '/callback',
  'urn:ietf:wg:oauth:2.0:oob',
])('A001 shows a page for the unregistered redirect_uri %s and never goes there', async (redirect_uri) => {
  const server = await startServer({ clients: [knownClient] })
  const clients = [await newClient(server), knownClient]
  for (const client of clients) {
    const answer = await openConsent(server, client, createBrowser(), { redirect_uri, prompt: 'none' })
    expect(shownBy(answer)).toEqual(localPage(400))
    expect(answer.text).not.toContain(redirect_uri)
  }
})

it('A001 takes the only registered redirect URI when a request names none, and refuses to choose among several', async () => {
  const server = await startServer()
  const single = await newClient(server)
  const page = await openConsent(server, single, createBrowser(), { redirect_uri: undefined })
  expect(page.status).toBe(200)
  expect(pageText(page)).toContain('127.0.0.1:32767')
  const several = await newClient(server, { redirect_uris: [redirectURI, 'https://client.example/cb'] })
  expect(shownBy(await openConsent(server, several, createBrowser(), { redirect_uri: undefined }))).toEqual(
    localPage(400),
  )
})

const httpsURI = 'https://client.example/a/cb?k=v'

it.each([
  ['longer path', 'https://client.example/a/cbx?k=v'],
  ['path below', 'https://client.example/a/cb/x?k=v'],
  ['trailing slash', 'https://client.example/a/cb/?k=v'],
  ['dot segments', 'https://client.example/a/../a/cb?k=v'],
  ['escaped dot segments', 'https://client.example/a/%2e%2e/a/cb?k=v'],
  ['dots with a semicolon', 'https://client.example/a/..;/a/cb?k=v'],
  ['case of the path', 'https://client.example/A/cb?k=v'],
  ['case of the host', 'https://CLIENT.example/a/cb?k=v'],
  ['case of the scheme', 'HTTPS://client.example/a/cb?k=v'],
  ['an escaped letter', 'https://client.example/a/%63b?k=v'],
  ['more query', 'https://client.example/a/cb?k=v&x=1'],
  ['other query', 'https://client.example/a/cb?k=w'],
  ['no query', 'https://client.example/a/cb'],
  ['fragment', 'https://client.example/a/cb?k=v#f'],
  ['empty fragment', 'https://client.example/a/cb?k=v#'],
  ['user information', 'https://user@client.example/a/cb?k=v'],
  ['the client as user information', 'https://client.example@evil.example/a/cb?k=v'],
  ['backslash', 'https://client.example\\@evil.example/a/cb?k=v'],
  ['suffix of the host', 'https://client.example.evil.example/a/cb?k=v'],
  ['other host', 'https://evil.example/a/cb?k=v'],
  ['subdomain', 'https://x.client.example/a/cb?k=v'],
  ['dot after the host', 'https://client.example./a/cb?k=v'],
  ['explicit default port', 'https://client.example:443/a/cb?k=v'],
  ['other port', 'https://client.example:8443/a/cb?k=v'],
  ['other scheme', 'http://client.example/a/cb?k=v'],
  ['space before', ' https://client.example/a/cb?k=v'],
  ['line break', 'https://client.example/a/cb?k=v\r\n'],
  ['tab', 'https://client.example/a/c\tb?k=v'],
  ['zero byte', 'https://client.example/a/cb?k=v\u0000'],
])('A002 refuses a redirect_uri that differs by: %s', async (_case, redirect_uri) => {
  const server = await startServer()
  const client = await newClient(server, { redirect_uris: [httpsURI] })
  expect((await openConsent(server, client, createBrowser(), { redirect_uri: httpsURI })).status).toBe(200)
  expect(shownBy(await openConsent(server, client, createBrowser(), { redirect_uri }))).toEqual(localPage(400))
})

it.each([
  ['http://127.0.0.1:3000/cb', 'http://127.0.0.1:41234/cb'],
  ['http://127.0.0.1/cb', 'http://127.0.0.1:41234/cb'],
  ['http://127.0.0.1:3000/cb', 'http://127.0.0.1/cb'],
  ['http://[::1]:3000/cb', 'http://[::1]:41234/cb'],
  ['http://localhost:3000/cb?k=v', 'http://localhost:41234/cb?k=v'],
])('A003 accepts for the registered loopback URI %s another port: %s', async (registered, redirect_uri) => {
  const server = await startServer()
  const client = await newClient(server, { redirect_uris: [registered] })
  const { answer, code } = await authorize(server, { client, over: { redirect_uri } })
  expect(code).not.toBe('')
  expect(answer.location?.startsWith(redirect_uri)).toBe(true)
})

it.each([
  'http://localhost:32767/callback',
  'http://[::1]:32767/callback',
  'http://127.0.0.2:32767/callback',
  'https://127.0.0.1:32767/callback',
  'http://127.0.0.1:41234/other',
  'http://127.0.0.1:41234/callback?x=1',
  'http://127.0.0.1:41234/callback#f',
  'http://127.0.0.1:99999/callback',
  'http://127.0.0.1:/callback',
  'http://127.0.0.1:1@evil.example/callback',
  'http://127.0.0.1.evil.example:32767/callback',
  'http://127.0.0.1:32767\\@evil.example/callback',
  'http://127.1:32767/callback',
  'http://2130706433:32767/callback',
])('A003 keeps everything but the port of a loopback URI exact and refuses %s', async (redirect_uri) => {
  const server = await startServer()
  expect(shownBy(await openConsent(server, await newClient(server), createBrowser(), { redirect_uri }))).toEqual(
    localPage(400),
  )
})

const badRequests: readonly (readonly [id: string, title: string, over: Overrides, error: string])[] = [
  ['A020', 'no code_challenge', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
  ['A020', 'an empty code_challenge', { code_challenge: '' }, 'invalid_request'],
  ['A020', 'a code_challenge of 42 characters', { code_challenge: 'a'.repeat(42) }, 'invalid_request'],
  ['A020', 'a code_challenge of 128 characters', { code_challenge: 'a'.repeat(128) }, 'invalid_request'],
  ['A020', 'a code_challenge that is not base64url', { code_challenge: `${'a'.repeat(42)}+` }, 'invalid_request'],
  ['A021', 'code_challenge_method=plain', { code_challenge_method: 'plain' }, 'invalid_request'],
  ['A021', 'no code_challenge_method', { code_challenge_method: undefined }, 'invalid_request'],
  ['A021', 'code_challenge_method=s256', { code_challenge_method: 's256' }, 'invalid_request'],
  ['A021', 'code_challenge_method=none', { code_challenge_method: 'none' }, 'invalid_request'],
  ['A111', 'response_type=token', { response_type: 'token' }, 'unsupported_response_type'],
  ['A111', 'response_type=id_token', { response_type: 'id_token' }, 'unsupported_response_type'],
  ['A111', 'response_type=code token', { response_type: 'code token' }, 'unsupported_response_type'],
  ['A111', 'response_type=CODE', { response_type: 'CODE' }, 'unsupported_response_type'],
  ['A111', 'no response_type', { response_type: undefined }, 'invalid_request'],
  ['A111', 'response_mode=fragment', { response_mode: 'fragment' }, 'invalid_request'],
  ['A111', 'a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'invalid_request'],
  ['A111', 'a request_uri', { request_uri: 'https://discord.com/api/request-object' }, 'invalid_request'],
  ['A048', 'a foreign resource', { resource: 'https://other.example/mcp' }, 'invalid_target'],
  ['A048', 'a foreign resource besides ours', { resource: ['https://other.example/mcp', 'OURS'] }, 'invalid_target'],
  ['A048', 'a path besides our resource', { resource: 'OURS2' }, 'invalid_target'],
  ['A048', 'a resource on another port', { resource: 'http://127.0.0.1:1/mcp' }, 'invalid_target'],
  ['A051', 'a resource with a fragment', { resource: 'OURS#f' }, 'invalid_target'],
  ['A051', 'a resource with an empty fragment', { resource: 'OURS#' }, 'invalid_target'],
  ['A051', 'a relative resource', { resource: '/mcp' }, 'invalid_target'],
  ['A051', 'a resource that is no URL', { resource: 'mcp' }, 'invalid_target'],
  ['A051', 'a resource that is not http', { resource: 'urn:x' }, 'invalid_target'],
  ['A025', 'scopes nobody knows', { scope: 'nope:nope' }, 'invalid_scope'],
  ['A025', 'a malformed scope', { scope: 'a"b' }, 'invalid_scope'],
  ['A025', 'prompt=none', { prompt: 'none' }, 'interaction_required'],
]

it.each(badRequests)(
  '%s answers a known client that sends %s by a redirect with error, state and iss',
  async (...row) => {
    const [, , over, error] = row
    const server = await startServer({ clients: [knownClient] })
    const answer = await openConsent(server, knownClient, createBrowser(), withResource(over, server.mcpURL))
    expect(answer.status).toBe(303)
    expect(answer.location?.startsWith(`${redirectURI}?`)).toBe(true)
    const parameters = parametersOf(answer)
    expect(Object.fromEntries(parameters)).toEqual({
      error,
      error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/) as unknown,
      iss: server.auth.metadata.authorizationServer.issuer,
      state: 'client-state',
    })
    expect([...parameters.keys()]).toHaveLength(4)
    expect(server.discord.requests).toEqual([])
  },
)

it.each(badRequests)(
  'A025 %s does not send a person on who came with %s from a client anybody could register',
  async (...row) => {
    const [, , over, error] = row
    const server = await startServer()
    const client = await newClient(server)
    const answer = await openConsent(server, client, createBrowser(), withResource(over, server.mcpURL))
    expect([answer.status, answer.location]).toEqual([400, undefined])
    expect(answer.headers.getSetCookie()).toEqual([])
    const [link, ...others] = linksOf(answer)
    expect(others).toEqual([])
    expect(link?.startsWith(`${redirectURI}?`)).toBe(true)
    const { searchParams } = new URL(link ?? '')
    expect(searchParams.get('error')).toBe(error)
    expect(searchParams.get('state')).toBe('client-state')
    expect(searchParams.get('iss')).toBe(server.auth.metadata.authorizationServer.issuer)
    expect(searchParams.has('code')).toBe(false)
    expect(server.discord.requests).toEqual([])
  },
)

it.each(['client_id', 'redirect_uri', 'state', 'scope', 'response_type', 'code_challenge', 'code_challenge_method'])(
  'A111 refuses a request in which %s is repeated, even with the same value',
  async (name) => {
    const server = await startServer({ clients: [knownClient] })
    const url = new URL(authorizeURL(server, knownClient, newPKCE().challenge))
    url.searchParams.append(name, url.searchParams.get(name) ?? '')
    const answer = await createBrowser().load(url.href)
    expect(shownBy(answer)).toEqual(localPage(400))
    expect(pageText(answer)).toContain('invalid_request')
  },
)

it('A111 treats a parameter without a value as left out', async () => {
  const server = await startServer()
  const over = { state: '', scope: '', resource: '', prompt: '', response_mode: '' }
  const { parameters, code } = await authorize(server, { over })
  expect(code).not.toBe('')
  expect(parameters.has('state')).toBe(false)
})

it.each([
  ['a state of 12 KB', { state: 'x'.repeat(12_000) }, 200],
  ['1000 scopes', { scope: Array.from({ length: 1000 }, (_, i) => `scope-${i}`).join(' ') }, 400],
  ['1000 short scopes', { scope: Array.from({ length: 1000 }, (_, i) => i.toString(36)).join(' ') }, 400],
  ['200 unknown parameters', Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`p${i}`, 'v'])), 200],
  ['names that objects know', { __proto__x: '1', constructor: 'x', 'a[b][c]': '1', hasOwnProperty: 'x' }, 200],
  ['a client id of 10 KB', { client_id: `dcr_${'A'.repeat(10_000)}` }, 400],
  ['a redirect URI of 10 KB', { redirect_uri: `${redirectURI}/${'x'.repeat(10_000)}` }, 400],
  ['a code challenge of 10 KB', { code_challenge: 'x'.repeat(10_000) }, 400],
  ['a resource of 10 KB', { resource: `https://other.example/${'x'.repeat(10_000)}` }, 400],
  ['200 resources', { resource: Array.from({ length: 200 }, (_, i) => `https://${i}.example/`) }, 400],
] as const)('A099 answers %s at once and without failing', async (_case, over, status) => {
  const server = await startServer()
  const answer = await openConsent(server, await newClient(server), createBrowser(), over)
  expect(answer.status).toBe(status)
})

it('A099 brings a state of 12 KB back to the client', async () => {
  const server = await startServer()
  const state = 'x'.repeat(12_000)
  const { parameters, code } = await authorize(server, { over: { state } })
  expect(code).not.toBe('')
  expect(parameters.get('state')).toBe(state)
})

it.each([
  ['repeats of an unknown parameter', encode({ p: ['v', 'v', 'v'] }), 400],
  ['600 parameters', encode(Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`p${i}`, 'v']))), 400],
  ['escapes that are none', 'p=%zz%f&q=%', 200],
  ['escapes that are not UTF-8', 'p=%ff%c0%80', 200],
  ['only separators', '&&&=&=&', 400],
])('A099 answers a query with %s at once and without failing', async (_case, more, status) => {
  const server = await startServer()
  const base = authorizeURL(server, await newClient(server), newPKCE().challenge)
  expect((await createBrowser().load(`${base}&${more}`)).status).toBe(status)
})

function withResource(over: Overrides, resource: string): Overrides {
  const replace = (value: string): string => value.replace('OURS', resource)
  const asked = over['resource']
  if (asked === undefined) return over
  return { ...over, resource: typeof asked === 'string' ? replace(asked) : asked.map(replace) }
}
