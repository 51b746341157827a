import { afterAll, beforeAll, expect, it } from 'vitest'
import { callTool, login, rpc, send, toolResult, users } from '../../kit/test/servers/support/client.ts'
import { type RunningServer, runServer } from '../../kit/test/servers/support/server.ts'

let server: RunningServer
let user: string
let admin: string
beforeAll(async () => {
  server = await runServer('mcp-handler', { ADMIN_SUBJECTS: users.wumpus })
  user = await login(server)
  admin = await login(server, { user: users.wumpus })
})
afterAll(async () => await server.stop())

it('A028 A034 asks for a login before the handler sees anything', async () => {
  const answer = await fetch(server.mcpURL, { method: 'POST', body: '{bad' })
  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toContain(`resource_metadata="${server.origin}/.well-known/`)
})

it('tells who is signed in', async () => {
  const answer = await callTool(server, user, '2026-07-28', 'whoami')
  expect(toolResult(answer)).toMatchObject({ sub: users.nelly, scopes: ['identify'] })
})

it('A120 lists what each user may use, as private', async () => {
  const list = async (token: string): Promise<unknown> =>
    (await rpc(server, token, '2026-07-28', 'tools/list')).message.result
  const named = (...names: string[]) => ({
    cacheScope: 'private',
    tools: names.map((name) => expect.objectContaining({ name })),
  })
  expect(await list(user)).toMatchObject(named('whoami', 'list_guilds'))
  expect(await list(admin)).toMatchObject(named('whoami', 'list_guilds', 'server_stats'))
})

it('A038 A039 answers 403 with every scope of the tool, and runs it once they are there', async () => {
  const denied = await callTool(server, user, '2026-07-28', 'list_guilds')
  expect([denied.status, denied.headers.get('www-authenticate')]).toEqual([
    403,
    expect.stringMatching(/error="insufficient_scope".*scope="identify guilds"/),
  ])
  const allowed = await callTool(server, await login(server, { scope: 'identify guilds' }), '2026-07-28', 'list_guilds')
  expect(toolResult(allowed)).toContainEqual(expect.objectContaining({ id: expect.any(String) }))
})

it('A120 answers a call of a hidden tool exactly as one of a tool that does not exist', async () => {
  const hidden = await callTool(server, user, '2026-07-28', 'server_stats')
  const unknown = await callTool(server, user, '2026-07-28', 'server_stat')
  expect(JSON.parse(JSON.stringify(hidden.message).replace('server_stats', 'server_stat'))).toEqual(unknown.message)
})

it('decides by the same rules for clients of 2025-11-25', async () => {
  const call = async (token: string, name: string): Promise<number> => {
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } }
    return (await send(server, token, body, { 'mcp-protocol-version': '2025-11-25' })).status
  }
  expect([await call(admin, 'server_stats'), await call(user, 'list_guilds')]).toEqual([200, 403])
})

it('A111 answers bodies that are no calls with 4xx: too large, too deep, not JSON', async () => {
  const post = async (body: string): Promise<number> => {
    const headers = {
      authorization: `Bearer ${user}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    }
    return (await fetch(server.mcpURL, { method: 'POST', headers, body })).status
  }
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":${deep}}}`
  expect(await post('{bad')).toBe(400)
  expect(await post(`"${'x'.repeat(5 * 1024 * 1024)}"`)).toBe(413)
  for (const body of [deep, call]) expect(await post(body)).toBe(400)
  expect(server.stderr()).not.toContain('RangeError')
})

it('A035 refuses pages of other sites, and lets those of this machine read answers', async () => {
  const ask = async (origin: string, token: string): Promise<(string | number | null)[]> => {
    const { status, headers } = await fetch(server.mcpURL, {
      method: 'POST',
      headers: { origin, authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    })
    return [status, headers.get('access-control-allow-origin')]
  }
  expect(await ask('https://evil.example', user)).toEqual([403, null])
  expect(await ask('http://localhost:6274', 'x')).toEqual([401, 'http://localhost:6274'])
})
