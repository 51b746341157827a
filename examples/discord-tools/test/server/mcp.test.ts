import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callTool, login, rpc, users } from '../../../kit/test/servers/support/client.ts'
import { fakeChannelIds } from '../../src/fake/ids.ts'
import { allScopes, startToolsServer, type ToolsServer } from './support/tools-server.ts'

const { general } = fakeChannelIds

let server: ToolsServer
let minted: string
beforeAll(async () => {
  server = await startToolsServer({ ADMIN_SUBJECTS: users.wumpus })
  minted = await server.mintToken(allScopes)
})
afterAll(async () => await server.stop())

/** A client of the official SDK that has a token and needs no login. */
async function connect(version: '2025-11-25' | '2026-07-28', token: string): Promise<Client> {
  const mode = version === '2026-07-28' ? { pin: version } : 'legacy'
  const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(server.mcpURL), { requestInit }))
  return client
}

describe.each(['2025-11-25', '2026-07-28'] as const)('an official client on %s', (version) => {
  it('does with every tool what REST does, and leaves the same lines in the audit log', async () => {
    const client = await connect(version, minted)
    const before = server.audit().length
    const call = async (name: string, args: Record<string, unknown>): Promise<Record<string, unknown>> => {
      const { structuredContent, isError } = await client.callTool({ name, arguments: args })
      expect(isError ?? false).toBe(false)
      return structuredContent as Record<string, unknown>
    }
    expect(await call('get_channel_info', { channel_id: general })).toMatchObject({ channel: { name: 'general' } })
    const { message } = (await call('send_message', { channel_id: general, content: `over ${version}` })) as {
      message: { id: string }
    }
    expect(await call('get_messages', { channel_id: general, limit: 1 })).toMatchObject({ messages: [message] })
    expect(JSON.stringify(await call('search_messages', { channel_id: general, content: version }))).toContain(
      message.id,
    )
    const deletion = { channel_id: general, message_ids: [message.id], reason: 'a test' }
    expect(await call('moderate_content', deletion)).toEqual({ channel_id: general, deleted: [message.id] })
    await client.close()
    const lines = server.audit().slice(before)
    expect(lines.map(({ event, tool, outcome, subject }) => [event, tool, outcome, subject])).toEqual(
      ['get_channel_info', 'send_message', 'get_messages', 'search_messages', 'moderate_content'].map((tool) => [
        'tool.called',
        tool,
        'ok',
        'alice',
      ]),
    )
  })

  it('reads what is wrong as an error of the tool, with a code', async () => {
    const client = await connect(version, minted)
    const unknown = { channel_id: '999999999999999999' }
    const { isError, content } = await client.callTool({ name: 'get_messages', arguments: unknown })
    const [{ text } = { text: '' }] = content as { text: string }[]
    expect([isError, JSON.parse(text)]).toEqual([
      true,
      { error: { code: 'unknown_channel', message: expect.any(String) } },
    ])
    await client.close()
  })

  it('A111 is told which parameter is wrong, before Discord is asked', async () => {
    const client = await connect(version, minted)
    const before = server.discord.fake.received.length
    const answer = await client
      .callTool({ name: 'send_message', arguments: { channel_id: 'x', content: '' } })
      .catch((error: unknown) => String(error))
    expect(JSON.stringify(answer)).toContain('channel_id')
    expect(server.discord.fake.received.length).toBe(before)
    await client.close()
  })

  it('A038 A120 is refused over HTTP where a scope is missing, and sees no tool that a role hides', async () => {
    const reader = await server.mintToken('discord:messages.read')
    const denied = await callTool(server, reader, version, 'send_message')
    expect([denied.status, denied.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringMatching(/error="insufficient_scope".*discord:messages\.write.*resource_metadata="/),
    ])
    const names = (await rpc(server, reader, version, 'tools/list')).message.result.tools.map(({ name }) => name)
    expect(names).toContain('send_message')
    expect(names).not.toContain('server_stats')
  })
})

it('describes parameters to clients, and which tools change something', async () => {
  const client = await connect('2026-07-28', minted)
  const { tools } = await client.listTools()
  const tool = (name: string) => tools.find((candidate) => candidate.name === name)
  expect(tool('send_message')?.inputSchema).toMatchObject({
    type: 'object',
    required: ['channel_id', 'content'],
    properties: { content: { type: 'string' } },
  })
  expect(tool('moderate_content')?.annotations).toMatchObject({ destructiveHint: true, readOnlyHint: false })
  expect(tool('get_messages')?.annotations).toMatchObject({ readOnlyHint: true })
  await client.close()
})

it('A037 refuses a session of a minted token to whoever signed in', async () => {
  const own = await fetch(server.mcpURL, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${minted}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
    }),
  })
  const session = own.headers.get('mcp-session-id') ?? ''
  const stolen = await fetch(server.mcpURL, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await login(server)}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-session-id': session,
      'mcp-protocol-version': '2025-11-25',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' }),
  })
  expect([own.status, stolen.status]).toEqual([200, 404])
})

it('publishes the keys of minted tokens, public members only', async () => {
  const answer = await fetch(`${server.origin}/bot-tokens/jwks`)
  const { keys } = (await answer.json()) as { keys: Record<string, unknown>[] }
  expect(keys.length).toBeGreaterThan(0)
  for (const key of keys) expect(Object.keys(key)).not.toContain('d')
})
