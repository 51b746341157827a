import { describe, expect, it } from 'vitest'
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
import { createCallLimit } from '../../src/service/call-limit.ts'
import { allScopes, type RestAnswer, startToolsServer, type ToolsServer } from './support/tools-server.ts'

const params = { channel_id: fakeChannelIds.general }
const info = async (server: ToolsServer, token: string): Promise<RestAnswer> =>
  await server.rest(token, 'get_channel_info', params)
const wires: readonly Wire[] = ['2025-11-25', '2026-07-28']

describe('the limit of calls', () => {
  it('is one for each user, whatever clients they register and over whatever they call', async () => {
    const server = await startToolsServer({ DISCORD_TOOLS_CALLS_PER_MINUTE: '3' })
    const [first, second, third] = await Promise.all(
      [1, 2, 3].map(async (number) => {
        const client = await register(server, `client ${number}`)
        return await login(server, { client, scope: `identify guilds ${allScopes}` })
      }),
    )
    expect((await info(server, String(first))).status).toBe(200)
    expect((await info(server, String(second))).status).toBe(200)
    // Parameters that are not valid were a call as well.
    expect((await server.rest(String(second), 'get_channel_info', {})).status).toBe(400)
    expect((await info(server, String(third))).status).toBe(429)
    for (const wire of wires) {
      const asked = server.discord.fake.login.requests.length
      for (const name of ['get_messages', 'list_guilds']) {
        const answer = await callTool(server, String(third), wire, name)
        expect([answer.status, toolResult(answer)]).toEqual([
          200,
          { error: { code: 'too_many_calls', message: expect.any(String), retry_after: expect.any(Number) } },
        ])
      }
      expect(server.discord.fake.login.requests.length).toBe(asked)
      // What asks nobody is not counted.
      expect(toolResult(await callTool(server, String(third), wire, 'whoami'))).toMatchObject({ username: 'nelly' })
    }
    await server.stop()
  })

  it('A120 keeps one user from using up what Discord refuses to the bot that all share', async () => {
    const server = await startToolsServer({ DISCORD_TOOLS_CALLS_PER_MINUTE: '10000' })
    const scope = `identify ${allScopes}`
    const [mallory, alice] = [await login(server, { user: users.wumpus, scope }), await login(server, { scope })]
    const forbidden = Response.json({ message: 'Missing Access', code: 50_001 }, { status: 403 })
    server.discord.fake.faults.fail('channel', () => forbidden.clone())
    const codes: unknown[] = []
    let last: RestAnswer | undefined
    for (let id = 1; id <= 40; id += 1) {
      last = await server.rest(mallory, 'get_channel_info', { channel_id: String(id) })
      codes.push(last.status)
    }
    server.discord.fake.faults.recover()
    expect(codes).toEqual(Array.from({ length: 40 }, (_, index) => (index < 30 ? 404 : 429)))
    expect(last?.body.error).toMatchObject({ code: 'too_many_refusals', retry_after: expect.any(Number) })
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(500)
    expect((await info(server, alice)).status).toBe(200)
    await server.stop()
  })

  it('is one for all minted tokens of a subject, and leaves others alone', async () => {
    const server = await startToolsServer({ DISCORD_TOOLS_CALLS_PER_MINUTE: '1' })
    const [one, same, other] = [
      await server.mintToken(allScopes),
      await server.mintToken('discord:channels.read'),
      await server.mintToken(allScopes, ['--subject', 'bob']),
    ]
    const statuses = [await info(server, one), await info(server, same), await info(server, other)]
    expect(statuses.map(({ status }) => status)).toEqual([200, 429, 200])
    await server.stop()
  })

  it('does not count what the rules deny: who steps up may go on at once', async () => {
    const server = await startToolsServer({ DISCORD_TOOLS_CALLS_PER_MINUTE: '1' })
    const reader = await server.mintToken('discord:messages.read')
    for (let round = 0; round < 3; round += 1) expect((await info(server, reader)).status).toBe(403)
    for (const wire of wires) expect((await callTool(server, reader, wire, 'get_channel_info')).status).toBe(403)
    for (const wire of wires) expect((await rpc(server, reader, wire, 'tools/list')).status).toBe(200)
    expect((await info(server, await server.mintToken(allScopes))).status).toBe(200)
    await server.stop()
  })

  it('grows again with time, never above its size, and tells how long to wait', () => {
    let time = 1000
    const limit = createCallLimit(2, () => time)
    const session = { subject: 'nelly', extra: {} }
    const waits = (): unknown => {
      try {
        limit.spend(session)
        return 0
      } catch (error) {
        return error instanceof Error && 'retryAfterSeconds' in error ? error.retryAfterSeconds : error
      }
    }
    expect([waits(), waits(), waits()]).toEqual([0, 0, 30])
    time += 29
    expect(waits()).toBe(1)
    time += 1
    expect([waits(), waits()]).toEqual([0, 30])
    // A clock that was set back gives nothing away, and takes nothing.
    time -= 500
    expect(waits()).toBe(30)
    time += 3600
    expect([waits(), waits(), waits()]).toEqual([0, 0, 30])
  })

  it('tells the users of two issuers apart', () => {
    const limit = createCallLimit(1, () => 1000)
    limit.spend({ subject: 'alice', extra: {} })
    expect(() => limit.spend({ subject: 'alice', extra: { iss: 'https://minted.example' } })).not.toThrow()
    expect(() => limit.spend({ subject: 'alice', extra: {} })).toThrow('too many calls')
  })
})
