import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../../../packages/store-redis/test/support/free-port.ts'
import { login, type McpAnswer, send, toolResult, users } from '../../kit/test/servers/support/client.ts'
import { type RunningServer, runServer } from '../../kit/test/servers/support/server.ts'

let server: RunningServer
let user: string
let admin: string
beforeAll(async () => {
  server = await runServer('fastmcp-server', { ADMIN_SUBJECTS: users.wumpus })
  user = await login(server)
  admin = await login(server, { user: users.wumpus })
})
afterAll(async () => await server.stop())

const wire = { 'mcp-protocol-version': '2025-11-25' }
const post = async (token: string, method: string, params: object = {}, headers: object = {}): Promise<McpAnswer> =>
  await send(server, token, { jsonrpc: '2.0', id: 1, method, params }, { ...wire, ...headers })
const call = async (token: string, name: string, headers: object = {}): Promise<McpAnswer> =>
  await post(token, 'tools/call', { name, arguments: {} }, headers)

it('A028 answers a request without a token with our challenge', async () => {
  const answer = await fetch(server.mcpURL, { method: 'POST' })
  const metadata = `resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, `Bearer scope="identify", ${metadata}`])
})

it.each(['GET', 'DELETE'])('K001 A028 asks for a token before it refuses the method %s', async (method) => {
  expect((await fetch(server.mcpURL, { method })).status).toBe(401)
  const headers = { authorization: `Bearer ${user}` }
  expect((await fetch(server.mcpURL, { method, headers })).status).toBe(405)
})

it('tells who is signed in, and keeps standard output to the ready line', async () => {
  expect(toolResult(await call(user, 'whoami'))).toMatchObject({ sub: users.nelly, username: 'nelly' })
  expect(server.stdout()).toBe(`mcp-auth ready ${server.mcpURL}\n`)
})

it('A120 lists what each user may use', async () => {
  const names = async (token: string): Promise<string[]> =>
    (await post(token, 'tools/list')).message.result.tools.map(({ name }) => name)
  expect(await names(user)).toEqual(['whoami', 'list_guilds'])
  expect(await names(admin)).toEqual(['whoami', 'list_guilds', 'server_stats'])
})

it('A120 answers a call of a hidden tool exactly as one of a tool that does not exist', async () => {
  const hidden = await call(user, 'server_stats')
  const unknown = await call(user, 'server_stat')
  expect(hidden.message.error.code).toBe(-32_601)
  expect(JSON.parse(JSON.stringify(hidden.message).replace('server_stats', 'server_stat'))).toEqual(unknown.message)
  expect((await call(admin, 'server_stats')).message.result).toMatchObject({ isError: false })
})

const challenge = /error="insufficient_scope".*scope="identify guilds"/

it('A038 A039 answers 403 for a tool whose scope is missing, and calls it when the scope is there', async () => {
  const [first, second] = [await call(user, 'list_guilds'), await call(user, 'list_guilds')]
  expect([first.status, second.status]).toEqual([403, 403])
  expect(first.headers.get('www-authenticate')).toMatch(challenge)
  expect(second.headers.get('www-authenticate')).toBe(first.headers.get('www-authenticate'))
  expect(first.headers.get('www-authenticate')).toContain(
    `resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`,
  )
  const allowed = await call(await login(server, { scope: 'identify guilds' }), 'list_guilds')
  expect(toolResult(allowed)).toContainEqual(expect.objectContaining({ id: expect.any(String) }))
})

it('A038 does not let a call hide behind a header, in a batch or in a ticket of its own', async () => {
  const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_guilds', arguments: {} } }
  const batch = await send(server, user, [{ ...body, id: 2, params: { name: 'whoami' } }, body], wire)
  const ticket = await send(server, user, body, { ...wire, 'x-front-ticket': crypto.randomUUID() })
  const headers = { 'mcp-method': 'tools/call', 'mcp-name': 'whoami' }
  const other = await send(server, user, body, { ...wire, ...headers })
  expect([batch.status, ticket.status, other.status]).toEqual([403, 403, 400])
})

it('A099 A111 reads no more than 4 MB, and answers what is no JSON only to who is signed in', async () => {
  const long = await post(user, 'tools/call', { name: 'whoami', filler: 'x'.repeat(4 * 1024 * 1024) })
  expect([long.status, long.message.error.code]).toEqual([413, -32_000])
  const junk = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{bad' }
  expect((await fetch(server.mcpURL, junk)).status).toBe(401)
  expect((await send(server, user, '{bad', wire)).status).toBe(400)
})

it('A032 hands on repeated headers as they came', async () => {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'whoami', arguments: {} },
  })
  const statusWith = async (...tokens: readonly string[]): Promise<number | undefined> => {
    const { port } = new URL(server.mcpURL)
    const headers = [
      ...tokens.flatMap((token) => ['authorization', `Bearer ${token}`]),
      ...Object.entries({ ...wire, 'content-type': 'application/json', accept: 'application/json, text/event-stream' }),
    ].flat()
    const length = ['host', `127.0.0.1:${port}`, 'content-length', String(body.length)]
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      path: '/mcp',
      method: 'POST',
      headers: [...headers, ...length],
    })
    const [answer] = await once(request.end(body), 'response')
    answer.resume()
    return answer.statusCode
  }
  expect([await statusWith(user), await statusWith(user, user)]).toEqual([200, expect.toBeOneOf([400, 401])])
})

it('A035 refuses pages of other sites, and tells no browser that they may read answers', async () => {
  const ask = async (origin: string, method: string): Promise<(string | number | null)[]> => {
    const { status, headers } = await fetch(server.mcpURL, {
      method,
      headers: { origin, 'content-type': 'application/json', 'access-control-request-method': 'POST' },
    })
    return [status, headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]
  }
  expect(await ask('https://evil.example', 'POST')).toEqual([403, null, 'false'])
  expect(await ask('https://evil.example', 'OPTIONS')).toEqual([204, null, 'false'])
  expect(await ask('http://localhost:6274', 'POST')).toEqual([401, 'http://localhost:6274', 'false'])
})

it('A086 limits what one address may register', async () => {
  const limited = await runServer('fastmcp-server')
  const register = async (): Promise<number> => {
    const answer = await fetch(`${limited.origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: ['http://127.0.0.1/callback'], token_endpoint_auth_method: 'none' }),
    })
    return answer.status
  }
  const statuses = new Set<number>()
  for (let count = 0; count < 400 && !statuses.has(429); count += 1) statuses.add(await register())
  expect([...statuses]).toEqual([201, 429])
  await limited.stop()
})

it('is served where its address says, below a path as well', async () => {
  const port = await freePort()
  const base = `http://127.0.0.1:${port}/base`
  const below = await runServer('fastmcp-server', { PORT: String(port), MCP_AUTH_BASE_URL: base })
  const answer = await fetch(below.mcpURL, { method: 'POST' })
  expect([below.mcpURL, answer.status]).toEqual([`${base}/mcp`, 401])
  expect((await fetch(`${below.origin}/mcp`, { method: 'POST' })).status).toBe(404)
  await below.stop()
})
