import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { login, users } from '../../../kit/test/servers/support/client.ts'
import { fakeChannelIds, fakeGuildIds, fakeUserIds } from '../../src/fake/ids.ts'
import { allScopes, type RestAnswer, startToolsServer, type ToolsServer } from './support/tools-server.ts'

const { general, moderators, announcements } = fakeChannelIds
const never = '999999999999999999'

let server: ToolsServer
let minted: string
beforeAll(async () => {
  server = await startToolsServer({ DISCORD_TOOLS_CALLS_PER_MINUTE: '1000' })
  minted = await server.mintToken(allScopes)
})
afterAll(async () => await server.stop())

const post = async (body: string, headers: Record<string, string> = {}): Promise<Response> =>
  await fetch(`${server.mcpURL}/v1/tools/invoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${minted}`, 'content-type': 'application/json', ...headers },
    body,
  })
const codeOf = ({ status, body }: RestAnswer): unknown => [
  status,
  typeof body.error === 'object' ? body.error.code : body.error,
]

describe('every tool', () => {
  it('answers over REST', async () => {
    const info = await server.rest(minted, 'get_channel_info', { channel_id: general })
    expect(info.body.result).toMatchObject({ channel: { name: 'general', guild_id: fakeGuildIds.testers } })
    const sent = await server.rest(minted, 'send_message', { channel_id: general, content: 'Hello @everyone' })
    expect(sent.body.result).toMatchObject({ message: { content: 'Hello @everyone', author: { is_bot: true } } })
    const read = await server.rest(minted, 'get_messages', { channel_id: general, limit: 1 })
    expect(read.body.result).toMatchObject({ messages: [{ content: 'Hello @everyone' }] })
    const found = await server.rest(minted, 'search_messages', { channel_id: general, content: 'Hello' })
    expect(JSON.stringify(found.body.result)).toContain('Hello @everyone')
    const [message] = (read.body.result?.['messages'] ?? []) as { id: string }[]
    const id = message?.id ?? ''
    const deleted = await server.rest(minted, 'moderate_content', {
      channel_id: general,
      message_ids: [id],
      reason: 'test',
    })
    expect(deleted.body.result).toEqual({ channel_id: general, deleted: [id] })
  })

  it('is a line in the audit log, with ids and lengths and nothing that was written', async () => {
    const content = 'a sentence that nobody else has to read'
    await server.rest(minted, 'send_message', { channel_id: general, content })
    expect(server.audit().at(-1)).toMatchObject({
      event: 'tool.called',
      subject: 'alice',
      client_id: 'bot-token',
      tool: 'send_message',
      outcome: 'ok',
      parameters: { channel_id: general, content: content.length },
      duration_milliseconds: expect.any(Number),
      request_id: expect.stringMatching(/^[\w-]{16}$/),
    })
    expect(server.auditText()).not.toContain(content)
  })

  it('keeps the trace that a call belongs to', async () => {
    const body = JSON.stringify({ method: 'get_channel_info', params: { channel_id: general } })
    await post(body, { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' })
    expect(JSON.stringify(server.audit().at(-1))).toContain('0af7651916cd43dd8448eb211c80319c')
  })
})

describe('a call that is not one', () => {
  it.each([
    ['no JSON', '{bad'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['no method', '{"params":{}}'],
    ['a method that is no text', '{"method":1}'],
    ['parameters that are no object', '{"method":"send_message","params":"x"}'],
  ])('A111 is refused: %s', async (_, body) => {
    const answer = await post(body)
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: { code: 'invalid_request', message: expect.stringContaining('method') } },
    ])
  })

  it('A111 is refused with another media type, and with another method', async () => {
    expect((await post('{}', { 'content-type': 'text/plain' })).status).toBe(415)
    const get = await fetch(`${server.mcpURL}/v1/tools/invoke`, { headers: { authorization: `Bearer ${minted}` } })
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('is in the audit log like every other, once it names a tool', async () => {
    const before = server.audit().length
    for (const params of ['"x"', '1', 'true']) {
      expect((await post(`{"method":"get_messages","params":${params}}`)).status).toBe(400)
    }
    const line = { event: 'tool.called', tool: 'get_messages', outcome: 'error', subject: 'alice' }
    expect(server.audit().slice(before)).toMatchObject([line, line, line])
    // Whether there is such a tool comes first, and who may call it.
    expect((await post('{"method":"no_such_tool","params":"x"}')).status).toBe(404)
    const reader = await server.mintToken('discord:messages.read')
    const denied = await post('{"method":"send_message","params":"x"}', { authorization: `Bearer ${reader}` })
    expect(denied.status).toBe(403)
    expect(server.audit().at(-1)).toMatchObject({ event: expect.stringMatching(/denied|refused/) })
  })

  it.each(['send', '__proto__', 'constructor', ''])('is an unknown tool: %j', async (method) => {
    expect(codeOf(await server.rest(minted, method, {}))).toEqual([404, 'unknown_tool'])
    expect(server.audit().at(-1)).toMatchObject({ event: 'tool.called', tool: method, outcome: 'error' })
  })

  it('names each parameter that is wrong', async () => {
    const answer = await server.rest(minted, 'send_message', { channel_id: 'general', content: 'x'.repeat(2001) })
    expect([answer.status, answer.body.error]).toMatchObject([
      400,
      { code: 'invalid_parameters', issues: [{ parameter: 'channel_id' }, { parameter: 'content' }] },
    ])
  })
})

describe('who may call', () => {
  it('A028 A032 asks for a token, and tells expired, malformed and foreign ones apart from none', async () => {
    const statusOf = async (authorization: string | undefined): Promise<[number, string]> => {
      const answer = await fetch(`${server.mcpURL}/v1/tools/invoke`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
        body: '{"method":"get_channel_info","params":{}}',
      })
      return [answer.status, answer.headers.get('www-authenticate') ?? '']
    }
    const none = await statusOf(undefined)
    expect(none).toEqual([401, expect.not.stringContaining('error=')])
    expect(await statusOf('Bearer a b')).toEqual([400, expect.stringContaining('error="invalid_request"')])
    for (const token of ['x', `${minted}x`, minted.slice(0, -4)]) {
      expect(await statusOf(`Bearer ${token}`)).toEqual([401, expect.stringContaining('error="invalid_token"')])
    }
  })

  it('A038 A039 answers 403 with every scope of the tool before it runs', async () => {
    const reader = await server.mintToken('discord:messages.read')
    const before = server.discord.fake.received.length
    const answer = await server.rest(reader, 'send_message', { channel_id: general, content: 'x' })
    expect(codeOf(answer)).toEqual([403, 'insufficient_scope'])
    expect(answer.headers.get('www-authenticate')).toMatch(
      /scope="[^"]*discord:messages\.write[^"]*".*resource_metadata="/,
    )
    expect(server.discord.fake.received.length).toBe(before)
    expect(server.audit().findLast(({ event }) => event === 'tool.denied')).toMatchObject({
      tool: 'send_message',
      reason: 'scope_missing',
      missing_scopes: ['discord:messages.write'],
    })
  })

  it('refuses a token on the very next call after it was revoked', async () => {
    const token = await server.mintToken(allScopes, ['--label', 'to be revoked'])
    expect((await server.rest(token, 'get_channel_info', { channel_id: general })).status).toBe(200)
    const listed = JSON.parse((await server.mint(['list', '--json'])).stdout) as Record<string, string>[]
    const found = listed.find(({ label }) => label === 'to be revoked')
    const revoked = await server.mint(['revoke', String(found?.['reference'] ?? found?.['id'])])
    expect(revoked.code).toBe(0)
    const answer = await server.rest(token, 'get_channel_info', { channel_id: general })
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('invalid_token'),
    ])
  })

  it('holds those who signed in to their own permissions, on the very next call after a role was taken away', async () => {
    const token = await login(server, { user: users.nelly, scope: `identify ${allScopes}` })
    const read = async (): Promise<RestAnswer> => await server.rest(token, 'get_messages', { channel_id: moderators })
    expect((await read()).status).toBe(200)
    const { fake } = server.discord
    const roles = fake.world.guilds.get(fakeGuildIds.testers)?.members.get(fakeUserIds.nelly)?.roles ?? []
    fake.setRoles(fakeUserIds.nelly, [])
    // Who cannot see a channel learns nothing of it.
    expect(codeOf(await read())).toEqual([404, 'unknown_channel'])
    const announce = await server.rest(token, 'send_message', { channel_id: announcements, content: 'x' })
    expect(codeOf(announce)).toEqual([403, 'user_permission'])
    fake.setRoles(fakeUserIds.nelly, roles)
    expect((await read()).status).toBe(200)
    // A bot has more rights than its users: without a user it acts.
    expect((await server.rest(minted, 'get_messages', { channel_id: moderators })).status).toBe(200)
  })

  it('refuses whoever is no member of the server', async () => {
    const token = await login(server, { user: users.wumpus, scope: `identify ${allScopes}` })
    expect(codeOf(await server.rest(token, 'get_messages', { channel_id: general }))).toEqual([404, 'unknown_channel'])
  })
})

