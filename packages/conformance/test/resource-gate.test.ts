import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { outage as comeBack, outcome, tryLater, visible } from './support/answers.ts'
import { send } from './support/browser.ts'
import { callMCP, login } from './support/client.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { createOutage, driverMessage, type Outage } from './support/stores.ts'

let server: TestServer
let outage: Outage
let token: string
beforeEach(async () => {
  outage = createOutage()
  server = await startTestServer({ wrapStore: outage.wrap, allowedOrigins: ['https://app.example'] })
  token = (await login(server)).access_token
})
afterEach(async () => await server.close())

/** Nothing of our inside: no frame of a stack, no file, no word of the driver. */
const inside = new RegExp(`${driverMessage}|\\bat .+:\\d+:\\d+|node_modules|\\.ts\\b|Error:`)

it('A014 D9 answers 503 at once while the store is down, without a challenge or a stack, and revokes nothing', async () => {
  outage.start()
  const start = performance.now()
  const answer = await callMCP(server, token)
  // What would be waited for is the patience with a store that is silent, five seconds.
  expect(performance.now() - start).toBeLessThan(4000)
  expect(tryLater(answer)).toEqual(comeBack)
  expect(answer.json()).toEqual({
    error: 'temporarily_unavailable',
    error_description: 'The server cannot reach its storage',
  })
  expect(visible(answer)).not.toMatch(inside)
  expect(server.calls).toEqual([])
  outage.end()
  expect((await callMCP(server, token)).status).toBe(200)
})

it('A014 decides about tokens that are bad by themselves while the store is down', async () => {
  outage.start()
  expect(outcome(await callMCP(server, 'garbage'))).toBe('401 invalid_token')
  expect((await callMCP(server)).status).toBe(401)
  server.clock.advance(3600)
  expect(outcome(await callMCP(server, token))).toBe('401 invalid_token')
})

it('A014 answers 500 without a word of the cause when the function for roles throws', async () => {
  await server.close()
  server = await startTestServer({
    roles: () => {
      throw new Error(driverMessage)
    },
  })
  token = (await login(server)).access_token
  const answer = await callMCP(server, token)
  expect([outcome(answer), answer.headers.get('www-authenticate')]).toEqual(['500 server_error', null])
  expect(visible(answer)).not.toMatch(inside)
  expect(server.calls).toEqual([])
  expect(server.events.filter((event) => event.type === 'server.failed')).toMatchObject([
    { endpoint: 'resource', error: 'Error' },
  ])
})

it.each(['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'OPTIONS', 'QUERY', 'TRACE'])(
  'A033 asks for a token on every call, the second one of a session too: %s',
  async (method) => {
    const session = { 'mcp-session-id': 'session-of-the-first-call', 'mcp-protocol-version': '2025-11-25' }
    const first = await callMCP(server, token, { method, headers: session })
    expect(first.status).toBe(200)
    expect(server.calls.length).toBe(1)
    const second = await callMCP(server, undefined, { method, headers: session })
    expect(second.status).toBe(401)
    expect(server.calls.length).toBe(1)
  },
)

it('A034 executes nothing for a call without a token, and answers before it looks at the body', async () => {
  const call = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'delete', arguments: {} },
  })
  for (const body of [call, '{"half', '\u0000', '']) {
    expect((await callMCP(server, undefined, { body })).status).toBe(401)
    expect(outcome(await callMCP(server, 'garbage', { body }))).toBe('401 invalid_token')
  }
  expect(server.calls).toEqual([])
})

describe('A035 refuses a good token from the web page of', () => {
  it.each([
    'https://evil.example',
    'null',
    'https://app.example.evil.example',
    'https://app.example:444',
    'http://app.example',
    'https://sub.app.example',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://localhost@evil.example',
    'https://app.example, https://evil.example',
    'file://',
    'about:blank',
    'localhost',
    '',
  ])('%j', async (origin) => {
    const answer = await callMCP(server, token, { headers: { origin } })
    expect(outcome(answer)).toBe('403 invalid_request')
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.headers.get('www-authenticate')).toBeNull()
    expect(server.calls).toEqual([])
  })
})

it('A035 takes two Origin headers for a foreign one', async () => {
  const answer = await callMCP(server, token, { headers: { origin: ['https://app.example', 'https://evil.example'] } })
  expect(answer.status).toBe(403)
})

