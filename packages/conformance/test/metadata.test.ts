/** Discovery: protected resource metadata, authorization server metadata, and keys. */
import { createPublicKey, generateKeyPairSync, type JsonWebKey, verify } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createOAuthProxy } from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import { expect, it } from 'vitest'
import { jwtPart, visible } from './support/answers.ts'
import { createBrowser, formsOf, send } from './support/browser.ts'
import { callMCP, login, newClient, openConsent } from './support/client.ts'
import { postConsent } from './support/consent.ts'
import { parametersOf } from './support/pages.ts'
import { createSecureServer, startServer } from './support/start.ts'

it('A053 serves the metadata of the resource where RFC 9728 puts it, for exactly the MCP URL', async () => {
  const server = await startServer()
  const answer = await send(`${server.origin}/.well-known/oauth-protected-resource/mcp`)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json'])
  expect(answer.json()['resource']).toBe(`${server.origin}/mcp`)
})

it('A054 leads from the challenge to that same document, and has no other at the root', async () => {
  const server = await startServer()
  const challenge = (await callMCP(server)).headers.get('www-authenticate') ?? ''
  const url = /resource_metadata="([^"]+)"/.exec(challenge)?.[1]
  expect(url).toBe(`${server.origin}/.well-known/oauth-protected-resource/mcp`)
  const inserted = await send(url ?? '')
  const root = await send(`${server.origin}/.well-known/oauth-protected-resource`)
  expect(inserted.json()['resource']).toBe(server.mcpURL)
  expect(root.text).toBe(inserted.text)
  const elsewhere = await send(`${server.origin}/.well-known/oauth-protected-resource/other/place`)
  expect(elsewhere.status).toBe(404)
})

it.each(['', '/', '/team-a', '/team-a/', '/a/b'])(
  'A055 A057 leads from the resource to a document with the same issuer, byte for byte (base path "%s")',
  async (path) => {
    const server = await startServer({ path })
    const resource = await send(wellKnown(server.mcpURL, 'oauth-protected-resource'))
    const [issuer, ...others] = resource.json()['authorization_servers'] as string[]
    expect(others).toEqual([])
    expect(issuer).toBe(server.origin + path)
    const document = await send(wellKnown(issuer ?? '', 'oauth-authorization-server'))
    expect(document.json()['issuer']).toBe(server.origin + path)
  },
)

it('A056 names in the resource metadata only the scopes to begin with, and only the header for tokens', async () => {
  const server = await startServer({ discordScopes: ['identify', 'guilds'], serverScopes: ['tools:run'] })
  const { scopes_supported, bearer_methods_supported, ...rest } = (
    await send(`${server.origin}/.well-known/oauth-protected-resource/mcp`)
  ).json()
  expect(scopes_supported).toEqual(['identify', 'guilds'])
  expect(bearer_methods_supported).toEqual(['header'])
  expect(Object.values(rest)).not.toContain(null)
})

it('A056 leaves offline_access out of the resource metadata and the challenge even as a default scope', async () => {
  const server = await startServer({ defaultScopes: ['identify', 'offline_access'] })
  const metadata = (await send(`${server.origin}/.well-known/oauth-protected-resource/mcp`)).json()
  expect(metadata['scopes_supported']).toEqual(['identify'])
  expect((await callMCP(server)).headers.get('www-authenticate')).not.toContain('offline_access')
  expect(server.auth.metadata.authorizationServer.scopes_supported).toContain('offline_access')
})

it('A057 A059 A060 serves the members that clients need, each with a value', async () => {
  const server = await startServer()
  const answer = await send(`${server.origin}/.well-known/oauth-authorization-server`)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json'])
  const document = answer.json()
  expect(document).toMatchObject({
    issuer: server.origin,
    authorization_endpoint: `${server.origin}/authorize`,
    token_endpoint: `${server.origin}/token`,
    registration_endpoint: `${server.origin}/register`,
    revocation_endpoint: `${server.origin}/revoke`,
    jwks_uri: `${server.origin}/jwks`,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  })
  for (const value of Object.values(document)) {
    expect(value).not.toBeNull()
    expect(value).not.toEqual([])
    expect(value).not.toBe('')
  }
})

