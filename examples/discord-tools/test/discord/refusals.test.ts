import { describe, expect, it } from 'vitest'
import { createKnownRefusals } from '../../src/discord/known-refusals.ts'
import { type AnswerName, answer } from './support/answers.ts'
import { botToken, createStand, type Stand } from './support/bots.ts'

const channel = '41771983423143937'
const plain = { content: 'Hello', allowedMentions: { parse: [] } } as const

/** A Discord that refuses the channels below a thousand, and nothing else. */
function createRefusing(name: AnswerName = 'err.50001', limits: Parameters<typeof createStand>[1] = {}): Stand {
  return createStand(({ url }) => {
    const id = Number(url.pathname.split('/')[4])
    return answer(id < 1000 ? name : 'channel.ok')
  }, limits)
}

/** Looks at a channel for somebody; the code of the failure, or `ok`. */
async function look(stand: Stand, caller: string | undefined, channelId: string): Promise<string> {
  const looked = stand.bot(botToken, caller).getChannel(channelId, stand.signal)
  return await looked.then(
    () => 'ok',
    ({ code }) => String(code),
  )
}

describe('refusals by Discord, of callers who share a bot token,', () => {
  it('are counted for each: whoever collects them is stopped for ten minutes, and nobody else', async () => {
    const stand = createRefusing()
    const codes: string[] = []
    for (let id = 1; id <= 200; id += 1) codes.push(await look(stand, 'mallory', String(id)))
    expect(codes.filter((code) => code === 'missing_access')).toHaveLength(30)
    expect(codes.slice(30)).toEqual(Array.from({ length: 170 }, () => 'too_many_refusals'))
    expect(stand.received).toHaveLength(30)
    const stopped = stand.bot(botToken, 'mallory').getChannel(channel, stand.signal)
    await expect(stopped).rejects.toMatchObject({ code: 'too_many_refusals', status: 429 })
    await expect(stopped).rejects.toSatisfy(
      ({ retryAfterSeconds }) => retryAfterSeconds >= 600 && retryAfterSeconds <= 660,
    )
    expect(await look(stand, 'alice', channel)).toBe('ok')
    expect(await look(stand, undefined, channel)).toBe('ok')
    stand.clock.pass(660)
    expect(await look(stand, 'mallory', channel)).toBe('ok')
  })

  it('stop nobody who has none, also when several have collected all that a token may have', async () => {
    const stand = createRefusing()
    for (let id = 1; id <= 200; id += 1) await look(stand, `mallory ${id % 7}`, String(id))
    expect(stand.received).toHaveLength(200)
    expect(await look(stand, 'mallory 1', '201')).toBe('invalid_requests')
    for (let round = 0; round < 3; round += 1) expect(await look(stand, 'alice', channel)).toBe('ok')
    // One of one's own is a part in it.
    expect(await look(stand, 'bob', '202')).toBe('missing_access')
    expect(await look(stand, 'bob', channel)).toBe('invalid_requests')
    stand.clock.pass(660)
    expect(await look(stand, 'bob', channel)).toBe('ok')
  })

  it('cannot be collected faster by asking for everything at once', async () => {
    const stand: Stand = createStand(async () => {
      await stand.clock.wait(0.2)
      return answer('err.50001')
    })
    await Promise.all(Array.from({ length: 300 }, async (_, index) => await look(stand, 'mallory', String(index + 1))))
    // No more than are sent in the second in which the first answers come.
    expect(stand.received.length).toBeLessThanOrEqual(50)
    expect(await look(stand, 'alice', '999')).toBe('missing_access')
  })

  it.each([
    ['err.50013', 'rl.user', 'too_many_refusals'],
    ['rl.shared', 'err.10003', 'ok'],
  ] as const)('are %s and %s or not, as Discord counts them: %s', async (first, second, expected) => {
    const stand = createStand(
      ({ url }) => {
        const id = Number(url.pathname.split('/')[4])
        if (id > 1000) return answer('channel.ok')
        return answer(id % 2 === 0 ? first : second)
      },
      { invalidRequestsPerCaller: 6 },
    )
    for (let id = 1; id <= 6; id += 1) await look(stand, 'mallory', String(id))
    expect(await look(stand, 'mallory', channel)).toBe(expected)
  })

  it('of the bot token itself count for nobody: its owner is who has to act', async () => {
    const stand = createStand(() => answer('api.401'), { invalidRequestsPerCaller: 1, refusedTokenSeconds: 1 })
    for (let round = 0; round < 3; round += 1) {
      expect(await look(stand, 'alice', channel)).toBe('token_refused')
      stand.clock.pass(2)
    }
    expect(stand.received).toHaveLength(3)
  })

  it('are forgotten of those who called longest ago, when there are too many callers', async () => {
    const stand = createRefusing('err.50001', { invalidRequestsPerCaller: 1, maxCallers: 2 })
    for (const caller of ['one', 'two', 'three']) await look(stand, caller, `${caller.length}`)
    expect(await look(stand, 'three', channel)).toBe('too_many_refusals')
  })
})

describe('what Discord has refused a moment ago', () => {
  it.each([
    ['err.50001', 'missing_access'],
    ['err.50013', 'missing_permission'],
    ['err.10003', 'unknown_channel'],
    ['err.10004', 'unknown_guild'],
  ] as const)('is not asked again for half a minute, whoever asks: %s', async (name, code) => {
    const stand = createRefusing(name)
    for (const caller of ['alice', 'bob', 'alice']) expect(await look(stand, caller, '1')).toBe(code)
    expect(stand.received).toHaveLength(1)
    stand.clock.pass(30)
    expect(await look(stand, 'alice', '1')).toBe(code)
    expect(stand.received).toHaveLength(2)
  })

  it('is not asked by those either who were waiting for their turn', async () => {
    const stand: Stand = createStand(async () => {
      await stand.clock.wait(0.2)
      return answer('err.50001')
    })
    const codes = await Promise.all(Array.from({ length: 20 }, async () => await look(stand, 'alice', '1')))
    expect(new Set(codes)).toEqual(new Set(['missing_access']))
    expect(stand.received).toHaveLength(1)
  })

  it('is asked for another channel, with another method, and with another bot', async () => {
    const stand = createRefusing()
    expect(await look(stand, 'alice', '1')).toBe('missing_access')
    expect(await look(stand, 'alice', '2')).toBe('missing_access')
    await expect(stand.bot().createMessage('1', plain, stand.signal)).rejects.toMatchObject({ code: 'missing_access' })
    await expect(stand.bot('another.token').getChannel('1', stand.signal)).rejects.toBeDefined()
    expect(stand.received).toHaveLength(4)
  })

  it.each(['err.10008', 'err.50035.contentTooLong', 'err.50006'] as const)(
    'is asked again where the next answer may be another one: %s',
    async (name) => {
      const stand = createRefusing(name)
      const first = await look(stand, 'alice', '1')
      expect(await look(stand, 'alice', '1')).toBe(first)
      expect(stand.received).toHaveLength(2)
    },
  )

  it('is kept without what nobody needs, and within bounds', () => {
    const refusals = createKnownRefusals(2, 30)
    const body = { code: 50_001, message: 'SENTINEL' }
    const headers = new Headers({ 'X-RateLimit-Bucket': 'b' })
    for (const key of ['1', '2', '3']) refusals.note(key, { status: 403, headers, body }, 1000)
    expect(refusals.find('1', 1000)).toBeUndefined()
    expect(refusals.find('3', 1000)).toEqual({ status: 403, headers: new Headers(), body: { code: 50_001 } })
    expect(refusals.find('3', 1030)).toBeUndefined()
  })
})
