import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callTool, login, register, users, type Wire } from '../../../kit/test/servers/support/client.ts'
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

  it('says who its subject is, and is told that it has no servers at Discord', async () => {
    for (const wire of wires) {
      const { message } = await callTool(server, minted, wire, 'whoami')
      expect(JSON.parse(message.result.content[0].text)).toMatchObject({ sub: 'alice', client_id: 'bot-token' })
      const guilds = await callTool(server, minted, wire, 'list_guilds')
      expect([guilds.status, guilds.headers.get('www-authenticate')]).toEqual([
        403,
        expect.stringContaining('error="insufficient_scope"'),
      ])
    }
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