it('A035 answers no preflight of a foreign page', async () => {
  const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
  const answer = await callMCP(server, undefined, { method: 'OPTIONS', headers })
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null])
})

it('A035 lets pages call that the operator allowed, pages of this server, and pages of this machine', async () => {
  for (const origin of ['https://app.example', server.origin, 'http://localhost:6274', 'http://[::1]:6274']) {
    const answer = await callMCP(server, token, { headers: { origin } })
    expect([origin, answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([origin, 200, origin])
    expect(answer.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
    expect(answer.headers.get('vary')).toContain('Origin')
  }
})

const onHono = process.env['MCP_AUTH_TEST_HOST'] === 'hono'

describe('A036 D5 refuses a good token for the host', () => {
  it.each([
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '127.0.0.1@evil.example',
    'evil.example#127.0.0.1',
    'evil.example?127.0.0.1',
    'evil.example\\@127.0.0.1',
    '127.0.0.2',
    '0.0.0.0',
    '169.254.169.254',
    '[::ffff:127.0.0.1]',
    'localhost:99999',
    'local host',
  ])('%j', async (host) => {
    for (const credentials of [token, undefined]) {
      const answer = await callMCP(server, credentials, { headers: { host } })
      // Hono's server refuses what is no host name at all itself.
      const refusal = onHono && answer.status === 400 ? 400 : outcome(answer)
      expect([400, '403 invalid_request'].slice(onHono ? 0 : 1)).toContain(refusal)
      expect(answer.headers.get('www-authenticate')).toBeNull()
    }
    expect(server.calls).toEqual([])
  })
})

it('A036 D5 accepts the loopback names while the server is a loopback one', async () => {
  const { port } = new URL(server.origin)
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'LOCALHOST', `[::1]:${port}`]) {
    expect([host, (await callMCP(server, token, { headers: { host } })).status]).toEqual([host, 200])
  }
})

it('A036 D5 refuses loopback names on a public server, and takes the hosts that the operator allowed', async () => {
  await server.close()
  server = await startTestServer({ resource: 'https://mcp.example/mcp', allowedHosts: ['mcp.internal'] })
  const local = `${server.origin}/mcp`
  const ask = async (host: string) => (await send(local, { method: 'POST', headers: { host } })).status
  expect(await ask('mcp.example')).toBe(401)
  expect(await ask('mcp.internal:8080')).toBe(401)
  expect(await ask('evil.example')).toBe(403)
})

const spoofed = {
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'https',
  'x-forwarded-port': '444',
  'x-forwarded-prefix': '/evil',
  'x-forwarded-for': '203.0.113.7',
  'x-original-url': '/evil',
  'x-rewrite-url': '/evil',
  'x-host': 'evil.example',
  forwarded: 'for=203.0.113.7;host=evil.example;proto=https',
}

it('D4 publishes and challenges with the configured URLs whatever the forwarding headers say', async () => {
  const paths = ['oauth-authorization-server', 'oauth-protected-resource', 'oauth-protected-resource/mcp']
  for (const path of paths) {
    const url = `${server.origin}/.well-known/${path}`
    const plain = await send(url)
    expect(plain.status).toBe(200)
    for (const headers of [spoofed, { ...spoofed, host: 'evil.example' }]) {
      const answer = await send(url, { headers })
      expect([answer.status, answer.text]).toEqual([200, plain.text])
      expect(visible(answer)).not.toContain('evil')
    }
  }
  const plain = await callMCP(server)
  const answer = await callMCP(server, undefined, { headers: spoofed })
  expect(answer.headers.get('www-authenticate')).toBe(plain.headers.get('www-authenticate'))
  expect(visible(answer)).not.toContain('evil')
})

it('D4 opens the gate to no foreign page or host by a forwarding header', async () => {
  const own = { 'x-forwarded-host': new URL(server.origin).host, 'x-forwarded-proto': 'http' }
  expect((await callMCP(server, token, { headers: { ...own, host: 'evil.example' } })).status).toBe(403)
  expect((await callMCP(server, token, { headers: { ...own, origin: 'https://evil.example' } })).status).toBe(403)
  expect((await callMCP(server, token, { headers: spoofed })).status).toBe(200)
})
