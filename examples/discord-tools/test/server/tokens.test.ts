import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  callTool,
  login,
  register,
  rpc,
  toolResult,
  users,
  type Wire,
} from '../../../kit/test/servers/support/client.ts'
import { fakeChannelIds } from '../../src/fake/ids.ts'
import { allScopes, type RestAnswer, startToolsServer, type ToolsServer } from './support/tools-server.ts'

const params = { channel_id: fakeChannelIds.general }
const wires: readonly Wire[] = ['2025-11-25', '2026-07-28']
const operator = {
  client_id: 'operator',
  client_secret: 'a-secret-that-is-good-for-this-test-only',
  redirect_uris: ['https://operator.example/callback'],
  token_endpoint_auth_method: 'client_secret_post',
}

let server: ToolsServer
let minted: string
let clients: string
beforeAll(async () => {
  clients = mkdtempSync(join(tmpdir(), 'clients-'))
  const file = join(clients, 'clients.json')
  writeFileSync(file, JSON.stringify([operator]))
  server = await startToolsServer({ DISCORD_TOOLS_CALLS_PER_MINUTE: '1000', MCP_AUTH_CLIENTS: file })
  minted = await server.mintToken(allScopes)
})
afterAll(async () => {
  await server.stop()
  rmSync(clients, { recursive: true })
})

const info = async (token: string): Promise<RestAnswer> => await server.rest(token, 'get_channel_info', params)
const post = async (path: string, form: Record<string, string>): Promise<Response> =>
  await fetch(`${server.origin}${path}`, { method: 'POST', body: new URLSearchParams(form) })

describe('a minted token', () => {
  it.each([
    ['another server', { MCP_AUTH_BASE_URL: 'http://127.0.0.1:1' }],
    ['another resource of this issuer', { MCP_AUTH_RESOURCE: 'http://127.0.0.1:1/mcp' }],
  ])('A031 is refused when it is for %s', async (_, variables) => {
    const foreign = await server.mintToken(allScopes, [], variables)
    const answer = await info(foreign)
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('error="invalid_token"'),
    ])
    for (const wire of wires) expect((await callTool(server, foreign, wire, 'whoami')).status).toBe(401)
  })

  it('is worth nothing at the endpoints of the proxy, and stays good', async () => {
    const { client_id } = await register(server)
    const { client_id: id, client_secret } = operator
    const introspection = await post('/introspect', { token: minted, client_id: id, client_secret })
    expect([introspection.status, await introspection.json()]).toEqual([200, { active: false }])
    const asGrants = ['refresh_token', 'authorization_code'].map(async (grant_type) => {
      const code = grant_type === 'refresh_token' ? { refresh_token: minted } : { code: minted, code_verifier: 'x' }
      const answer = await post('/token', { grant_type, client_id, ...code })
      return [answer.status, Object.keys((await answer.json()) as object)]
    })
    for (const [status, members] of await Promise.all(asGrants)) {
      expect([status, members]).toEqual([400, expect.not.arrayContaining(['access_token'])])
    }
    expect((await post('/revoke', { token: minted, client_id })).status).toBe(200)
    expect((await info(minted)).status).toBe(200)
  })

  it('says who its subject is, and has no tool for the servers of a user, which no consent would give it', async () => {
    for (const wire of wires) {
      const { message } = await callTool(server, minted, wire, 'whoami')
      expect(JSON.parse(message.result.content[0].text)).toMatchObject({ sub: 'alice', client_id: 'bot-token' })
      const listed = await rpc(server, minted, wire, 'tools/list')
      expect(listed.message.result.tools.map(({ name }) => name)).not.toContain('list_guilds')
      const answers = ['list_guilds', 'list_guilts'].map((name) => callTool(server, minted, wire, name))
      const [guilds, unknown] = await Promise.all(answers)
      expect(guilds?.status).toBe(unknown?.status)
      expect(JSON.stringify(guilds?.message).replace('list_guilds', 'list_guilts')).toBe(
        JSON.stringify(unknown?.message),
      )
    }
  })

  it('is told of scopes that can be minted, and of no others, when it lacks one', async () => {
    const reader = await server.mintToken('discord:messages.read')
    const answers = [
      await server.rest(reader, 'get_channel_info', params),
      ...(await Promise.all(wires.map((wire) => callTool(server, reader, wire, 'get_channel_info')))),
    ]
    for (const { status, headers } of answers) {
      const challenge = headers.get('www-authenticate') ?? ''
      expect([status, challenge]).toEqual([403, expect.stringContaining('error="insufficient_scope"')])
      const [, scope = ''] = /scope="([^"]*)"/.exec(challenge) ?? []
      expect(scope.split(' ').toSorted()).toEqual(['discord:channels.read', 'discord:messages.read'])
    }
    const user = await login(server, { scope: 'identify discord:messages.read' })
    const theirs = await server.rest(user, 'get_channel_info', params)
    expect(theirs.headers.get('www-authenticate')).toMatch(/scope="[^"]*identify/)
  })

  it('has no role, whoever has its subject', async () => {
    const admin = await startToolsServer({ ADMIN_SUBJECTS: `alice,${users.nelly}` })
    const subjects = [[], ['--subject', users.nelly]]
    for (const options of subjects) {
      const token = await admin.mintToken(allScopes, options)
      for (const wire of wires) {
        const listed = await rpc(admin, token, wire, 'tools/list')
        expect(listed.message.result.tools.map(({ name }) => name)).not.toContain('server_stats')
        const stats = await callTool(admin, token, wire, 'server_stats')
        expect(JSON.stringify(stats.message)).not.toContain('uptime_seconds')
      }
    }
    const own = await callTool(admin, await login(admin, { user: users.nelly }), '2026-07-28', 'server_stats')
    expect(toolResult(own)).toHaveProperty('uptime_seconds')
    await admin.stop()
  })

  it('cannot be minted with a scope of Discord', async () => {
    const options = ['--subject', 'alice', '--scopes', 'guilds', '--token-file', '-']
    expect((await server.mint(options, server.discord.fake.botToken)).code).toBe(64)
  })
})

describe('a login', () => {
  it('is refused on the very next call after the client gave its token back', async () => {
    const client = await register(server)
    const token = await login(server, { client, scope: `identify ${allScopes}` })
    expect((await info(token)).status).toBe(200)
    expect((await post('/revoke', { token, client_id: client.client_id })).status).toBe(200)
    expect((await info(token)).status).toBe(401)
    for (const wire of wires) expect((await callTool(server, token, wire, 'get_messages')).status).toBe(401)
  })

  it('of a subject of the same name as a minted one is somebody else', async () => {
    const namesake = await server.mintToken(allScopes, ['--subject', users.wumpus])
    const { channel_id } = params
    // The minted one has the rights of the bot, the user is no member.
    expect((await server.rest(namesake, 'get_messages', { channel_id })).status).toBe(200)
    const user = await login(server, { user: users.wumpus, scope: `identify ${allScopes}` })
    expect((await server.rest(user, 'get_messages', { channel_id })).status).toBe(404)
  })
})
