import { expect, it } from 'vitest'
import { createDiscordBot, type DiscordBot } from '../../src/discord/bot.ts'
import { answer, json } from './support/answers.ts'
import { botToken, createStand, type Handler, inTurn, type Stand } from './support/bots.ts'

const [channel, guild, user, message] = [
  '41771983423143937',
  '197038439483310086',
  '80351110224678912',
  '334385199974967042',
]
const plain = { content: 'Hello <@1>', allowedMentions: { parse: [] } } as const
const read = { limit: 50 } as const

type Call = (bot: DiscordBot, signal: AbortSignal) => Promise<unknown>
const calls: readonly (readonly [string, string, Call])[] = [
  ['POST', `/channels/${channel}/messages`, (bot, signal) => bot.createMessage(channel, plain, signal)],
  ['GET', `/channels/${channel}/messages?limit=50`, (bot, signal) => bot.getMessages(channel, read, signal)],
  ['GET', `/channels/${channel}`, (bot, signal) => bot.getChannel(channel, signal)],
  ['GET', `/guilds/${guild}`, (bot, signal) => bot.getGuild(guild, signal)],
  ['GET', `/guilds/${guild}/channels`, (bot, signal) => bot.getGuildChannels(guild, signal)],
  ['GET', '/users/@me', (bot, signal) => bot.getUserId(signal)],
  ['GET', `/guilds/${guild}/members/${user}`, (bot, signal) => bot.getGuildMember(guild, user, signal)],
  ['GET', `/channels/${channel}/thread-members/${user}`, (bot, signal) => bot.isThreadMember(channel, user, signal)],
  [
    'GET',
    `/guilds/${guild}/messages/search?content=two+words&channel_id=1&channel_id=2&limit=25&offset=0`,
    (bot, signal) =>
      bot.searchGuildMessages(guild, { content: 'two words', channelIds: ['1', '2'], limit: 25, offset: 0 }, signal),
  ],
  [
    'DELETE',
    `/channels/${channel}/messages/${message}`,
    (bot, signal) => bot.deleteMessage(channel, message, 'Spam', signal),
  ],
  [
    'POST',
    `/channels/${channel}/messages/bulk-delete`,
    (bot, signal) => bot.bulkDeleteMessages(channel, ['1', '2'], 'Spam', signal),
  ],
]

it.each(calls)('sends %s %s as Discord wants it', async (method, path, call) => {
  const stand = createStand(() => answer('err.50109'))
  await expect(call(stand.bot(), stand.signal)).rejects.toMatchObject({ code: 'refused' })
  const [request] = stand.received
  expect(stand.received).toHaveLength(1)
  expect(request?.method).toBe(method)
  expect(request?.url.href).toBe(`https://discord.com/api/v10${path}`)
  expect(request?.headers.get('authorization')).toBe(`Bot ${botToken}`)
  // https://docs.discord.com/developers/reference#user-agent
  expect(request?.headers.get('user-agent')).toMatch(/^DiscordBot \(https:\/\/\S+, \S+\)$/)
  expect(request?.redirect).toBe('error')
  // Without it, Discord answers 50035.
  expect(request?.headers.get('content-type')).toBe(method === 'POST' ? 'application/json' : null)
  expect(request?.body === '').toBe(method !== 'POST')
})

it.each([['..'], ['1/../2'], ['1?x=1'], ['1#'], ['%2e%2e'], ['@me'], ['0'], ['']])(
  'does not let the id %j become another path',
  async (id) => {
    const stand = createStand(() => json({}))
    await expect(stand.bot().getChannel(id, stand.signal)).rejects.toThrow('not an id of Discord')
    await expect(stand.bot().deleteMessage(channel, id, 'Spam', stand.signal)).rejects.toThrow('not an id of Discord')
    expect(stand.received).toEqual([])
  },
)

it('sends content, allowed mentions, and a nonce that Discord enforces', async () => {
  const stand = createStand(() => answer('message.create.ok'))
  await stand.bot().createMessage(channel, { ...plain, replyTo: message }, stand.signal)
  expect(JSON.parse(stand.received[0]?.body ?? '')).toEqual({
    content: 'Hello <@1>',
    allowed_mentions: { parse: [] },
    message_reference: { message_id: message, fail_if_not_exists: true },
    nonce: expect.stringMatching(/^[\w-]{16,25}$/),
    enforce_nonce: true,
  })
})

it('cannot post twice when an answer is lost: the second attempt has the nonce of the first, another message has not', async () => {
  const lost: Handler = () => {
    throw new TypeError('fetch failed')
  }
  const stand = createStand(inTurn(lost, () => answer('message.create.ok')))
  await stand.bot().createMessage(channel, plain, stand.signal)
  await stand.bot().createMessage(channel, plain, stand.signal)
  const nonces = stand.received.map(({ body }) => JSON.parse(body).nonce)
  expect(nonces).toHaveLength(3)
  expect(nonces[0]).toBe(nonces[1])
  expect(nonces[2]).not.toBe(nonces[0])
})

