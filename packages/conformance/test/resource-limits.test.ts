import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { authorizeURL, callMCP, encode, login, newClient, newPKCE, refresh, type TestTokens } from './support/client.ts'
import { startTestServer, type TestServer } from './support/server.ts'

let server: TestServer
let tokens: TestTokens
beforeAll(async () => {
  server = await startTestServer()
  tokens = await login(server)
})
afterAll(async () => await server.close())

const million = 1024 * 1024

/** Runs `work` and says how many milliseconds of work this process had with it: other processes do not count. */
async function processorTime(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** What a request of this size may cost: a backtracking expression would take minutes. */
const most = 1000

const gate = async (authorization: string): Promise<number> => {
  const session = await server.auth.authenticate(new Request(server.mcpURL, { headers: { authorization } }))
  return session instanceof Response ? session.status : 200
}

it.each([
  ['a token', () => `Bearer ${'a'.repeat(million)}`],
  ['dots', () => `Bearer ${'.'.repeat(million)}`],
  ['padding', () => `Bearer ${'='.repeat(million)}`],
  ['token characters and a quote', () => `Bearer ${'a'.repeat(million)}"`],
  ['spaces', () => `Bearer${' '.repeat(million)}x y`],
  ['schemes', () => 'Bearer '.repeat(million / 8)],
  ['commas', () => `Basic ${', bearer'.repeat(million / 8)}`],
  ['letters of a scheme', () => 'B'.repeat(million)],
  ['16 KB of spaces', () => `Bearer${' '.repeat(16_000)}x y`],
  ['16 KB of schemes', () => 'Bearer '.repeat(2000)],
  ['16 KB of padding', () => `Bearer ${'='.repeat(16_000)}x`],
])('D7 answers an Authorization header of 1 MB or just short enough quickly with 4xx: %s', async (_case, header) => {
  const value = header()
  const milliseconds = await processorTime(async () => expect([400, 401]).toContain(await gate(value)))
  expect(milliseconds).toBeLessThan(most)
})

/** What the server says to a header of so many bytes before it closes the connection. */
async function sendHeader(bytes: number): Promise<string> {
  const { hostname, port, host } = new URL(server.origin)
  const socket = connect(Number(port), hostname)
  // The server closes before it has read everything: the rest of the writing fails, which is as it should be.
  socket.on('error', () => {})
  socket.write(`POST /mcp HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${'a'.repeat(bytes)}\r\n\r\n`)
  const received: Buffer[] = []
  socket.on('data', (chunk: Buffer) => received.push(chunk))
  await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(received).toString()
}

it('D7 answers an Authorization header longer than 16 KB with 431 on the socket, and goes on serving after one of 1 MB', async () => {
  expect(await sendHeader(20_000)).toMatch(/^HTTP\/1\.1 431 /)
  // Of so many bytes some are unread when the server closes, and a reset may take the answer along.
  expect(await sendHeader(million)).toMatch(/^(?:$|HTTP\/1\.1 431 )/)
  expect((await callMCP(server, tokens.access_token)).status).toBe(200)
})

const manyScopes = (): string => Array.from({ length: 100_000 }, (_, index) => `s${index}`).join(' ')

it('D7 refuses an authorization request for 100 000 scopes quickly', async () => {
  const client = await newClient(server)
  const url = authorizeURL(server, client, newPKCE().challenge, { scope: manyScopes() })
  const milliseconds = await processorTime(async () => {
    const answer = await server.auth.fetch(new Request(url))
    expect(answer?.status).toBe(400)
  })
  expect(milliseconds).toBeLessThan(most)
})

it('D7 refuses a refresh for 100 000 scopes, and the refresh token stays good', async () => {
  const { client, refresh_token: token } = await login(server)
  expect(outcome(await refresh(server, client, token, { scope: manyScopes() }))).toBe('413 invalid_request')
  const fitting = manyScopes().slice(0, 50_000)
  expect(outcome(await refresh(server, client, token, { scope: fitting }))).toBe('400 invalid_scope')
  expect((await refresh(server, client, token)).status).toBe(200)
})

describe('D7 answers quickly, with 4xx:', () => {
  const post = (path: string, body: string, headers: Record<string, string> = {}): Request =>
    new Request(server.origin + path, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    })
  const json = { 'content-type': 'application/json' }
  it.each<[string, () => Request]>([
    ['100 000 parameters', () => post('/token', 'a=&'.repeat(21_000))],
    ['100 000 parameters of a page', () => new Request(`${server.origin}/authorize?${'a=1&'.repeat(100_000)}`)],
    ['100 000 resources', () => post('/token', `grant_type=refresh_token&${'resource=a&'.repeat(5000)}`)],
    ['a Basic header of 1 MB', () => post('/token', '', { authorization: `Basic ${'A'.repeat(million)}` })],
    ['a Basic header of spaces', () => post('/token', '', { authorization: `Basic${' '.repeat(million)}?` })],
    [
      'a cookie header of 1 MB',
      () => post('/consent', 'decision=approve&consent=x', { cookie: 'a=b;'.repeat(million / 4) }),
    ],
    [
      'a refresh token of 60 KB',
      () =>
        post(
          '/token',
          encode({
            grant_type: 'refresh_token',
            refresh_token: 'a.'.repeat(30_000),
            client_id: tokens.client.client_id,
          }),
        ),
    ],
    ['a client id of 1 MB', () => new Request(`${server.origin}/authorize?client_id=dcr_${'A'.repeat(million)}`)],
    ['a state of 1 MB', () => new Request(`${server.origin}/auth/callback?state=${'A'.repeat(million)}&code=x`)],
    ['nested lists', () => post('/register', `${'['.repeat(30_000)}${']'.repeat(30_000)}`, json)],
    [
      'nested lists in a member',
      () => post('/register', `{"redirect_uris":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, json),
    ],
    [
      'a name of 60 KB without an address',
      () => post('/register', JSON.stringify({ client_name: '\u202e'.repeat(20_000) }), json),
    ],
    [
      '30 000 addresses',
      () => post('/register', JSON.stringify({ redirect_uris: Array.from({ length: 30_000 }, () => '') }), json),
    ],
    [
      'an address of 60 KB',
      () => post('/register', JSON.stringify({ redirect_uris: [`https://a.example/${'../'.repeat(20_000)}`] }), json),
    ],
  ])('%s', async (_case, request) => {
    const sent = request()
    const milliseconds = await processorTime(async () => {
      const answer = await server.auth.fetch(sent)
      expect(answer?.status).toBeGreaterThanOrEqual(400)
      expect(answer?.status).toBeLessThan(500)
      expect((await answer?.text())?.length).toBeLessThan(10_000)
    })
    expect(milliseconds).toBeLessThan(most)
  })
})

it('D7 reads no more of a body that grows without end than the limit', async () => {
  let given = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      given += 8192
      controller.enqueue(new Uint8Array(8192).fill(97))
    },
  })
  const init: RequestInit & { duplex: 'half' } = {
    method: 'POST',
    body: endless,
    duplex: 'half',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }
  const answer = await server.auth.fetch(new Request(`${server.origin}/token`, init))
  expect([answer?.status, await answer?.json()]).toMatchObject([413, { error: 'invalid_request' }])
  expect(given).toBeLessThan(128 * 1024)
})
