import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  envelope,
  envelopeHeaders,
  login,
  type McpAnswer,
  openSession,
  send,
  sessionHeaders,
  users,
  type Wire,
} from '../../../kit/test/servers/support/client.ts'
import { fakeChannelIds, fakeRoleIds } from '../../src/fake/ids.ts'
import { allScopes, startToolsServer, type ToolsServer } from './support/tools-server.ts'

let server: ToolsServer
let minted: string
beforeAll(async () => {
  server = await startToolsServer({ DISCORD_TOOLS_CALLS_PER_MINUTE: '1000' })
  minted = await server.mintToken(allScopes)
})
afterAll(async () => await server.stop())

/** Calls a tool over one of the three ways, and returns the lines that it left. */
async function linesOf(
  way: Wire | 'REST',
  name: string,
  args: object,
  token = minted,
  at = server,
  signal?: AbortSignal,
): Promise<readonly object[]> {
  const session = way === '2025-11-25' ? await openSession(at, token) : ''
  const before = at.audit().length
  const answered =
    way === 'REST' ? at.rest(token, name, args, signal) : call(way, session, name, args, token, at, signal)
  await answered
  return at.audit().slice(before)
}

async function call(
  wire: Wire,
  session: string,
  name: string,
  args: object,
  token = minted,
  at = server,
  signal?: AbortSignal,
): Promise<McpAnswer> {
  const params = { name, arguments: args }
  const [message, headers] =
    wire === '2026-07-28'
      ? [envelope('tools/call', params), envelopeHeaders('tools/call', name)]
      : [{ jsonrpc: '2.0', id: 2, method: 'tools/call', params }, sessionHeaders(session)]
  if (signal === undefined) return await send(at, token, message, headers)
  const accept = 'application/json, text/event-stream'
  const answer = await fetch(at.mcpURL, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept, ...headers },
    body: JSON.stringify(message),
    signal,
  })
  throw new Error(`answered ${answer.status}: ${await answer.text()}`)
}

const { general } = fakeChannelIds

describe.each(['REST', '2025-11-25', '2026-07-28'] as const)('over %s, the audit log', (way) => {
  it.each([
    ['good', 'get_channel_info', { channel_id: general }, 'ok', undefined],
    ['without its parameters', 'get_channel_info', {}, 'error', 'invalid_parameters'],
    ['with a wrong one', 'get_messages', { channel_id: 'general' }, 'error', 'invalid_parameters'],
    [
      'with one that the tool does not have',
      'get_messages',
      { channel_id: general, token: 'x' },
      'error',
      'invalid_parameters',
    ],
    // Over MCP the SDK answers, with a code of the protocol.
    ['of a tool that does not exist', 'no_such_tool', {}, 'error', way === 'REST' ? 'unknown_tool' : 'invalid_params'],
    ['of an unknown channel', 'get_messages', { channel_id: '999999999999999999' }, 'error', 'unknown_channel'],
  ])('has one line for a call that is %s, and why it failed', async (_, tool, args, outcome, reason) => {
    const who = { subject: 'alice', client_id: 'bot-token' }
    const duration = expect.any(Number)
    const lines = await linesOf(way, tool, args)
    expect(lines).toMatchObject([
      { event: 'tool.called', tool, outcome, ...who, duration_milliseconds: duration, ...(reason ? { reason } : {}) },
    ])
    expect('reason' in Object(lines[0])).toBe(reason !== undefined)
  })

  it('A120 has a denial for what the user’s own permissions at Discord forbid, as for what a rule forbids', async () => {
    const nelly = await login(server, { scope: `identify ${allScopes}` })
    server.discord.fake.setRoles(users.nelly, [])
    const args = { channel_id: fakeChannelIds.announcements, content: 'News' }
    const lines = await linesOf(way, 'send_message', args, nelly)
    server.discord.fake.setRoles(users.nelly, [fakeRoleIds.moderator])
    expect(lines).toMatchObject([
      { event: 'tool.denied', tool: 'send_message', reason: 'user_permission', subject: users.nelly },
    ])
    expect(lines[0]).not.toHaveProperty('outcome')
  })

  it.each([
    ['401', 'token_refused'],
    ['429-blocked', 'blocked'],
  ] as const)('tells failures of Discord apart: %s', async (fault, reason) => {
    // Of a bot of its own, since what Discord says of one holds for a while.
    const own = await startToolsServer()
    const token = await own.mintToken(allScopes)
    own.discord.fake.faults.fail('channel', fault)
    const lines = await linesOf(way, 'get_channel_info', { channel_id: general }, token, own)
    expect(lines).toMatchObject([{ event: 'tool.called', outcome: 'error', reason }])
    await own.stop()
  })

  it('says that a caller made too many calls, and that one was cancelled', async () => {
    const own = await startToolsServer({ DISCORD_TOOLS_CALLS_PER_MINUTE: '1' })
    const [token, other] = [await own.mintToken(allScopes), await own.mintToken(allScopes, ['--subject', 'bob'])]
    const args = { channel_id: general }
    expect(await linesOf(way, 'get_channel_info', args, token, own)).toMatchObject([{ outcome: 'ok' }])
    expect(await linesOf(way, 'get_channel_info', args, token, own)).toMatchObject([
      { outcome: 'error', reason: 'too_many_calls' },
    ])
    const { fake } = own.discord
    fake.faults.fail('channel', 'hang', 1)
    const asked = fake.receivedOn('channel').length
    const lines = own.audit().length
    const gone = new AbortController()
    const called = linesOf(way, 'get_channel_info', args, other, own, gone.signal).catch(() => 'gone')
    await expect.poll(() => fake.receivedOn('channel').length).toBe(asked + 1)
    gone.abort()
    expect(await called).toBe('gone')
    if (way === '2025-11-25') fake.faults.release()
    const ended = { tool: 'get_channel_info', subject: 'bob' }
    // On the wire with sessions a call outlives its connection: only a notification cancels it.
    const how = way === '2025-11-25' ? { outcome: 'ok' } : { outcome: 'error', reason: 'cancelled' }
    await expect.poll(() => own.audit().slice(lines)).toMatchObject([{ ...ended, ...how }])
    fake.faults.release()
    await own.stop()
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
