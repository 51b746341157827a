/** What the fake lets a bot read. @module */
import { describe, expect, it } from 'vitest'
import { fakeBotId, fakeChannelIds, fakeUserIds } from '../../src/fake/ids.ts'
import { ask, createStillFake, idsOf } from './support.ts'

const general = `/channels/${fakeChannelIds.general}/messages`
const { fake } = createStillFake()
const { welcome, almostTwoWeeks, question, answer, muted, bot } = fake.messages

async function list(query: string): Promise<unknown[]> {
  const [status, messages] = await ask(fake, `${general}${query}`)
  expect(status).toBe(200)
  return idsOf(messages)
}

describe('the messages of a channel', () => {
  it('come newest first, with their time in id and timestamp', async () => {
    expect(await list('')).toEqual([bot, muted, answer, question, almostTwoWeeks, welcome])
    expect(await ask(fake, `${general}?limit=1`)).toMatchObject([
      200,
      [
        {
          id: bot,
          type: 0,
          content: 'I am a bot.',
          author: { id: fakeBotId, bot: true },
          channel_id: fakeChannelIds.general,
          timestamp: '2026-11-21T11:55:00.000000+00:00',
          mentions: [],
          mention_everyone: false,
        },
      ],
    ])
    // The documented way from an id to its time.
    expect(Number(BigInt(bot) >> 22n) + 1_420_070_400_000).toBe(Date.parse('2026-11-21T11:55:00Z'))
    expect(Number(BigInt(welcome) >> 22n) + 1_420_070_400_000).toBe(Date.parse('2026-11-01T12:00:00Z'))
  })

  it.each([
    ['?limit=2', [bot, muted]],
    [`?before=${answer}`, [question, almostTwoWeeks, welcome]],
    [`?before=${answer}&limit=1`, [question]],
    [`?after=${answer}`, [bot, muted]],
    [`?after=${welcome}&limit=2`, [question, almostTwoWeeks]],
    [`?around=${question}&limit=3`, [answer, question, almostTwoWeeks]],
    [`?around=${question}&limit=1`, [question]],
    [`?around=${bot}&limit=4`, [bot, muted, answer]],
    [`?before=${welcome}`, []],
  ])('are paged by %s, without the message itself', async (query, expected) => {
    expect(await list(query)).toEqual(expected)
  })

  it('are 50 unless told otherwise, and 100 at most', async () => {
    const { fake: own } = createStillFake({
      seed: ({ messages, issueId, now }) => {
        for (let index = 0; index < 120; index += 1) {
          const id = issueId(now() + index)
          const pings = { everyone: false, users: [], roles: [] }
          messages.set(id, {
            id,
            channelId: fakeChannelIds.lounge,
            authorId: fakeUserIds.rosie,
            content: 'x',
            type: 0,
            pings,
          })
        }
      },
    })
    const path = `/channels/${fakeChannelIds.lounge}/messages`
    expect(idsOf((await ask(own, path))[1])).toHaveLength(50)
    expect(idsOf((await ask(own, `${path}?limit=100`))[1])).toHaveLength(100)
  })

  it.each([
    ['?limit=0', 'limit', 'NUMBER_TYPE_MIN'],
    ['?limit=101', 'limit', 'NUMBER_TYPE_MAX'],
    ['?limit=many', 'limit', 'NUMBER_TYPE_COERCE'],
    ['?before=now', 'before', 'NUMBER_TYPE_COERCE'],
    ['?before=1&after=2', 'after', 'BASE_TYPE_EXCLUSIVE'],
  ])('are refused for %s', async (query, field, code) => {
    expect(await ask(fake, general + query)).toMatchObject([
      400,
      { code: 50_035, errors: { [field]: { _errors: [{ code }] } } },
    ])
  })

  it('are none without READ_MESSAGE_HISTORY, and that is no error', async () => {
    const { fake: own } = createStillFake()
    own.setBotPermissions(1n << 10n)
    expect(await ask(own, general)).toEqual([200, []])
    expect(await ask(own, `${general}/${own.messages.welcome}`)).toMatchObject([403, { code: 50_013 }])
  })

  it('are refused without VIEW_CHANNEL, in a voice channel without CONNECT, and in a category', async () => {
    const { fake: own } = createStillFake()
    own.setBotPermissions((1n << 10n) | (1n << 16n))
    expect(await ask(own, `/channels/${fakeChannelIds.lounge}/messages`)).toMatchObject([403, { code: 50_001 }])
    expect(await ask(own, `/channels/${fakeChannelIds.category}/messages`)).toMatchObject([400, { code: 50_024 }])
    own.setBotPermissions(1n << 16n)
    expect(await ask(own, general)).toMatchObject([403, { code: 50_001 }])
  })
})

describe('a message', () => {
  it('is found in its channel only', async () => {
    expect(await ask(fake, `${general}/${question}`)).toMatchObject([200, { content: 'When is the release?' }])
    expect(await ask(fake, `${general}/${fake.messages.secret}`)).toEqual([
      404,
      { message: 'Unknown Message', code: 10_008 },
    ])
  })

  it('has no content for a bot without the intent, unless it is its own, direct, or mentions the bot', async () => {
    const { fake: own } = createStillFake({
      seed: ({ bots, messages }) => {
        for (const each of bots.values()) each.messageContent = false
        for (const message of messages.values()) {
          if (message.content !== 'When is the release?') continue
          messages.set(message.id, { ...message, pings: { ...message.pings, users: [fakeBotId] } })
        }
      },
    })
    const [, messages] = await ask(own, general)
    const contents = Array.isArray(messages) ? messages.map(({ content }: { content: unknown }) => content) : []
    expect(contents).toEqual(['I am a bot.', '', '', 'When is the release?', '', ''])
    const direct = `/channels/${fakeChannelIds.directMessage}/messages`
    expect(await ask(own, direct)).toMatchObject([200, [{ content: 'Hello bot, this is private.' }]])
  })
})