it.each<[string, Handler]>([
  ['429', () => answer('rl.user')],
  ['a block', () => answer('rl.cloudflare.text')],
  ['a refused token', () => answer('api.401')],
  ['a connection that never was', connectionError('ECONNREFUSED')],
])('does not let %s of the second attempt hide that the first may have posted', async (_, second) => {
  const stand = createStand(inTurn(connectionError('ECONNRESET'), second))
  const sent = stand.bot().createMessage(channel, plain, stand.signal)
  await expect(sent).rejects.toMatchObject({ code: 'answer_lost', status: 504 })
  expect(stand.received).toHaveLength(2)
})

it.each([
  ['an error page', 15, 1],
  ['an error page', 5, 2],
  ['a broken connection', 15, 1],
  ['a broken connection', 5, 2],
] as const)(
  'tells of %s after %i seconds, and not of limits, when no time is left to try again',
  async (kind, seconds, attempts) => {
    const create = (): Stand => {
      const stand: Stand = createStand(async (request, signal) => {
        await stand.clock.wait(seconds)
        return await (kind === 'an error page' ? answer('api.502') : connectionError('ECONNRESET')(request, signal))
      })
      return stand
    }
    const [writer, reader] = [create(), create()]
    const sent = writer.bot().createMessage(channel, plain, writer.signal)
    await expect(sent).rejects.toMatchObject({ code: 'answer_lost' })
    expect(writer.received).toHaveLength(attempts)
    const code = kind === 'an error page' ? 'unavailable' : 'unreachable'
    await expect(reader.bot().getChannel(channel, reader.signal)).rejects.toMatchObject({ code })
  },
)

it('sends the reason for the audit log as Discord takes it, whatever characters are in it', async () => {
  const stand = createStand(() => answer('message.delete.204'))
  await stand.bot().deleteMessage(channel, message, 'Spam – "größe"\r\nX-Evil: 1 🙂', stand.signal)
  const reason = stand.received[0]?.headers.get('x-audit-log-reason') ?? ''
  expect(reason).toMatch(/^[\w%.!~*'()-]+$/)
  expect(decodeURIComponent(reason)).toBe('Spam – "größe"\r\nX-Evil: 1 🙂')
  expect(stand.received[0]?.headers.has('x-evil')).toBe(false)
})

it('counts a message as deleted that is gone when a lost answer is asked for again, and only then', async () => {
  const stand = createStand(
    inTurn(
      () => answer('api.502'),
      () => answer('err.10008'),
    ),
  )
  await expect(stand.bot().deleteMessage(channel, message, 'Spam', stand.signal)).resolves.toBeUndefined()
  const limited = (): Response => json({ retry_after: 1 }, 429, { 'X-RateLimit-Scope': 'user' })
  for (const first of [() => answer('err.10008'), limited]) {
    const other = createStand(inTurn(first, () => answer('err.10008')))
    const deletion = other.bot().deleteMessage(channel, message, 'Spam', other.signal)
    await expect(deletion).rejects.toMatchObject({ code: 'unknown_message' })
  }
})

it.each([
  ['a message', 'message.create.ok', calls[0]?.[2], { content: 'Hello from MCP' }],
  ['a channel', 'channel.ok', calls[2]?.[2], { name: 'general', guild_id: guild }],
] as const)('reads %s and drops what it does not know', async (_, name, call, expected) => {
  const stand = createStand(() => answer(name))
  const result = await call?.(stand.bot(), stand.signal)
  expect(result).toMatchObject(expected)
  expect(result).not.toHaveProperty('flags')
})

it('says whether somebody is in a thread', async () => {
  const stand = createStand(
    inTurn(
      () => json({ id: '1' }),
      () => json({ message: 'x', code: 0 }, 404),
      () => answer('err.50001'),
    ),
  )
  expect(await stand.bot().isThreadMember(channel, user, stand.signal)).toBe(true)
  expect(await stand.bot().isThreadMember(channel, user, stand.signal)).toBe(false)
  await expect(stand.bot().isThreadMember(channel, user, stand.signal)).rejects.toMatchObject({
    code: 'missing_access',
  })
})

it.each<[string, () => Response]>([
  ['HTML', () => new Response('<html>Welcome</html>', { headers: { 'content-type': 'text/html' } })],
  ['nothing', () => new Response(null, { status: 204 })],
  ['something else', () => json({ hello: 'world' })],
  ['an id in digits that are no text', () => json({ id: 41_771_983, type: 0 })],
  ['an id that is none', () => json({ id: '../../etc', type: 0 })],
  [
    'a bit set that is none',
    () => json({ id: '1', type: 0, permission_overwrites: [{ id: '1', type: 0, allow: '-1', deny: '0' }] }),
  ],
  ['too much', () => new Response(`"${'x'.repeat(9 * 1024 * 1024)}"`)],
])('calls %s unreadable', async (_, response) => {
  const stand = createStand(response)
  await expect(stand.bot().getChannel(channel, stand.signal)).rejects.toMatchObject({ code: 'unreadable', status: 502 })
  expect(stand.received).toHaveLength(1)
})

const page = (): Response => new Response('<html>Welcome</html>', { headers: { 'content-type': 'text/html' } })
const half = (): Response => new Response('{"id":"41771983', { headers: { 'content-type': 'application/json' } })
const tooMuch = (): Response => new Response(`"${'x'.repeat(9 * 1024 * 1024)}"`)
const emptied = (): Response => new Response(null, { status: 200 })
const changes = [
  ['sending', calls[0]?.[2]],
  ['deleting', calls[9]?.[2]],
  ['deleting several', calls[10]?.[2]],
] as const

it.each(
  changes.flatMap(([what, call]) =>
    Object.entries({ page, half, tooMuch, emptied }).map(([name, response]) => [what, name, call, response] as const),
  ),
)('says of %s that it may have happened, when the answer of success is: %s', async (_what, _name, call, response) => {
  const stand = createStand(response)
  const changed = call?.(stand.bot(), stand.signal)
  await expect(changed).rejects.toMatchObject({
    code: 'answer_lost',
    message: expect.stringContaining('look before trying again'),
  })
})

it('knows by its status that a change was refused, however long the answer is', async () => {
  const refusal = (): Response => new Response(`"${'x'.repeat(9 * 1024 * 1024)}"`, { status: 403 })
  const stand = createStand(refusal, { invalidRequestsPerToken: 1 })
  const sent = async (): Promise<unknown> => await stand.bot().createMessage(channel, plain, stand.signal)
  await expect(sent()).rejects.toMatchObject({ code: 'forbidden' })
  // Discord has counted it, whether it can be read or not.
  await expect(sent()).rejects.toMatchObject({ code: 'invalid_requests' })
  expect(stand.received).toHaveLength(1)
})

it('stops reading an answer that has no end', async () => {
  let parts = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      parts++
      controller.enqueue(new Uint8Array(1024 * 1024))
    },
  })
  const stand = createStand(() => new Response(endless))
  await expect(stand.bot().getChannel(channel, stand.signal)).rejects.toMatchObject({ code: 'unreadable' })
  expect(parts).toBeLessThan(15)
})

