import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  envelope,
  envelopeHeaders,
  type McpAnswer,
  openSession,
  send,
  sessionHeaders,
  type Wire,
} from '../../../kit/test/servers/support/client.ts'
import { fakeChannelIds } from '../../src/fake/ids.ts'
import { allScopes, startToolsServer, type ToolsServer } from './support/tools-server.ts'

let server: ToolsServer
let minted: string
beforeAll(async () => {
  server = await startToolsServer({ DISCORD_TOOLS_CALLS_PER_MINUTE: '1000' })
  minted = await server.mintToken(allScopes)
})
afterAll(async () => await server.stop())

/** Calls a tool over one of the three ways, and returns the lines that it left. */
async function linesOf(way: Wire | 'REST', name: string, args: object): Promise<readonly object[]> {
  const session = way === '2025-11-25' ? await openSession(server, minted) : ''
  const before = server.audit().length
  if (way === 'REST') await server.rest(minted, name, args)
  else await call(way, session, name, args)
  return server.audit().slice(before)
}

async function call(wire: Wire, session: string, name: string, args: object): Promise<McpAnswer> {
  const params = { name, arguments: args }
  if (wire === '2026-07-28') {
    return await send(server, minted, envelope('tools/call', params), envelopeHeaders('tools/call', name))
  }
  return await send(server, minted, { jsonrpc: '2.0', id: 2, method: 'tools/call', params }, sessionHeaders(session))
}

const { general } = fakeChannelIds

describe.each(['REST', '2025-11-25', '2026-07-28'] as const)('over %s, the audit log', (way) => {
  it.each([
    ['good', 'get_channel_info', { channel_id: general }, 'ok'],
    ['without its parameters', 'get_channel_info', {}, 'error'],
    ['with a wrong one', 'get_messages', { channel_id: 'general' }, 'error'],
    ['with one that the tool does not have', 'get_messages', { channel_id: general, token: 'x' }, 'error'],
    ['of a tool that does not exist', 'no_such_tool', {}, 'error'],
    ['of an unknown channel', 'get_messages', { channel_id: '999999999999999999' }, 'error'],
  ])('has one line for a call that is %s', async (_, tool, args, outcome) => {
    const who = { subject: 'alice', client_id: 'bot-token' }
    const duration = expect.any(Number)
    expect(await linesOf(way, tool, args)).toMatchObject([
      { event: 'tool.called', tool, outcome, ...who, duration_milliseconds: duration },
    ])
  })

  it('says which messages a call was about', async () => {
    const ids = ['999999999999999997', '999999999999999998']
    const [line] = await linesOf(way, 'moderate_content', { channel_id: general, message_ids: ids, reason: 'spam' })
    expect(line).toMatchObject({ parameters: { channel_id: general, message_ids: ids, reason: 4 } })
  })

  it('T-leak shows no token that somebody puts in the place of an id', async () => {
    const secrets = [minted, server.discord.fake.botToken]
    for (const secret of secrets) {
      const [line] = await linesOf(way, 'get_messages', { channel_id: secret, before: secret, limit: secret })
      expect(line).toMatchObject({ parameters: { channel_id: { kind: 'string' }, before: { kind: 'string' } } })
      await linesOf(way, 'send_message', { channel_id: general, content: secret, reply_to: secret })
      await linesOf(way, secret, { channel_id: general })
      expect(server.auditText()).not.toContain(secret.slice(0, 20))
      expect(server.stderr()).not.toContain(secret.slice(0, 20))
    }
  })

  it('has a line for a call that the rules deny', async () => {
    expect(await linesOf(way, 'server_stats', {})).toMatchObject([
      { event: 'tool.denied', tool: 'server_stats', reason: 'role_missing', subject: 'alice' },
    ])
  })
})

it.each(['2025-11-25', '2026-07-28'] as const)(
  'reads over MCP (%s) what is wrong in the words of REST',
  async (wire) => {
    const args = { channel_id: 'general', content: '' }
    const { body } = await server.rest(minted, 'send_message', args)
    const { message } = await call(
      wire,
      wire === '2025-11-25' ? await openSession(server, minted) : '',
      'send_message',
      args,
    )
    expect(JSON.parse(message.result.content[0].text)).toEqual({ error: body.error })
    expect(message.result).toMatchObject({ isError: true })
  },
)
