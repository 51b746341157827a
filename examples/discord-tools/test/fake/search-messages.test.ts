/** What a bot finds in the fake. @module */
import { describe, expect, it } from 'vitest'
import type { FakeDiscordTools } from '../../src/fake/fake-discord-bot.ts'
import { fakeBotId, fakeChannelIds, fakeGuildIds, fakeUserIds } from '../../src/fake/ids.ts'
import { ask, createStillFake, idsOf } from './support.ts'

const path = `/guilds/${fakeGuildIds.testers}/messages/search`
const { fake } = createStillFake()
const { welcome, almostTwoWeeks, question, answer, muted, bot, secret, announcement, lounge } = fake.messages
const { general, moderators, announcements, directMessage, seedlings } = fakeChannelIds

/** Ids of the hits and how many there are in all. */
async function search(own: FakeDiscordTools, query: string): Promise<[unknown[], unknown]> {
  const [status, body] = await ask(own, path + query)
  expect(status).toBe(200)
  const { messages, total_results } = body as {
    readonly messages: readonly unknown[][]
    readonly total_results: unknown
  }
  expect(messages.every((hit) => hit.length === 1)).toBe(true)
  return [idsOf(messages.flat()), total_results]
}

describe('a search', () => {
  it('answers with one message in each list, marked as a hit', async () => {
    expect(await ask(fake, `${path}?content=friday`)).toMatchObject([
      200,
      {
        doing_deep_historical_index: false,
        documents_indexed: null,
        total_results: 1,
        messages: [[{ id: answer, content: 'The release is on Friday.', hit: true }]],
      },
    ])
  })

  it.each([
    ['?content=release', [secret, answer, question]],
    ['?content=RELEASE%20is', [answer, question]],
    ['?content=releas', []],
    [`?content=release&channel_id=${general}`, [answer, question]],
    [`?content=release&channel_id=${general}&channel_id=${moderators}`, [secret, answer, question]],
    [`?author_id=${fakeUserIds.marvin}`, [muted]],
    [`?author_id=${fakeUserIds.marvin}&author_id=${fakeBotId}`, [bot, muted]],
    [`?channel_id=${general}&max_id=${question}`, [almostTwoWeeks, welcome]],
    [`?channel_id=${general}&min_id=${muted}`, [bot]],
    [`?channel_id=${general}&max_id=${question}&sort_order=asc&slop=3`, [welcome, almostTwoWeeks]],
  ])('for %s finds these, newest first', async (query, expected) => {
    expect(await search(fake, query)).toEqual([expected, expected.length])
  })

  it('is paged by limit and offset, and counts all', async () => {
    expect(await search(fake, `?channel_id=${general}&limit=2`)).toEqual([[bot, muted], 6])
    expect(await search(fake, `?channel_id=${general}&limit=2&offset=5`)).toEqual([[welcome], 6])
  })

  it('finds nothing in DMs or other servers', async () => {
    expect(await search(fake, '?content=private')).toEqual([[], 0])
    expect(await search(fake, '?content=tomatoes')).toEqual([[], 0])
    for (const id of [directMessage, seedlings, '1']) {
      expect(await ask(fake, `${path}?channel_id=${id}`)).toMatchObject([404, { code: 10_003 }])
    }
  })

  it('names the threads of its hits', async () => {
    const [, body] = await ask(fake, `${path}?content=thanks`)
    expect(body).toMatchObject({ threads: [{ id: fakeChannelIds.thread, parent_id: general }], total_results: 1 })
    expect((await ask(fake, `${path}?content=friday`))[1]).not.toHaveProperty('threads')
  })

  it('is told to come again while there is no index', async () => {
    const { fake: own } = createStillFake({ settings: { searchesToIndex: 2, searchRetryAfter: 0 } })
    const notYet = [
      202,
      { message: 'Index not yet available. Try again later', code: 110_000, documents_indexed: 0, retry_after: 0 },
    ]
    expect(await ask(own, path)).toEqual(notYet)
    expect(await ask(own, path)).toEqual(notYet)
    expect(await ask(own, path)).toMatchObject([200, {}])
  })

  it('needs READ_MESSAGE_HISTORY in the server', async () => {
    const { fake: own } = createStillFake()
    for (const role of own.world.guilds.get(fakeGuildIds.testers)?.roles.values() ?? [])
      role.permissions &= ~(1n << 16n)
    expect(await ask(own, path)).toEqual([403, { message: 'Missing Permissions', code: 50_013 }])
  })

  it('leaves out channels the bot may not see or read back, and is refused where it names a hidden one', async () => {
    const { fake: own } = createStillFake()
    own.setOverwrite(moderators, { id: fakeBotId, type: 'member', allow: 0n, deny: 1n << 10n })
    own.setOverwrite(announcements, { id: fakeBotId, type: 'member', allow: 0n, deny: 1n << 16n })
    expect(await search(own, '?content=release')).toEqual([[own.messages.answer, own.messages.question], 2])
    expect(await search(own, '?content=version')).toEqual([[], 0])
    expect(await search(fake, '?content=version')).toEqual([[announcement], 1])
    expect(await ask(own, `${path}?channel_id=${moderators}`)).toMatchObject([403, { code: 50_001 }])
  })

  it('without the intent neither shows nor finds what others wrote', async () => {
    const { fake: own } = createStillFake()
    for (const each of own.world.bots.values()) each.messageContent = false
    expect(await search(own, '?content=release')).toEqual([[], 0])
    expect(await search(own, '?content=bot')).toEqual([[own.messages.bot], 1])
    expect(await ask(own, `${path}?channel_id=${fakeChannelIds.lounge}`)).toMatchObject([
      200,
      { messages: [[{ id: own.messages.lounge, content: '' }]] },
    ])
    expect(await search(fake, '?content=anyone')).toEqual([[lounge], 1])
  })

  it.each([
    ['?limit=26', 'limit', 'NUMBER_TYPE_MAX'],
    ['?limit=0', 'limit', 'NUMBER_TYPE_MIN'],
    ['?offset=9976', 'offset', 'NUMBER_TYPE_MAX'],
    [`?content=${'x'.repeat(1025)}`, 'content', 'BASE_TYPE_MAX_LENGTH'],
    ['?sort_order=up', 'sort_order', 'BASE_TYPE_CHOICES'],
    [`?${'author_id=1&'.repeat(101)}`, 'author_id', 'BASE_TYPE_MAX_LENGTH'],
  ])('for %s is refused', async (query, field, code) => {
    expect(await ask(fake, path + query)).toMatchObject([400, { errors: { [field]: { _errors: [{ code }] } } }])
  })

  it('takes several channels as a repeated parameter only', async () => {
    expect(await ask(fake, `${path}?channel_id=${general},${moderators}`)).toMatchObject([
      400,
      { errors: { channel_id: { 0: { _errors: [{ code: 'NUMBER_TYPE_COERCE' }] } } } },
    ])
  })

  it('says so when it does not play a filter, instead of ignoring it', async () => {
    expect(await ask(fake, `${path}?has=link`)).toMatchObject([501, {}])
  })

  it('is not possible in a server without the bot', async () => {
    expect(await ask(fake, `/guilds/${fakeGuildIds.gardenClub}/messages/search`)).toMatchObject([403, { code: 50_001 }])
    expect(await ask(fake, '/guilds/1/messages/search')).toMatchObject([404, { code: 10_004 }])
  })
})
