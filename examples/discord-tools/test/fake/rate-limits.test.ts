/** How often the fake lets a bot ask. @module */
import { describe, expect, it } from 'vitest'
import type { FakeDiscordTools } from '../../src/fake/fake-discord-bot.ts'
import { fakeChannelIds, fakeGuildIds } from '../../src/fake/ids.ts'
import { refuseRate } from '../../src/fake/rate-limits.ts'
import { ask, buildRequest, createStillFake, type Sent } from './support.ts'

const general = `/channels/${fakeChannelIds.general}`
const lounge = `/channels/${fakeChannelIds.lounge}`

/** Status and the headers that say how often one may ask. */
async function limitsOf(fake: FakeDiscordTools, path: string, sent?: Sent): Promise<Record<string, unknown>> {
  const { status, headers } = await fake.fetch(buildRequest(fake, path, sent))
  const limits = [...headers].filter(([name]) => name.startsWith('x-ratelimit') || name === 'retry-after')
  return { status, ...Object.fromEntries(limits) }
}

async function statusOf(fake: FakeDiscordTools, path: string, sent?: Sent): Promise<unknown> {
  return (await limitsOf(fake, path, sent))['status']
}

describe('a limit of a route', () => {
  it('is told in the headers of every answer, of refusals as well', async () => {
    const { fake, wait } = createStillFake({ settings: { limits: { channel: { limit: 3, seconds: 5 } } } })
    expect(await limitsOf(fake, general)).toEqual({
      status: 200,
      'x-ratelimit-limit': '3',
      'x-ratelimit-remaining': '2',
      'x-ratelimit-reset': '1795262405.000',
      'x-ratelimit-reset-after': '5.000',
      'x-ratelimit-bucket': '6368616e6e656c',
    })
    wait(1.5)
    expect(await limitsOf(fake, general)).toMatchObject({
      'x-ratelimit-remaining': '1',
      'x-ratelimit-reset': '1795262405.000',
      'x-ratelimit-reset-after': '3.500',
    })
    expect(await limitsOf(fake, '/channels/1')).toMatchObject({ status: 404, 'x-ratelimit-remaining': '2' })
  })

  it('refuses one request too many, until the window is over', async () => {
    const { fake, wait } = createStillFake({ settings: { limits: { channel: { limit: 1, seconds: 5 } } } })
    expect(await ask(fake, general)).toMatchObject([200, {}])
    wait(1.75)
    expect(await ask(fake, general)).toEqual([
      429,
      { message: 'You are being rate limited.', retry_after: 3.25, global: false },
    ])
    expect(await limitsOf(fake, general)).toEqual({
      status: 429,
      'retry-after': '4',
      'x-ratelimit-limit': '1',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '1795262405.000',
      'x-ratelimit-reset-after': '3.250',
      'x-ratelimit-bucket': '6368616e6e656c',
      'x-ratelimit-scope': 'user',
    })
    wait(3.25)
    expect(await statusOf(fake, general)).toBe(200)
  })

  it('counts each channel, each route and each bot for itself, in buckets that do not name the channel', async () => {
    const { fake } = createStillFake({ settings: { otherLimit: { limit: 1, seconds: 5 } } })
    const second = {
      applicationId: '2',
      userId: '300000000000000001',
      username: 'second',
      messageContent: true,
      redirectUris: [],
    }
    const token = fake.registerBot(second)
    fake.join(second.userId)
    const [first, other] = [await limitsOf(fake, general), await limitsOf(fake, lounge)]
    expect([first['status'], other['status']]).toEqual([200, 200])
    expect(first['x-ratelimit-bucket']).toBe(other['x-ratelimit-bucket'])
    expect(await limitsOf(fake, `${general}/messages`)).not.toMatchObject({
      'x-ratelimit-bucket': first['x-ratelimit-bucket'],
    })
    expect(await statusOf(fake, general, { token })).toBe(200)
    expect(await statusOf(fake, general)).toBe(429)
  })

  it('is five messages in five seconds unless told otherwise', async () => {
    const { fake } = createStillFake()
    const send = async (): Promise<unknown> =>
      await statusOf(fake, `${general}/messages`, { method: 'POST', body: { content: 'x' } })
    const statuses = [await send(), await send(), await send(), await send(), await send(), await send()]
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
    expect(fake.world.messages.size).toBe(18)
  })

  it('refuses at once what exceeds it when all come at once', async () => {
    const { fake } = createStillFake({ settings: { latency: async () => await Promise.resolve() } })
    const body = { content: 'x' }
    const requests = Array.from(
      { length: 8 },
      async () => await statusOf(fake, `${general}/messages`, { method: 'POST', body }),
    )
    expect((await Promise.all(requests)).filter((status) => status === 429)).toHaveLength(3)
    expect(fake.world.messages.size).toBe(18)
  })
})

describe('the global limit', () => {
  it('is over all routes of a bot and says so', async () => {
    const { fake, wait } = createStillFake({ settings: { globalLimit: { limit: 2, seconds: 1 } } })
    await ask(fake, general)
    await ask(fake, `/guilds/${fakeGuildIds.testers}`)
    expect(await ask(fake, '/users/@me')).toEqual([
      429,
      { message: 'You are being rate limited.', retry_after: 1, global: true },
    ])
    expect(await limitsOf(fake, '/users/@me')).toEqual({
      status: 429,
      'retry-after': '1',
      'x-ratelimit-global': 'true',
      'x-ratelimit-scope': 'global',
    })
    wait(1)
    expect(await statusOf(fake, '/users/@me')).toBe(200)
  })
})

describe('invalid requests', () => {
  it('block everything when there were too many of them, without naming a delay', async () => {
    const { fake, wait } = createStillFake({ settings: { invalidRequestLimit: { limit: 3, seconds: 600 } } })
    expect(await statusOf(fake, general, { token: 'wrong' })).toBe(401)
    expect(await statusOf(fake, `/channels/${fakeChannelIds.seedlings}`)).toBe(403)
    fake.faults.fail('channel', '429', 1)
    expect(await statusOf(fake, general)).toBe(429)
    const answer = await fake.fetch(buildRequest(fake, general))
    expect([answer.status, await answer.text(), answer.headers.get('retry-after')]).toEqual([
      429,
      'error code: 1015',
      null,
    ])
    wait(601)
    expect(await statusOf(fake, general)).toBe(200)
  })

  it('are neither other refusals nor limits that are shared', async () => {
    const { fake } = createStillFake({ settings: { invalidRequestLimit: { limit: 1, seconds: 600 } } })
    fake.faults.fail('channel', '429-shared', 2)
    for (const path of [general, general, '/channels/1', '/channels/x']) await ask(fake, path)
    expect(await statusOf(fake, general)).toBe(200)
  })
})

describe('the refusal of a limit', () => {
  it('that is shared says so, with whole seconds in the header', async () => {
    const answer = refuseRate('shared', 1336.57)
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('x-ratelimit-scope')]).toEqual([
      429,
      '1337',
      'shared',
    ])
    expect(await answer.json()).toEqual({
      message: 'The resource is being rate limited.',
      retry_after: 1336.57,
      global: false,
    })
  })
})
