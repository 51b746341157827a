import { expect, it } from 'vitest'
import { answer, fixture, json } from './support/answers.ts'
import { botToken, createStand, type Handler, inTurn, type Stand } from './support/bots.ts'
import { createLimitedDiscord, type LimitedDiscord } from './support/limited-discord.ts'

const channel = '41771983423143937'
const otherChannel = '41771983423143938'
const plain = { content: 'Hello', allowedMentions: { parse: [] } } as const

const send = async (stand: Stand, channelId = channel, token = botToken) =>
  await stand.bot(token).createMessage(channelId, plain, stand.signal)

/** What became of many calls, errors by their codes. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls)
  return settled.map((one) => (one.status === 'fulfilled' ? 'ok' : String(one.reason.code ?? one.reason)))
}

function createLimitedStand(
  options: Parameters<typeof createLimitedDiscord>[1],
  limits: Parameters<typeof createStand>[1] = {},
): { stand: Stand; discord: LimitedDiscord } {
  const discord: LimitedDiscord = createLimitedDiscord(() => stand.clock, options)
  const stand: Stand = createStand((request, signal) => discord.handle(request, signal), limits)
  return { stand, discord }
}

const times = (stand: Stand): number[] => stand.received.map(({ at }) => at - 1_795_000_000)

it('sends twenty calls at once through a limit of one a second, one after the other and without a single 429', async () => {
  const { stand, discord } = createLimitedStand({ limit: 1, windowSeconds: 1, latency: 0.05 }, { maxWaitSeconds: 60 })
  const results = await outcomes(Array.from({ length: 20 }, () => send(stand)))
  expect(results).toEqual(Array.from({ length: 20 }, () => 'ok'))
  expect(discord.tooMany).toBe(0)
  expect(discord.mostAtOnce).toBe(1)
})

it('sends as many at once as Discord says are left, after one request has found out', async () => {
  const { stand, discord } = createLimitedStand({ limit: 5, windowSeconds: 5, latency: 0.1 }, { maxWaitSeconds: 60 })
  await Promise.all(Array.from({ length: 12 }, () => send(stand)))
  expect(discord.tooMany).toBe(0)
  expect(discord.mostAtOnce).toBe(4)
  // One to find out, four with it; then the next window in the same way.
  expect(times(stand).filter((time) => time < 5)).toHaveLength(5)
})

it('keeps to one request at a time where Discord says nothing of limits', async () => {
  let atOnce = 0
  let most = 0
  const stand: Stand = createStand(async () => {
    most = Math.max(most, ++atOnce)
    await stand.clock.wait(0.1)
    atOnce--
    return json(fixture('message.create.ok').body)
  })
  await Promise.all(Array.from({ length: 5 }, () => send(stand)))
  expect(most).toBe(1)
})

it('counts each channel and each token by itself', async () => {
  const { stand, discord } = createLimitedStand({ limit: 1, windowSeconds: 100, latency: 0.1 })
  const calls = [send(stand), send(stand, otherChannel), send(stand, channel, 'another.token')]
  expect(await outcomes(calls)).toEqual(['ok', 'ok', 'ok'])
  expect(discord.mostAtOnce).toBe(3)
  expect(await outcomes([send(stand, otherChannel)])).toEqual(['rate_limited'])
})

it('lets two routes wait for each other once Discord has named the same limit for both', async () => {
  const { stand, discord } = createLimitedStand(
    { limit: 1, windowSeconds: 2, latency: 0.05, bucket: () => 'shared-by-routes' },
    { maxWaitSeconds: 60 },
  )
  const read = async () =>
    await stand
      .bot()
      .getChannel(channel, stand.signal)
      .catch(() => undefined)
  await send(stand)
  stand.clock.pass(3)
  await read()
  stand.clock.pass(3)
  await Promise.all([send(stand), read(), send(stand), read()])
  expect(discord.tooMany).toBe(0)
  expect(discord.mostAtOnce).toBe(1)
})

it('brings calls together that wait for two routes of one limit, when the answers show that it is one', async () => {
  const { stand, discord } = createLimitedStand(
    { limit: 1, windowSeconds: 2, latency: 0.05, bucket: () => 'shared-by-routes' },
    { maxWaitSeconds: 60 },
  )
  const read = async () => await stand.bot().getChannel(channel, stand.signal)
  const calls = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? send(stand) : read()))
  expect(await outcomes(calls)).toEqual(Array.from({ length: 8 }, () => 'ok'))
  // Only the two first ones could not know.
  expect(discord.tooMany).toBeLessThanOrEqual(1)
})

it('keeps the limits of a route apart that has several, as deleting has', async () => {
  // https://github.com/discord/discord-api-docs/issues/1295
  const limited = (name: string, remaining: string, resetAfter: string) => (): Response =>
    answer('message.create.ok', {
      'X-RateLimit-Bucket': name,
      'X-RateLimit-Remaining': remaining,
      'X-RateLimit-Reset-After': resetAfter,
    })
  const stand = createStand(inTurn(limited('old', '1', '60'), limited('new', '0', '2'), limited('old', '0', '60')))
  for (let count = 0; count < 3; count++) await send(stand)
  await expect(send(stand)).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: 60 })
  // The third one waited for the new limit, and found the old one as it had been left.
  expect(times(stand)).toEqual([0, 0, 2])
})

it('brings every call to its end whatever names Discord gives to limits', async () => {
  let seed = 7
  const random = (max: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % max
  }
  const stand: Stand = createStand(
    async ({ method }) => {
      await stand.clock.wait(0.01 * (1 + random(9)))
      const headers = {
        'X-RateLimit-Bucket': `limit-${random(3)}`,
        'X-RateLimit-Remaining': `${random(3)}`,
        'X-RateLimit-Reset-After': '0.05',
      }
      if (method === 'DELETE') return new Response(null, { status: 204, headers })
      return json(fixture('message.create.ok').body, 200, headers)
    },
    { maxWaitSeconds: 600, maxWaiting: 1000 },
  )
  const bot = stand.bot()
  const { signal } = stand
  const routes = [
    async () => await send(stand),
    async () => await bot.getChannel(channel, signal),
    async () => await bot.deleteMessage(channel, '1', 'Spam', signal),
  ]
  const calls = Array.from({ length: 300 }, async () => await routes[random(3)]?.())
  expect(new Set(await outcomes(calls))).toEqual(new Set(['ok']))
})

it('refuses a call whose turn would come too late, at once, with the seconds, and without asking Discord', async () => {
  const { stand } = createLimitedStand({ limit: 1, windowSeconds: 30, latency: 0.05 }, { maxWaitSeconds: 10 })
  await send(stand)
  await expect(send(stand)).rejects.toMatchObject({ code: 'rate_limited', status: 429, retryAfterSeconds: 30 })
  expect(stand.received).toHaveLength(1)
})

it('never lets a call wait longer than was said, even behind others and behind an answer that does not come', async () => {
  const stand: Stand = createStand(
    async () => {
      await stand.clock.wait(1000)
      return json(fixture('message.create.ok').body)
    },
    { maxWaitSeconds: 10 },
  )
  const started = stand.clock.now()
  const first = send(stand)
  const ends: number[] = []
  const others = [send(stand), send(stand)].map(async (call) => {
    await expect(call).rejects.toMatchObject({ code: 'rate_limited' })
    ends.push(stand.clock.now() - started)
  })
  await Promise.all(others)
  expect(ends).toEqual([10, 10])
  await first
})

it('refuses calls when too many wait for the same limit', async () => {
  const { stand } = createLimitedStand(
    { limit: 1, windowSeconds: 1, latency: 0.05 },
    { maxWaiting: 3, maxWaitSeconds: 60 },
  )
  const results = await outcomes(Array.from({ length: 6 }, () => send(stand)))
  expect(results.filter((result) => result === 'overloaded').length).toBeGreaterThanOrEqual(2)
  expect(results.filter((result) => result === 'ok').length).toBeGreaterThanOrEqual(3)
})

it('lets the others go on when the one before them is cancelled while waiting', async () => {
  const { stand, discord } = createLimitedStand({ limit: 1, windowSeconds: 1, latency: 0.05 }, { maxWaitSeconds: 60 })
  const controller = new AbortController()
  const calls = [
    send(stand),
    stand.bot().createMessage(channel, plain, controller.signal),
    send(stand),
    stand.bot().createMessage(channel, plain, controller.signal),
    send(stand),
  ]
  controller.abort()
  expect(await outcomes(calls)).toEqual(['ok', 'cancelled', 'ok', 'cancelled', 'ok'])
  // Who leaves the queue makes nobody pass those before, nor miss the answer they wait for.
  expect(stand.clock.now() - 1_795_000_000).toBeLessThan(3)
  expect(discord.tooMany).toBe(0)
  expect(stand.received).toHaveLength(3)
})

it('waits as long as the body of a 429 says and sends the same request again, for Discord did nothing', async () => {
  const limited = json({ message: 'You are being rate limited.', retry_after: 1.25, global: false }, 429, {
    'Retry-After': '2',
    'X-RateLimit-Scope': 'user',
  })
  const stand = createStand(
    inTurn(
      () => limited,
      () => answer('message.create.ok'),
    ),
  )
  await expect(send(stand)).resolves.toMatchObject({ content: 'Hello from MCP' })
  expect(times(stand)).toEqual([0, 1.25])
  expect(stand.received[0]?.body).toBe(stand.received[1]?.body)
})

it('gives up after a few 429, however short their delays', async () => {
  const limited = (): Response => json({ retry_after: 0, global: false }, 429, { 'X-RateLimit-Scope': 'user' })
  const stand = createStand(limited)
  await expect(send(stand)).rejects.toMatchObject({ code: 'rate_limited' })
  expect(stand.received).toHaveLength(4)
})

it.each([
  ['rl.user', 65],
  ['rl.shared', 1337],
  ['rl.global', 65],
] as const)('answers %s with its seconds when they are more than a caller waits', async (name, seconds) => {
  const stand = createStand(() => answer(name))
  await expect(send(stand)).rejects.toMatchObject({ code: 'rate_limited', retryAfterSeconds: seconds })
  await expect(send(stand)).rejects.toMatchObject({ code: 'rate_limited' })
  // The second call was not even sent.
  expect(stand.received).toHaveLength(1)
})

it('holds back every route of a token after a global 429, and no other token', async () => {
  const stand = createStand(
    inTurn(
      () => answer('rl.global'),
      () => answer('channel.ok'),
    ),
  )
  await expect(send(stand)).rejects.toMatchObject({ code: 'rate_limited' })
  await expect(stand.bot().getChannel(otherChannel, stand.signal)).rejects.toMatchObject({ code: 'rate_limited' })
  expect(stand.received).toHaveLength(1)
  await expect(stand.bot('another.token').getChannel(otherChannel, stand.signal)).resolves.toBeDefined()
  stand.clock.pass(65)
  await expect(stand.bot().getChannel(otherChannel, stand.signal)).resolves.toBeDefined()
})

it('holds back one channel after a 429 of one route, and not the next channel', async () => {
  const stand = createStand(
    inTurn(
      () => answer('rl.user'),
      () => answer('message.create.ok'),
    ),
  )
  await expect(send(stand)).rejects.toMatchObject({ code: 'rate_limited' })
  await expect(send(stand, otherChannel)).resolves.toBeDefined()
})

it.each(['rl.cloudflare.json', 'rl.cloudflare.text'] as const)(
  'stops everything for a minute after the block %s, which is about the address',
  async (name) => {
    const stand = createStand(
      inTurn(
        () => answer(name),
        () => answer('message.create.ok'),
      ),
    )
    await expect(send(stand)).rejects.toMatchObject({ code: 'blocked', status: 503, retryAfterSeconds: 60 })
    await expect(send(stand, otherChannel, 'another.token')).rejects.toMatchObject({ code: 'blocked' })
    expect(stand.received).toHaveLength(1)
    stand.clock.pass(60)
    await expect(send(stand)).resolves.toBeDefined()
  },
)

it('does not try a token again that Discord refused, until some minutes later', async () => {
  const stand = createStand(
    inTurn(
      () => answer('api.401'),
      () => answer('message.create.ok'),
    ),
  )
  await expect(send(stand)).rejects.toMatchObject({ code: 'token_refused', retryAfterSeconds: 300 })
  stand.clock.pass(100)
  await expect(send(stand, otherChannel)).rejects.toMatchObject({ code: 'token_refused', retryAfterSeconds: 200 })
  expect(stand.received).toHaveLength(1)
  await expect(send(stand, channel, 'another.token')).resolves.toBeDefined()
  stand.clock.pass(200)
  await expect(send(stand)).resolves.toBeDefined()
})

it('sends none of the calls that were waiting when the token was refused', async () => {
  const stand: Stand = createStand(async () => {
    await stand.clock.wait(0.1)
    return answer('api.401')
  })
  const results = await outcomes(Array.from({ length: 10 }, () => send(stand)))
  expect(results).toEqual(Array.from({ length: 10 }, () => 'token_refused'))
  expect(stand.received).toHaveLength(1)
})

it.each(['err.50013', 'rl.user'] as const)(
  'counts %s against the refusals of one token, and then stops asking',
  async (name) => {
    const stand = createStand(() => answer(name), { invalidRequestsPerToken: 5 })
    for (let count = 0; count < 5; count++) await expect(send(stand, `${count + 1}`)).rejects.toBeDefined()
    await expect(send(stand, '99')).rejects.toMatchObject({ code: 'invalid_requests', status: 503 })
    expect(stand.received).toHaveLength(5)
    // Somebody else's bot still may.
    await expect(send(stand, '99', 'another.token')).rejects.not.toMatchObject({ code: 'invalid_requests' })
    stand.clock.pass(660)
    await expect(send(stand, '100')).rejects.not.toMatchObject({ code: 'invalid_requests' })
  },
)

it('stops all bots together well before Discord shuts the address out', async () => {
  const stand = createStand(() => answer('err.50013'), { invalidRequests: 10, invalidRequestsPerToken: 4 })
  for (let count = 0; count < 10; count++)
    await expect(send(stand, channel, `token.${count}`)).rejects.toMatchObject({ code: 'missing_permission' })
  const refused = send(stand, channel, 'token.of-somebody-new')
  await expect(refused).rejects.toMatchObject({ code: 'invalid_requests' })
  await expect(refused).rejects.toSatisfy(
    ({ retryAfterSeconds }) => retryAfterSeconds >= 600 && retryAfterSeconds <= 660,
  )
  expect(stand.received).toHaveLength(10)
})

it('counts neither what Discord does not count, nor what went well', async () => {
  const harmless = ['rl.shared', 'err.10003', 'err.50035.contentTooLong', 'message.create.ok', 'api.502'] as const
  const handlers = harmless.map(
    (name): Handler =>
      () =>
        answer(name),
  )
  const stand = createStand(
    (request, signal) => {
      const handler = handlers[Number(request.url.pathname.split('/')[4]) % harmless.length]
      return handler?.(request, signal) ?? json({})
    },
    { invalidRequestsPerToken: 1 },
  )
  for (let count = 1; count <= 10; count++) {
    const [result] = await outcomes([send(stand, `${count}`)])
    expect(result).not.toBe('invalid_requests')
  }
})

it('sends no more than fifty requests in any second with one token, and as many with another', async () => {
  const stand = createStand(() => answer('message.create.ok'), { maxWaitSeconds: 60 })
  await Promise.all(Array.from({ length: 170 }, (_, index) => send(stand, `${index + 1}`)))
  const sent = times(stand).toSorted((one, other) => one - other)
  expect(sent).toHaveLength(170)
  const spans = sent.slice(50).map((time, index) => time - (sent[index] ?? 0))
  expect(Math.min(...spans)).toBeGreaterThanOrEqual(0.999)
  expect(sent.at(-1)).toBeLessThan(4)
})

it('asks again once for an answer that was lost, after a pause', async () => {
  const broken: Handler = () => {
    throw new TypeError('fetch failed')
  }
  const stand = createStand(inTurn(broken, () => answer('message.create.ok')))
  await expect(send(stand)).resolves.toBeDefined()
  expect(times(stand)).toEqual([0, 0.5])
  const hopeless = createStand(broken)
  await expect(send(hopeless)).rejects.toMatchObject({ code: 'answer_lost' })
  expect(hopeless.received).toHaveLength(2)
})

it('never asks again for a lost answer to what must not happen twice', async () => {
  const stand = createStand(() => answer('api.502'))
  let attempts = 0
  const place = { route: 'POST x', resource: '1', target: 'POST x' }
  const call = { token: botToken, ...place, signal: stand.signal, isRepeatable: false }
  const result = await stand.traffic.run(call, () => {
    attempts++
    return Promise.resolve({ status: 502, headers: new Headers(), body: undefined })
  })
  expect(result.status).toBe(502)
  expect(attempts).toBe(1)
})
