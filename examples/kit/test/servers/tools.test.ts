import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  callTool,
  envelope,
  envelopeHeaders,
  login,
  openSession,
  rpc,
  send,
  sessionHeaders,
  toolResult,
  users,
  type Wire,
} from './support/client.ts'
import { examples, type RunningServer, runServer } from './support/server.ts'

const wires: readonly Wire[] = ['2025-11-25', '2026-07-28']

describe.each(examples)('%s', (example) => {
  let server: RunningServer
  let user: string
  let guildsUser: string
  let admin: string
  beforeAll(async () => {
    server = await runServer(example, { ADMIN_SUBJECTS: ` ${users.wumpus} , 1` })
    user = await login(server)
    guildsUser = await login(server, { scope: 'identify guilds' })
    admin = await login(server, { user: users.wumpus })
  })
  afterAll(async () => await server.stop())

  it.each(wires)('tells who is signed in, and never a token (%s)', async (wire) => {
    const answer = await callTool(server, user, wire, 'whoami')
    expect(toolResult(answer)).toEqual({
      sub: users.nelly,
      client_id: expect.stringMatching(/^dcr_/),
      scopes: ['identify'],
      username: 'nelly',
    })
    expect(JSON.stringify(answer.message)).not.toContain(user)
  })

  it.each(wires)('A120 lists a tool that only a scope denies, and not one that a role denies (%s)', async (wire) => {
    const names = async (token: string): Promise<string[]> => {
      const { message } = await rpc(server, token, wire, 'tools/list')
      return message.result.tools.map(({ name }) => name)
    }
    expect(await names(user)).toEqual(['whoami', 'list_guilds'])
    expect(await names(admin)).toEqual(['whoami', 'list_guilds', 'server_stats'])
  })

  it('A120 marks the list of tools as private, since it is not the same for everybody', async () => {
    const { message } = await rpc(server, user, '2026-07-28', 'tools/list')
    expect(message.result).toMatchObject({ cacheScope: 'private', ttlMs: 0 })
  })

  it.each(wires)('A038 A039 answers 403 with every scope of the operation, the same each time (%s)', async (wire) => {
    const first = await callTool(server, user, wire, 'list_guilds')
    const second = await callTool(server, user, wire, 'list_guilds')
    const challenge = first.headers.get('www-authenticate')
    expect([first.status, second.status]).toEqual([403, 403])
    expect(challenge).toContain('error="insufficient_scope"')
    expect(challenge).toContain('scope="identify guilds"')
    expect(challenge).toContain(`resource_metadata="${server.origin}/.well-known/oauth-protected-resource/mcp"`)
    expect(second.headers.get('www-authenticate')).toBe(challenge)
  })

  it.each(wires)('calls Discord with the token of the user once the scope is there (%s)', async (wire) => {
    const guild = { id: expect.stringMatching(/^\d+$/), name: expect.any(String), owner: expect.any(Boolean) }
    expect(toolResult(await callTool(server, guildsUser, wire, 'list_guilds'))).toContainEqual(guild)
  })

  it.each(wires)(
    'A120 answers a call of a hidden tool exactly as one of a tool that does not exist (%s)',
    async (wire) => {
      const hidden = await callTool(server, user, wire, 'server_stats')
      const unknown = await callTool(server, user, wire, 'server_stat')
      expect(hidden.status).toBe(unknown.status)
      expect(hidden.message.error.code).toBe(-32_602)
      expect(JSON.parse(JSON.stringify(hidden.message).replace('server_stats', 'server_stat'))).toEqual(unknown.message)
    },
  )

  it.each(wires)('shows an admin what happened (%s)', async (wire) => {
    const stats = toolResult(await callTool(server, admin, wire, 'server_stats'))
    expect(stats).toMatchObject({ uptime_seconds: expect.any(Number), counts: { 'login.succeeded': 3 } })
  })

  it('A038 does not let a call hide in a batch', async () => {
    const session = await openSession(server, user)
    const call = (id: number, name: string) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } })
    const batch = [call(1, 'whoami'), call(2, 'list_guilds')]
    expect((await send(server, user, batch, sessionHeaders(session))).status).toBe(403)
  })

  it('A038 refuses headers that say something else than the body, whatever the caller may do', async () => {
    const body = envelope('tools/call', { name: 'list_guilds' })
    for (const token of [user, guildsUser]) {
      for (const headers of [envelopeHeaders('tools/call', 'whoami'), envelopeHeaders('tools/list')]) {
        const { status, message } = await send(server, token, body, headers)
        expect([status, message.error.code]).toEqual([400, -32_020])
      }
    }
  })

  it.each([
    ['nothing', ''],
    ['text', '{bad'],
    ['null', 'null'],
    ['a number', '1'],
    ['an array of junk', '[1,2]'],
    ['an empty array', '[]'],
    ['a message without method', '{"jsonrpc":"2.0","id":1}'],
    ['a call of nothing', '{"jsonrpc":"2.0","id":1,"method":"tools/call"}'],
    ['a call of a number', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":1}}'],
    ['deep nesting', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
  ])('A111 answers %s with a JSON-RPC error, in and out of a session', async (_, body) => {
    const session = sessionHeaders(await openSession(server, user))
    for (const headers of [{}, session, envelopeHeaders('tools/call', 'whoami')]) {
      const { status, message } = await send(server, user, body, headers)
      // Within a session the transport accepts a request that only its handler refuses.
      expect([status, message.error.code]).toEqual([expect.toBeOneOf([200, 400]), expect.any(Number)])
    }
  })

  it('A099 refuses a body of more than 4 MB before it is read', async () => {
    const body = JSON.stringify(envelope('tools/call', { name: 'whoami', filler: 'x'.repeat(4 * 1024 * 1024) }))
    const { status, message } = await send(server, user, body, envelopeHeaders('tools/call', 'whoami'))
    expect([status, message.error.code]).toEqual([413, -32_000])
  })

  it('refuses other media types and methods', async () => {
    const form = await send(server, user, 'a=b', { 'content-type': 'application/x-www-form-urlencoded' })
    expect(form.status).toBe(415)
    const put = await fetch(server.mcpURL, { method: 'PUT', headers: { authorization: `Bearer ${user}` } })
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE'])
  })
})