describe('trouble', () => {
  it.each([
    ['an unknown channel', 'get_channel_info', { channel_id: never }, [404, 'unknown_channel']],
    [
      'an unknown message',
      'moderate_content',
      { channel_id: general, message_ids: [never], reason: 'x' },
      [404, 'unknown_message'],
    ],
    [
      'a server where the bot is not',
      'get_messages',
      { channel_id: fakeChannelIds.seedlings },
      [403, 'missing_access'],
    ],
  ])('is told by a code: %s', async (_, method, params, expected) => {
    expect(codeOf(await server.rest(minted, method, params))).toEqual(expected)
  })

  it('names the messages that are too old to be deleted together, and asks Discord nothing', async () => {
    const { messages } = server.discord.fake
    const params = { channel_id: general, message_ids: [messages.welcome, messages.question], reason: 'x' }
    const answer = await server.rest(minted, 'moderate_content', params)
    expect(codeOf(answer)).toEqual([400, 'messages_too_old'])
    expect(JSON.stringify(answer.body)).toContain(messages.welcome)
    expect(JSON.stringify(answer.body)).not.toContain(messages.question)
  })

  it('says when Discord is out of reach, and works again by itself', async () => {
    const { faults } = server.discord.fake
    faults.fail('channel', '503')
    const down = await server.rest(minted, 'get_channel_info', { channel_id: general })
    expect(down.status).toBe(503)
    faults.recover()
    expect((await server.rest(minted, 'get_channel_info', { channel_id: general })).status).toBe(200)
  })

  it('says that the bot token was reset', async () => {
    const other = await server.mintToken(allScopes)
    server.discord.fake.replaceBotToken()
    const answer = await server.rest(other, 'get_channel_info', { channel_id: general })
    expect(codeOf(answer)).toEqual([502, 'token_refused'])
    expect(JSON.stringify(answer.body)).toContain('mint a new access token')
    expect(Number(answer.headers.get('retry-after'))).toBe(300)
    const signedIn = await login(server, { scope: `identify ${allScopes}` })
    const theirs = await server.rest(signedIn, 'get_channel_info', { channel_id: general })
    expect(codeOf(theirs)).toEqual([502, 'token_refused'])
    // Whoever signed in has nothing to mint.
    expect(JSON.stringify(theirs.body)).toMatch(/operator has to set DISCORD_BOT_TOKEN/)
    expect(JSON.stringify(theirs.body)).not.toContain('mint a')
    expect(Number(theirs.headers.get('retry-after'))).toBeGreaterThan(200)
    // With the new one everything goes on.
    minted = await server.mintToken(allScopes)
    expect((await server.rest(minted, 'get_channel_info', { channel_id: general })).status).toBe(200)
  })
})