function connectionError(code: string): Handler {
  return () => {
    throw new TypeError('fetch failed', { cause: Object.assign(new Error(`${code} ${botToken}`), { code }) })
  }
}

it.each([
  ['reading', 'ECONNREFUSED', calls[2]?.[2], 'unreachable'],
  ['reading', 'ECONNRESET', calls[2]?.[2], 'unreachable'],
  ['sending', 'ECONNREFUSED', calls[0]?.[2], 'unreachable'],
  ['sending', 'ENOTFOUND', calls[0]?.[2], 'unreachable'],
  ['sending', 'ECONNRESET', calls[0]?.[2], 'answer_lost'],
  ['deleting', 'ECONNRESET', calls[9]?.[2], 'answer_lost'],
] as const)('tells, when %s fails with %s, whether something may have happened', async (_, code, call, expected) => {
  const stand = createStand(connectionError(code))
  const failure = await call?.(stand.bot(), stand.signal).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).toMatchObject({ code: expected })
  const shown = failure instanceof Error ? [failure.message, failure.stack, String(failure.cause)].join() : ''
  expect(shown).not.toContain(botToken)
  expect(shown).not.toContain('fetch failed')
})

it('gives up on an answer that does not come in time', async () => {
  const silence: Handler = async (_, signal) =>
    await new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('ended')))
    })
  const stand = createStand(silence, {}, 0.01)
  await expect(stand.bot().getChannel(channel, stand.signal)).rejects.toMatchObject({ code: 'unreachable' })
})

it('ends with the call it was made for', async () => {
  const controller = new AbortController()
  const stand = createStand(async (_, signal) => {
    controller.abort()
    signal.throwIfAborted()
    return await Promise.resolve(answer('channel.ok'))
  })
  await expect(stand.bot().getChannel(channel, controller.signal)).rejects.toMatchObject({ code: 'cancelled' })
  expect(stand.received).toHaveLength(1)
})

it.each(['', 'Bot abc', 'abc\n', 'abc\r\nX-Evil: 1', 'ключ', 'a b'])(
  'refuses the token %j without repeating it',
  (token) => {
    const stand = createStand(() => json({}))
    const make = (): unknown => stand.bot(token)
    expect(make).toThrow(TypeError)
    expect(make).toThrow(/^the bot token must be one word, without the prefix Bot$/)
  },
)

it.each(['Mozilla/5.0', 'DiscordBot', 'DiscordBot (https://x.example)'])(
  'refuses the user agent %j, which Discord would block',
  (userAgent) => {
    const { traffic } = createStand(() => json({}))
    const make = (): unknown =>
      createDiscordBot({ token: botToken, apiUrl: 'https://discord.com/api/v10', traffic, userAgent })
    expect(make).toThrow('DiscordBot (<url>, <version>)')
  },
)
