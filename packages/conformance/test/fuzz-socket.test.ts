import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { callMCP, login, newClient, type TestTokens } from './support/client.ts'
import { bounded, fuzzSeed, headerText, settled } from './support/fuzz.ts'
import { leaksIn } from './support/leak-watch.ts'
import { type ListeningServer, startTestServer } from './support/server.ts'
import { openWire } from './support/wire.ts'

let server: ListeningServer
let tokens: TestTokens
let secrets: Map<string, string>
beforeAll(async () => {
  server = await startTestServer({ rateLimit: () => undefined })
  tokens = await login(server)
  secrets = new Map([
    [tokens.access_token, 'access token'],
    [tokens.refresh_token, 'refresh token'],
  ])
})
afterAll(async () => await server.close())

it(`A112 survives whatever is written to the socket and answers it with no 5xx, no stack and no token (seed ${fuzzSeed})`, async () => {
  const { host } = new URL(server.origin)
  const client = await newClient(server)
  const targets = [
    '/authorize',
    '/consent',
    '/auth/callback',
    '/token',
    '/register',
    '/revoke',
    '/introspect',
    '/jwks',
    '/mcp',
    '/.well-known/oauth-authorization-server',
    `http://${host}/token`,
    '//x/token',
    '*',
    '/%',
    '/\u00ff',
  ]
  const known = ['GET', 'POST', 'HEAD', 'OPTIONS', 'PUT', 'TRACE', 'DELETE', 'PROPFIND', 'get', 'XYZ', 'G ET', '']
  const bodies = [
    '',
    '{',
    `client_id=${client.client_id}&grant_type=refresh_token&refresh_token=x`,
    '{"redirect_uris":["http://127.0.0.1/"]}',
    '\u0000\u0001',
    'x'.repeat(70_000),
  ]
  const line = fc.oneof(
    fc.constantFrom(
      'Content-Type: application/x-www-form-urlencoded',
      'Content-Type: application/json',
      'Content-Encoding: gzip',
      'Expect: 100-continue',
      'Expect: x',
      'Connection: upgrade',
      'Upgrade: websocket',
      'Host: evil.example',
      'Cookie: mcpauth-x=y',
      'X: \u0001',
      ': x',
      'No colon',
      ' folded',
      'Content-Length: 5',
      'Authorization: Basic Og==',
    ),
    fc.constant(`Authorization: Bearer ${tokens.access_token}`),
    headerText.map((one) => `Authorization: Bearer ${one}`),
    headerText.map((one) => `X-Odd: ${one}`),
  )
  const version = fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9', 'ICY', '')
  const query = fc.oneof(
    fc.constant(''),
    headerText.map((one) => `?${one.replace(/[\s#]/g, '')}`),
  )
  let answered = 0
  const property = fc.asyncProperty(
    fc.tuple(fc.constantFrom(...known), fc.constantFrom(...targets), query, version),
    fc.array(line, { maxLength: 4 }),
    fc.constantFrom(...bodies),
    async ([name, target, search, protocol], lines, body) => {
      const wire = await openWire(server.origin)
      const head = [
        `${name} ${target}${search} ${protocol}`,
        `Host: ${host}`,
        ...lines,
        `Content-Length: ${Buffer.byteLength(body)}`,
        'Connection: close',
        '',
        '',
      ]
      wire.write(head.join('\r\n') + body)
      const answer = await settled(wire.response({ toHead: name === 'HEAD' }).catch(() => undefined))
      wire.drop()
      // Node closes the connection without a word where it cannot tell a request from noise.
      if (!answer) return
      answered += 1
      const all = `${[...answer.headers].join('\n')}\n${answer.text}`
      expect(answer.status).toBeLessThan(500)
      // After `100 Continue` the answer itself is in the text.
      expect(all).not.toMatch(/\n\s+at |node_modules|Error:|HTTP\/1\.1 5\d\d/)
      expect(leaksIn(all, secrets)).toEqual([])
    },
  )
  await fc.assert(property, bounded(500))
  expect(answered).toBeGreaterThan(50)
  expect((await callMCP(server, tokens.access_token)).status).toBe(200)
  expect(server.events.filter((event) => event.type === 'server.failed')).toEqual([])
}, 60_000)
