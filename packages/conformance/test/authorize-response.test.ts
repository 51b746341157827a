/** What an authorization request becomes when it goes well: the resource of the token, and the answer's parameters. */
import { expect, it } from 'vitest'
import { jwtPart } from './support/answers.ts'
import { authorize, callMCP, login, newClient, openConsent, redirectURI, signIn } from './support/client.ts'
import { parametersOf } from './support/pages.ts'
import { createSecureServer, knownClient, startServer } from './support/start.ts'

it.each([
  ['no resource', () => undefined],
  ['an empty resource', () => ''],
  ['the exact resource', (mcpURL: string) => mcpURL],
  ['the resource twice', (mcpURL: string) => [mcpURL, mcpURL]],
  ['a slash at its end', (mcpURL: string) => `${mcpURL}/`],
  ['an upper-case scheme', (mcpURL: string) => mcpURL.replace('http', 'HTTP')],
  ['the bare origin', (mcpURL: string) => new URL(mcpURL).origin],
  ['the origin with a slash', (mcpURL: string) => `${new URL(mcpURL).origin}/`],
])('A050 A051 A052 issues a token for the one resource when the request names %s', async (_case, spell) => {
  const server = await startServer()
  const tokens = await login(server, { over: { resource: spell(server.mcpURL) } })
  expect(jwtPart(tokens.access_token, 'payload')['aud']).toBe(server.mcpURL)
  expect((await callMCP(server, tokens.access_token)).status).toBe(200)
})

it.each([
  ['https://mcp.example', 'https://mcp.example', 'https://mcp.example/'],
  ['https://mcp.example/', 'https://mcp.example/', 'https://mcp.example'],
  ['https://mcp.example/mcp', 'https://mcp.example/mcp', 'https://mcp.example/mcp/'],
  ['https://mcp.example/mcp/', 'https://mcp.example/mcp/', 'https://mcp.example/mcp'],
  ['https://mcp.example/mcp', 'https://MCP.Example/mcp', 'HTTPS://mcp.example:443/mcp'],
])('A050 A051 takes for the resource %s both %s and %s', async (resource, ...spellings) => {
  const server = createSecureServer({ resource })
  for (const spelling of spellings) {
    const page = await openConsent(server, knownClient, server.createBrowser(), { resource: spelling })
    expect([spelling, page.status, page.location]).toEqual([spelling, 200, undefined])
  }
  const other = await openConsent(server, knownClient, server.createBrowser(), { resource: `${resource}x` })
  expect(parametersOf(other).get('error')).toBe('invalid_target')
})

it('A052 makes a token for the default resource, which a sibling resource of the same issuer does not take', async () => {
  const server = await startServer()
  const { access_token } = await login(server, { over: { resource: undefined } })
  expect((await callMCP(server, access_token)).status).toBe(200)
  const sibling = createSecureServer({ baseUrl: server.origin, resource: `${server.origin}/other` })
  await expect(sibling.auth.verifyAccessToken(access_token)).rejects.toMatchObject({ reason: 'token_invalid' })
})

it.each(['', '/', '/team-a', '/team-a/'])(
  'A024 sends the issuer of the metadata, byte for byte and once, with a code (base path "%s")',
  async (path) => {
    const server = await startServer({ path })
    const { parameters, code } = await authorize(server)
    expect(code).not.toBe('')
    expect(parameters.getAll('iss')).toEqual([server.origin + path])
    expect(server.auth.metadata.authorizationServer.issuer).toBe(server.origin + path)
  },
)

it.each(['', '/', '/team-a/'])('A024 sends the issuer with an error too (base path "%s")', async (path) => {
  const server = await startServer({ path, clients: [knownClient] })
  server.discord.settings.deny = true
  const denied = await authorize(server)
  expect(denied.parameters.get('error')).toBe('access_denied')
  expect(denied.parameters.getAll('iss')).toEqual([server.origin + path])
})

it.each([
  'a b+c/=&%20é"<>',
  '%2B%26%',
  '+',
  '{"a":[1]}',
  "'; DROP TABLE --",
  '日本語🙂',
  'https://evil.example/?code=1#x',
  'x'.repeat(600),
])('A109 brings the state back exactly: %s', async (state) => {
  const server = await startServer()
  const { code, parameters } = await authorize(server, { over: { state } })
  expect(code).not.toBe('')
  expect(parameters.getAll('state')).toEqual([state])
})

it('A109 sends no state when the client sent none, with a code and with an error', async () => {
  const server = await startServer()
  const over = { state: undefined }
  const allowed = await authorize(server, { over })
  expect([...allowed.parameters.keys()].sort()).toEqual(['code', 'iss'])
  server.discord.settings.deny = true
  const denied = await authorize(server, { over })
  expect([...denied.parameters.keys()].sort()).toEqual(['error', 'error_description', 'iss'])
})

it('A110 keeps the query of the redirect URI as it is written and puts the code behind it', async () => {
  const server = await startServer()
  const own = `${redirectURI}?keep=1&b=%20x+y&c&d=%C3%A9`
  const client = await newClient(server, { redirect_uris: [own] })
  const { answer, parameters, code } = await authorize(server, { client, over: { redirect_uri: own } })
  expect(code).not.toBe('')
  expect(answer.location?.startsWith(`${own}&`)).toBe(true)
  expect(answer.location).not.toContain('#')
  expect([...parameters.keys()]).toEqual(['keep', 'b', 'c', 'd', 'code', 'iss', 'state'])
})

it.each([
  ['code', 'code=forged-value'],
  ['state', 'state=forged-value'],
  ['iss', 'iss=https%3A%2F%2Fevil.example'],
  ['an escaped name', '%69ss=https%3A%2F%2Fevil.example&c%6fde=forged-value'],
  ['error', 'error=forged-value&error_description=forged-value&error_uri=forged-value'],
])('A110 B5 never lets the query of a redirect URI add a second answer: %s', async (_case, query) => {
  const server = await startServer()
  const own = `${redirectURI}?${query}&keep=1`
  const client = await newClient(server, { redirect_uris: [own] })
  const { answer, parameters } = await authorize(server, { client, over: { redirect_uri: own } })
  expect([...parameters.keys()]).toEqual(['keep', 'code', 'iss', 'state'])
  expect(answer.location).not.toMatch(/forged-value|evil\.example/)
})

it('A024 A110 tells a denial of a person to a redirect URI with a query in the same way', async () => {
  const server = await startServer()
  const own = `${redirectURI}?error=none&iss=https%3A%2F%2Fevil.example&keep=1`
  const client = await newClient(server, { redirect_uris: [own] })
  server.discord.settings.deny = true
  const { parameters } = await authorize(server, { client, over: { redirect_uri: own } })
  expect([...parameters.keys()]).toEqual(['keep', 'error', 'error_description', 'iss', 'state'])
  expect(parameters.get('error')).toBe('access_denied')
  expect(parameters.get('iss')).toBe(server.origin)
})

it('A024 A100 A109 completes a sign-in behind TLS with the same parameters', async () => {
  const server = createSecureServer()
  const browser = server.createBrowser()
  const callback = await signIn(server, browser, await openConsent(server, knownClient, browser))
  expect(callback.startsWith('https://mcp.example/auth/callback?')).toBe(true)
  const parameters = parametersOf(await browser.load(callback, { from: 'https://discord.com/' }))
  expect([...parameters.keys()]).toEqual(['code', 'iss', 'state'])
  expect(parameters.get('iss')).toBe('https://mcp.example')
})