describe('limits', () => {
  it('counts the calls of each caller', async () => {
    const limited = await startToolsServer({ DISCORD_TOOLS_CALLS_PER_MINUTE: '2' })
    const token = await limited.mintToken(allScopes)
    const other = await login(limited, { scope: `identify ${allScopes}` })
    const call = async (bearer: string): Promise<RestAnswer> =>
      await limited.rest(bearer, 'get_channel_info', { channel_id: general })
    expect([(await call(token)).status, (await call(token)).status]).toEqual([200, 200])
    const third = await call(token)
    expect(codeOf(third)).toEqual([429, 'too_many_calls'])
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await call(other)).status).toBe(200)
    await limited.stop()
  })

  it('has no bot for those who signed in when there is none', async () => {
    const bare = await startToolsServer({ DISCORD_BOT_TOKEN: undefined })
    const token = await login(bare, { scope: `identify ${allScopes}` })
    expect(codeOf(await bare.rest(token, 'get_channel_info', { channel_id: general }))).toEqual([403, 'no_bot_token'])
    await bare.stop()
  })

  it('ends within five seconds with exit code 0, and leaves nothing open', async () => {
    const short = await startToolsServer()
    await short.rest(await short.mintToken(allScopes), 'get_channel_info', { channel_id: general })
    const startedAt = performance.now()
    short.kill('SIGTERM')
    expect(await short.exit).toEqual({ code: 0, signal: null })
    expect(performance.now() - startedAt).toBeLessThan(5000)
    await short.discord.close()
  })
})
