/** What every request to the bot API has to pass. @module */
import { describe, expect, it } from 'vitest'
import { fakeChannelIds, fakeGuildIds } from '../../src/fake/ids.ts'
import { ask, buildRequest, createStillFake, readAnswer } from './support.ts'

const unauthorized = [401, { message: '401: Unauthorized', code: 0 }]
const general = `/channels/${fakeChannelIds.general}`

describe('the token of a bot', () => {
  it('opens the API', async () => {
    const { fake } = createStillFake()
    expect(await ask(fake, '/users/@me')).toMatchObject([200, { id: fake.botId, bot: true }])
  })

  it.each([
    ['no header', undefined],
    ['no scheme', 'TOKEN'],
    ['the scheme of users', 'Bearer TOKEN'],
    ['another token', 'Bot TOKEN-and-more'],
    ['two spaces', 'Bot  TOKEN'],
    ['nothing after the scheme', 'Bot '],
  ])('is refused with %s', async (_, header) => {
    const { fake } = createStillFake({ botToken: 'TOKEN' })
    expect(await ask(fake, general, { headers: { authorization: header } })).toEqual(unauthorized)
  })

  it('is refused from the moment it is revoked, also for a request that was on its way', async () => {
    const { fake } = createStillFake()
    fake.settings.latency = () => fake.revokeBotToken()
    expect(await ask(fake, general)).toEqual(unauthorized)
  })

  it('is dead once it is replaced, and the new one works', async () => {
    const { fake } = createStillFake()
    const old = fake.botToken
    const fresh = fake.replaceBotToken()
    expect(fake.botToken).toBe(fresh)
    expect(fresh).not.toBe(old)
    expect(await ask(fake, general, { token: old })).toEqual(unauthorized)
    expect(await ask(fake, general)).toMatchObject([200, { name: 'general' }])
    expect(fake.secrets).toEqual([old, fresh])
  })

  it('looks like a token of Discord, whose first part is the id of the bot', () => {
    const { fake } = createStillFake()
    const [first = '', ...others] = fake.botToken.split('.')
    expect(atob(first)).toBe(fake.botId)
    expect(others.map(({ length }) => length)).toEqual([6, 38])
  })

  it('of a second bot has its own rights', async () => {
    const { fake } = createStillFake()
    const second = {
      applicationId: '2',
      userId: '300000000000000001',
      username: 'second',
      messageContent: false,
      redirectUris: [],
    }
    const token = fake.registerBot(second)
    expect(await ask(fake, '/users/@me', { token })).toMatchObject([200, { id: second.userId }])
    expect(await ask(fake, general, { token })).toMatchObject([403, { code: 50_001 }])
    fake.join(second.userId)
    expect(await ask(fake, general, { token })).toMatchObject([200, { id: fakeChannelIds.general }])
    fake.revokeBotToken(second.userId)
    expect(await ask(fake, general, { token })).toEqual(unauthorized)
    expect(await ask(fake, general)).toMatchObject([200, {}])
  })
})

describe('a request', () => {
  it.each([undefined, 'node', 'FastMCP-Discord-OAuth', 'DiscordBot', 'DiscordBot (https://bot.example)'])(
    'with user agent %s is blocked as by Cloudflare',
    async (agent) => {
      const { fake } = createStillFake()
      expect(await ask(fake, general, { headers: { 'user-agent': agent } })).toEqual([
        403,
        { message: 'internal network error', code: 40_333 },
      ])
    },
  )

  it.each(['/channels', '/guilds/1/emojis', '/users/1', '/channels/1/messages/2/reactions'])(
    'to the unknown path %s is not found',
    async (path) => {
      const { fake } = createStillFake()
      expect(await ask(fake, path)).toEqual([404, { message: '404: Not Found', code: 0 }])
    },
  )

  it.each([
    ['PUT', general],
    ['POST', `/guilds/${fakeGuildIds.testers}/messages/search`],
    ['PATCH', `${general}/messages`],
  ])('with the method %s to %s is refused', async (method, path) => {
    const { fake } = createStillFake()
    expect(await ask(fake, path, { method })).toEqual([405, { message: '405: Method Not Allowed', code: 0 }])
  })

  it.each(['/api/v9/users/@me', '/api/v11/users/@me'])('to another version, %s, is refused', async (path) => {
    const { fake } = createStillFake()
    const { headers } = buildRequest(fake, '')
    const answer = await fake.fetch(new Request(`https://discord.com${path}`, { headers }))
    expect(await readAnswer(answer)).toMatchObject([400, { code: 50_041 }])
  })

  it('to an unversioned path is not found', async () => {
    const { fake } = createStillFake()
    const { headers } = buildRequest(fake, '')
    const answer = await fake.fetch(new Request('https://discord.com/api/channels/1', { headers }))
    expect(answer.status).toBe(404)
  })

  it.each([
    ['/channels/general', 'channel_id', 'general'],
    ['/channels/-1/messages', 'channel_id', '-1'],
    ['/channels/99999999999999999999', 'channel_id', '99999999999999999999'],
    ['/guilds/x%2F1', 'guild_id', 'x/1'],
  ])('to %s is told that %s is no id', async (path, name, value) => {
    const { fake } = createStillFake()
    expect(await ask(fake, path)).toEqual([
      400,
      {
        message: 'Invalid Form Body',
        code: 50_035,
        errors: {
          [name]: { _errors: [{ code: 'NUMBER_TYPE_COERCE', message: `Value "${value}" is not snowflake.` }] },
        },
      },
    ])
  })

  it('with a body over 25 MiB is refused', async () => {
    const { fake } = createStillFake()
    const body = { content: 'x', padding: 'x'.repeat(25 * 1024 * 1024) }
    expect(await ask(fake, `${general}/messages`, { method: 'POST', body })).toMatchObject([413, { code: 40_005 }])
  })
})

describe('the log', () => {
  it('keeps what was asked, and of the token only the scheme', async () => {
    const { fake } = createStillFake()
    await ask(fake, `${general}/messages?limit=2&limit=3`, { headers: { 'x-audit-log-reason': 'why' } })
    await ask(fake, `${general}/messages`, { method: 'POST', body: { content: 'hello' } })
    expect(fake.received).toMatchObject([
      {
        route: 'listMessages',
        method: 'GET',
        path: `/api/v10${general}/messages`,
        query: [
          ['limit', '2'],
          ['limit', '3'],
        ],
        headers: { authorization: 'Bot', 'x-audit-log-reason': 'why' },
        botId: fake.botId,
      },
      { route: 'createMessage', body: '{"content":"hello"}' },
    ])
    expect(fake.receivedOn('createMessage')).toHaveLength(1)
    expect(JSON.stringify(fake.received)).not.toContain(fake.botToken)
  })

  it('does not keep a token that came without a scheme', async () => {
    const { fake } = createStillFake()
    await ask(fake, general, { headers: { authorization: fake.botToken } })
    expect(fake.received).toMatchObject([{ botId: undefined, headers: { authorization: '' } }])
  })

  it('keeps only the last requests', async () => {
    const { fake } = createStillFake({ keep: 2 })
    for (const name of ['general', 'announcements', 'moderators'] as const) {
      await ask(fake, `/channels/${fakeChannelIds[name]}`)
    }
    expect(fake.received.map(({ path }) => path.slice(-3))).toEqual(['102', '103'])
  })
})
