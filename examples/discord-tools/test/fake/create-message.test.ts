/** What the fake lets a bot write. @module */
import { describe, expect, it } from 'vitest'
import type { FakeDiscordTools } from '../../src/fake/fake-discord-bot.ts'
import { fakeBotId, fakeChannelIds, fakeUserIds } from '../../src/fake/ids.ts'
import { ask, buildRequest, createStillFake, readAnswer } from './support.ts'

const view = 1n << 10n
const history = 1n << 16n
const send = 1n << 11n

async function post(
  fake: FakeDiscordTools,
  body: unknown,
  channel: keyof typeof fakeChannelIds = 'general',
): Promise<[number, unknown]> {
  return await ask(fake, `/channels/${fakeChannelIds[channel]}/messages`, { method: 'POST', body })
}

function errorAt(path: readonly string[], code: string): unknown {
  const errors = path.reduceRight<object>((inner, name) => ({ [name]: inner }), { _errors: [{ code }] })
  return [400, { message: 'Invalid Form Body', code: 50_035, errors }]
}

describe('a new message', () => {
  it('is answered in full, trimmed, and there for the next reader', async () => {
    const { fake } = createStillFake()
    const [status, message] = await post(fake, { content: '  hello \n' })
    expect([status, message]).toMatchObject([
      200,
      { content: 'hello', type: 0, channel_id: fakeChannelIds.general, author: { id: fakeBotId } },
    ])
    expect(message).not.toHaveProperty('nonce')
    const [, [newest]] = (await ask(fake, `/channels/${fakeChannelIds.general}/messages?limit=1`)) as [
      number,
      unknown[],
    ]
    expect(newest).toEqual(message)
  })

  it.each(['general', 'announcements', 'moderators', 'thread', 'lounge', 'directMessage'] as const)(
    'may be sent to %s',
    async (channel) => {
      const { fake } = createStillFake()
      expect(await post(fake, { content: 'hello' }, channel)).toMatchObject([
        200,
        { channel_id: fakeChannelIds[channel] },
      ])
    },
  )

  it('is refused in a category, in a server without the bot, and in an unknown channel', async () => {
    const { fake } = createStillFake()
    expect(await post(fake, { content: 'hello' }, 'category')).toMatchObject([400, { code: 50_008 }])
    expect(await post(fake, { content: 'hello' }, 'seedlings')).toMatchObject([403, { code: 50_001 }])
    expect(await ask(fake, '/channels/1/messages', { method: 'POST', body: { content: 'x' } })).toMatchObject([
      404,
      { code: 10_003 },
    ])
  })

  it('needs SEND_MESSAGES, and SEND_MESSAGES_IN_THREADS in a thread', async () => {
    const { fake } = createStillFake()
    const refused = [403, { message: 'Missing Permissions', code: 50_013 }]
    fake.setBotPermissions(view | history | send)
    expect(await post(fake, { content: 'hello' })).toMatchObject([200, {}])
    expect(await post(fake, { content: 'hello' }, 'thread')).toEqual(refused)
    fake.setBotPermissions(view | history | (1n << 38n))
    expect(await post(fake, { content: 'hello' })).toEqual(refused)
    expect(await post(fake, { content: 'hello' }, 'thread')).toMatchObject([200, {}])
    expect(fake.world.messages.size).toBe(15)
  })

  it('is refused to a bot in a time-out', async () => {
    const { fake, wait } = createStillFake()
    fake.timeOut(fakeBotId, fake.world.now() + 60)
    expect(await post(fake, { content: 'hello' })).toMatchObject([403, { code: 50_013 }])
    wait(61)
    expect(await post(fake, { content: 'hello' })).toMatchObject([200, {}])
  })

  it('cannot reach a user who shares no server with the bot', async () => {
    const { fake } = createStillFake()
    fake.removeMember(fakeUserIds.nelly)
    expect(await post(fake, { content: 'hello' }, 'directMessage')).toMatchObject([403, { code: 50_007 }])
  })

  it.each([[{}], [{ content: '' }], [{ content: ' \n ' }], [{ content: null }]])(
    'with the body %j is empty',
    async (body) => {
      const { fake } = createStillFake()
      expect(await post(fake, body)).toEqual([400, { message: 'Cannot send an empty message', code: 50_006 }])
    },
  )

  it('has 2000 characters at most', async () => {
    const { fake } = createStillFake()
    expect(await post(fake, { content: '😀'.repeat(2000) })).toMatchObject([200, {}])
    expect(await post(fake, { content: 'x'.repeat(2001) })).toEqual([
      400,
      {
        message: 'Invalid Form Body',
        code: 50_035,
        errors: {
          content: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 2000 or fewer in length.' }] },
        },
      },
    ])
  })

  it.each([
    [{ content: 5 }, ['content'], 'STRING_TYPE_CONVERT'],
    [{ content: 'x', nonce: 'n'.repeat(26) }, ['nonce'], 'BASE_TYPE_MAX_LENGTH'],
    [{ content: 'x', nonce: {} }, ['nonce'], 'STRING_TYPE_CONVERT'],
    [{ content: 'x', enforce_nonce: 'yes' }, ['enforce_nonce'], 'BOOLEAN_TYPE_CONVERT'],
    [{ content: 'x', allowed_mentions: [] }, ['allowed_mentions'], 'DICT_TYPE_CONVERT'],
    [{ content: 'x', allowed_mentions: { parse: 'users' } }, ['allowed_mentions'], 'LIST_TYPE_CONVERT'],
    [{ content: 'x', allowed_mentions: { parse: ['all'] } }, ['allowed_mentions', 'parse', '0'], 'BASE_TYPE_CHOICES'],
    [
      { content: 'x', allowed_mentions: { users: ['1', 'nelly'] } },
      ['allowed_mentions', 'users', '1'],
      'NUMBER_TYPE_COERCE',
    ],
    [
      { content: 'x', allowed_mentions: { parse: ['roles'], roles: ['1'] } },
      ['allowed_mentions'],
      'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE',
    ],
    [
      { content: 'x', allowed_mentions: { users: Array(101).fill('1') } },
      ['allowed_mentions', 'users'],
      'BASE_TYPE_MAX_LENGTH',
    ],
    [
      { content: 'x', message_reference: { message_id: 'last' } },
      ['message_reference', 'message_id'],
      'NUMBER_TYPE_COERCE',
    ],
    [{ content: 'x', message_reference: { message_id: '1' } }, ['message_reference'], 'REPLIES_UNKNOWN_MESSAGE'],
    [['x'], [], 'DICT_TYPE_CONVERT'],
  ])('with the body %j is an invalid form', async (body, path, code) => {
    const { fake } = createStillFake()
    expect(await post(fake, body)).toMatchObject(errorAt(path, code) as object)
    expect(fake.world.messages.size).toBe(13)
  })

  it.each([undefined, 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    'of the content type %s is an invalid form',
    async (type) => {
      const { fake } = createStillFake()
      const path = `/channels/${fakeChannelIds.general}/messages`
      const { headers } = buildRequest(fake, path, { headers: { 'content-type': type } })
      const body = new TextEncoder().encode('{"content":"x"}')
      const request = new Request(`https://discord.com/api/v10${path}`, { method: 'POST', headers, body })
      expect(await readAnswer(await fake.fetch(request))).toMatchObject(errorAt([], 'CONTENT_TYPE_INVALID') as object)
    },
  )

  it('that is no JSON is told so', async () => {
    const { fake } = createStillFake()
    const path = `/channels/${fakeChannelIds.general}/messages`
    const { headers } = buildRequest(fake, path, { headers: { 'content-type': 'application/json; charset=utf-8' } })
    const request = new Request(`https://discord.com/api/v10${path}`, { method: 'POST', headers, body: '{"content":' })
    expect(await readAnswer(await fake.fetch(request))).toEqual([
      400,
      { message: 'The request body contains invalid JSON.', code: 50_109 },
    ])
  })
})

describe('a reply', () => {
  it('names its message, and needs one in the same channel and the history', async () => {
    const { fake } = createStillFake()
    const body = { content: 'Friday', message_reference: { message_id: fake.messages.question } }
    expect(await post(fake, body)).toMatchObject([
      200,
      { type: 19, message_reference: { message_id: fake.messages.question } },
    ])
    expect(await post(fake, body, 'lounge')).toMatchObject(
      errorAt(['message_reference'], 'REPLIES_UNKNOWN_MESSAGE') as object,
    )
    const loose = { ...body, message_reference: { ...body.message_reference, fail_if_not_exists: false } }
    expect(await post(fake, loose, 'lounge')).toMatchObject([200, {}])
    fake.setBotPermissions(view | send)
    expect(await post(fake, body)).toMatchObject([403, { code: 160_002 }])
  })

  it('cannot be to the start of a thread', async () => {
    const { fake } = createStillFake()
    const body = { content: 'x', message_reference: { message_id: fake.messages.threadStart } }
    const error = errorAt(['message_reference'], 'REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE')
    expect(await post(fake, body, 'thread')).toMatchObject(error as object)
  })
})

describe('slow mode', () => {
  it('makes a bot wait that does not manage messages', async () => {
    const { fake, wait } = createStillFake()
    const general = fake.world.channels.get(fakeChannelIds.general)
    if (general !== undefined) general.slowMode = 10
    expect(await post(fake, { content: '1' })).toMatchObject([200, {}])
    expect(await post(fake, { content: '2' })).toMatchObject([200, {}])
    fake.setBotPermissions(view | send)
    wait(4)
    expect(await post(fake, { content: '3' })).toMatchObject([429, { code: 20_016, retry_after: 6 }])
    wait(6)
    expect(await post(fake, { content: '3' })).toMatchObject([200, {}])
  })
})