it('A057 answers HEAD like GET without the document, and other methods with 405', async () => {
  const server = await startServer()
  const url = `${server.origin}/.well-known/oauth-authorization-server`
  const head = await send(url, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-type'), head.text]).toEqual([200, 'application/json', ''])
  const posted = await send(url, { method: 'POST', body: '' })
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

it('A068 lets caches keep every discovery document for a while, and sets no cookie with it', async () => {
  const server = await startServer()
  for (const path of ['oauth-authorization-server', 'openid-configuration', 'oauth-protected-resource/mcp']) {
    const answer = await send(`${server.origin}/.well-known/${path}`)
    expect(answer.headers.get('cache-control')).toMatch(/^public, max-age=[1-9]\d{1,3}$/)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  }
})

it('A058 serves the same document as OpenID configuration, with S256 in it', async () => {
  const server = await startServer()
  const oauth = await send(`${server.origin}/.well-known/oauth-authorization-server`)
  const openid = await send(`${server.origin}/.well-known/openid-configuration`)
  expect([openid.status, openid.text]).toEqual([200, oauth.text])
  expect(openid.json()['code_challenge_methods_supported']).toEqual(['S256'])
})

it('A061 publishes https URLs only behind TLS, absolute and without fragment', () => {
  const server = createSecureServer({ baseUrl: 'https://mcp.example/team-a' })
  const { authorizationServer, protectedResource } = server.auth.metadata
  const urls = [...Object.values(authorizationServer), ...Object.values(protectedResource)]
    .flat()
    .filter((value) => typeof value === 'string' && value.includes(':'))
  expect(urls.length).toBeGreaterThan(8)
  for (const url of urls) expect(url).toMatch(/^https:\/\/mcp\.example\/team-a[^#?]*$/)
})

it.each([
  'http://mcp.example',
  'http://10.0.0.1',
  'http://127.0.0.1.evil.example',
  'http://127.0.0.2',
  'http://0.0.0.0',
])('A061 does not start with the plain http issuer or resource %s', (url) => {
  const provider = discord({ clientId: '157730590492196864', clientSecret: 'x' })
  expect(() => createOAuthProxy({ baseUrl: url, provider })).toThrowError(/^baseUrl: must be https/)
  const options = { baseUrl: 'https://mcp.example', resource: `${url}/mcp`, provider }
  expect(() => createOAuthProxy(options)).toThrowError(/^resource: must be https/)
})

it.each(['http://127.0.0.1:8000', 'http://localhost:8000', 'http://[::1]:8000'])(
  'A061 starts on loopback at %s',
  (url) => {
    expect(createSecureServer({ baseUrl: url }).auth.metadata.authorizationServer.issuer).toBe(url)
  },
)

const publicMembers = ['alg', 'crv', 'e', 'kid', 'kty', 'n', 'use', 'x', 'y']

it('A063 publishes the public members of its keys and nothing else, whatever signs', async () => {
  const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const signingKeys = [
    { ...ec.export({ format: 'jwk' }), alg: 'ES256' },
    { ...rsa.export({ format: 'jwk' }), alg: 'RS256' },
  ]
  const server = await startServer({ signingKeys: signingKeys as never })
  const answer = await send(`${server.origin}/jwks`)
  const keys = answer.json()['keys'] as Record<string, unknown>[]
  expect(keys.map((key) => String(key['kty'])).sort()).toEqual(['EC', 'OKP', 'RSA'])
  for (const key of keys) {
    expect(Object.keys(key).filter((name) => !publicMembers.includes(name))).toEqual([])
    expect(key).toMatchObject({ use: 'sig', kid: expect.stringMatching(/^[\w-]{43}$/) as unknown })
  }
  for (const { d } of signingKeys) expect(answer.text).not.toContain(String(d))
  expect(answer.headers.get('cache-control')).toMatch(/^public, max-age=\d+$/)
})

it('A063 signs access tokens with a key that anybody finds at jwks_uri', async () => {
  const server = await startServer()
  const { access_token } = await login(server)
  const keys = (await send(`${server.origin}/jwks`)).json()['keys'] as (JsonWebKey & { kid: string })[]
  const jwk = keys.find((key) => key.kid === jwtPart(access_token, 'header')['kid'])
  const [header, payload, signature = ''] = access_token.split('.')
  const publicKey = createPublicKey({ key: jwk ?? {}, format: 'jwk' })
  const signed = Buffer.from(`${header}.${payload}`)
  expect(verify(null, signed, publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
})

it('A065 serves an issuer with a path at the inserted and the appended places, and claims it nowhere else', async () => {
  const server = await startServer({ path: '/team-a' })
  const places = [
    '/.well-known/oauth-authorization-server/team-a',
    '/.well-known/openid-configuration/team-a',
    '/team-a/.well-known/openid-configuration',
    '/team-a/.well-known/oauth-authorization-server',
  ]
  const documents = await Promise.all(places.map(async (place) => await send(server.origin + place)))
  expect(documents.map((answer) => [answer.status, answer.json()['issuer']])).toEqual(
    places.map(() => [200, `${server.origin}/team-a`]),
  )
  const resource = await send(`${server.origin}/.well-known/oauth-protected-resource/team-a/mcp`)
  expect(resource.json()['resource']).toBe(`${server.origin}/team-a/mcp`)
  const others = [
    '/.well-known/oauth-authorization-server',
    '/.well-known/openid-configuration',
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-authorization-server/team-b',
    '/.well-known/oauth-authorization-server/team-a/mcp',
    '/.well-known/oauth-protected-resource/mcp',
    '/authorize',
  ]
  for (const place of others) expect([place, (await send(server.origin + place)).status]).toEqual([place, 404])
})

it('A065 completes a sign-in under a base path', async () => {
  const server = await startServer({ path: '/team-a' })
  const tokens = await login(server)
  expect((await callMCP(server, tokens.access_token)).status).toBe(200)
  expect(jwtPart(tokens.access_token, 'payload')).toMatchObject({ iss: `${server.origin}/team-a`, aud: server.mcpURL })
})

it('A066 serves clients of 2025-03-26: metadata at the root, and the default endpoints at the origin', async () => {
  const server = await startServer()
  const headers = { 'mcp-protocol-version': '2025-03-26' }
  const { origin } = new URL(server.mcpURL)
  const root = await send(`${origin}/.well-known/oauth-authorization-server`, { headers })
  expect(root.json()).toMatchObject({
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
  })
  const page = await openConsent(server, await newClient(server), createBrowser(), { resource: undefined })
  expect([page.url.startsWith(`${origin}/authorize?`), page.status]).toEqual([true, 200])
})

/** What the lies below would leave in a URL; no random text holds it by chance. */
const lied = /evil\.example|evil-path|gopher:|:666/

const lies: readonly (readonly [header: string, headers: Record<string, string>])[] = [
  ['Host', { host: 'evil.example' }],
  ['Host with a port', { host: 'evil.example:443' }],
  ['X-Forwarded-Host', { 'x-forwarded-host': 'evil.example', 'x-original-host': 'evil.example' }],
  ['X-Forwarded-Proto', { 'x-forwarded-proto': 'gopher', 'x-forwarded-ssl': 'on' }],
  ['X-Forwarded-Port', { 'x-forwarded-port': '666' }],
  [
    'X-Forwarded-Prefix',
    { 'x-forwarded-prefix': '/evil-path', 'x-script-name': '/evil-path', 'x-original-url': '/evil-path' },
  ],
  ['Forwarded', { forwarded: 'host=evil.example;proto=gopher' }],
]

it.each(lies)('A067 publishes the configured URLs whatever %s says', async (_header, headers) => {
  const server = await startServer()
  for (const path of ['oauth-authorization-server', 'openid-configuration', 'oauth-protected-resource/mcp']) {
    const url = `${server.origin}/.well-known/${path}`
    expect((await send(url, { headers })).text).toBe((await send(url)).text)
  }
  // A foreign Host is refused at the resource; everything else gets the usual challenge.
  const challenged = await callMCP(server, undefined, { headers })
  const usual = (await callMCP(server)).headers.get('www-authenticate')
  const expected = 'host' in headers ? [403, null] : [401, usual]
  expect([challenged.status, challenged.headers.get('www-authenticate')]).toEqual(expected)
  expect(visible(challenged)).not.toMatch(lied)
})

it.each(lies)('A067 keeps a whole sign-in on the configured URLs whatever %s says', async (_header, headers) => {
  const server = await startServer()
  const client = await newClient(server)
  const liar = createBrowser((url, options = {}) =>
    send(url, { ...options, headers: { ...options.headers, ...headers } }),
  )
  const page = await openConsent(server, client, liar)
  expect(formsOf(page.text, page.url).map((form) => form.action)).toEqual([`${server.origin}/consent`])
  const approved = await postConsent(liar, page)
  expect(parametersOf(approved).get('redirect_uri')).toBe(`${server.origin}/auth/callback`)
  const back = await server.discord.fetch(new Request(approved.location ?? ''))
  const answer = await liar.load(back.headers.get('location') ?? '')
  expect(parametersOf(answer).get('iss')).toBe(server.origin)
  expect(decodeURIComponent(answer.location ?? '')).not.toMatch(lied)
})

it.each(['http://evil.example', 'https://evil.example:1', 'HTTP://EVIL.example'])(
  'A067 answers a request whose target begins with %s for the configured host',
  async (elsewhere) => {
    const server = await startServer()
    const path = '/.well-known/oauth-authorization-server'
    const { port } = new URL(server.origin)
    const outgoing = request({ host: '127.0.0.1', port, path: elsewhere + path, agent: false }).end()
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    const chunks = (await incoming.toArray()) as Buffer[]
    // Hono's server refuses a scheme in capitals itself, with nothing in it.
    const refused = process.env['MCP_AUTH_TEST_HOST'] === 'hono' ? [''] : []
    expect([(await send(server.origin + path)).text, ...refused]).toContain(Buffer.concat(chunks).toString())
  },
)

/** Where clients look for the document of an identifier: the suffix between host and path. */
function wellKnown(identifier: string, suffix: string): string {
  const { origin, pathname } = new URL(identifier)
  return `${origin}/.well-known/${suffix}${pathname.replace(/\/$/, '')}`
}
