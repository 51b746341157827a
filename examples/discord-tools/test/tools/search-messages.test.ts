import { expect, it } from 'vitest'
import { createChannel } from '../../src/fake/channels.ts'
import {
  fakeChannelIds as channels,
  fakeBotId,
  fakeGuildIds as guilds,
  fakeUserIds as users,
} from '../../src/fake/ids.ts'
import { allFakePermissions, fakePermissions as permissions } from '../../src/fake/permission-rules.ts'
import type { FakeDiscordWorld } from '../../src/fake/state.ts'
import { createDesk } from './support/desk.ts'

const general = { channel_id: channels.general }

/** What is said with every search that finds nothing. */
const nothingFound = expect.stringMatching(/^Discord found no such messages.*READ_MESSAGE_HISTORY/)

const ids = (result: Record<string, unknown>): string[] =>
  Array.isArray(result['messages']) ? result['messages'].map((message: { id: string }) => message.id) : []

it('finds in a channel what a caller with the bot’s rights looks for, and counts it', async () => {
  const desk = createDesk()
  const { question, answer } = desk.fake.messages
  const result = await desk.call('search_messages', { ...general, content: 'release' })
  expect(result).toMatchObject({ status: 'found', total_results: 2 })
  expect(ids(result)).toEqual([answer, question])
})

it('finds in a whole server only what the user may read, and has Discord search nothing else', async () => {
  const desk = createDesk()
  const { question, answer, secret } = desk.fake.messages
  const everywhere = { guild_id: guilds.testers, content: 'release' }
  expect(ids(await desk.call('search_messages', everywhere))).toContain(secret)
  const forRosie = await desk.call('search_messages', everywhere, users.rosie)
  expect(ids(forRosie)).toEqual([answer, question])
  expect(forRosie).not.toHaveProperty('total_results')
  const asked = desk.fake
    .receivedOn('searchMessages')
    .at(-1)
    ?.query.filter(([name]) => name === 'channel_id')
  expect(asked?.map(([, id]) => id).toSorted()).toEqual([channels.general, channels.announcements, channels.lounge])
  expect(ids(await desk.call('search_messages', everywhere, users.nelly))).toContain(secret)
})

it('does not tell by an empty page that something stands where the user may not read', async () => {
  const desk = createDesk()
  // "party" stands only in the channel of the moderators.
  const pages = await Promise.all(
    ['party', 'nowhere'].map(
      async (content) =>
        await desk.call('search_messages', { guild_id: guilds.testers, content, limit: 1 }, users.rosie),
    ),
  )
  expect(pages[0]).toEqual(pages[1])
  const first = await desk.call(
    'search_messages',
    { guild_id: guilds.testers, content: 'release', limit: 1 },
    users.rosie,
  )
  expect(ids(first)).toEqual([desk.fake.messages.answer])
})

it('leaves out the channels that the bot cannot see, for which Discord would refuse the search', async () => {
  const desk = createDesk()
  desk.fake.setOverwrite(channels.announcements, {
    id: fakeBotId,
    type: 'member',
    allow: 0n,
    deny: permissions.viewChannel,
  })
  const everywhere = { guild_id: guilds.testers, content: 'release' }
  await expect(desk.call('search_messages', everywhere, users.rosie)).resolves.toMatchObject({ status: 'found' })
})

it('asks nothing of Discord for somebody who may read no channel', async () => {
  const desk = createDesk()
  for (const channel of desk.fake.world.channels.values()) {
    channel.overwrites.set(users.rosie, { id: users.rosie, type: 'member', allow: 0n, deny: allFakePermissions })
  }
  const result = await desk.call('search_messages', { guild_id: guilds.testers, content: 'release' }, users.rosie)
  expect(result).toEqual({ status: 'found', messages: [], note: nothingFound })
  expect(desk.asked()).not.toContain('searchMessages')
})

it('judges every hit by itself: one in a private thread is for its members', async () => {
  const thread = '197038439483310190'
  const desk = createDesk({
    fake: {
      seed: (world) => {
        world.channels.set(
          thread,
          createChannel(thread, 'plans', {
            type: 12,
            parentId: channels.general,
            participants: [users.rosie, fakeBotId],
          }),
        )
      },
    },
  })
  // Whether Discord searches the threads of a channel that was asked for is not documented. Here it does.
  const hit = { ...bareMessage(thread), content: 'release plans' }
  desk.fake.faults.fail('searchMessages', () => Response.json({ total_results: 1, messages: [[hit]] }), 2)
  expect(ids(await desk.call('search_messages', { ...general, content: 'release' }, users.rosie))).toEqual([hit.id])
  expect(ids(await desk.call('search_messages', { ...general, content: 'release' }, users.marvin))).toEqual([])
})

it('drops hits of another server, where the user’s roles mean nothing', async () => {
  const bot = { userId: fakeBotId, nick: null, roles: [], timedOutUntil: undefined }
  const seed = ({ guilds: all }: FakeDiscordWorld): void => void all.get(guilds.gardenClub)?.members.set(fakeBotId, bot)
  const desk = createDesk({ fake: { seed } })
  const hit = bareMessage(channels.seedlings)
  desk.fake.faults.fail('searchMessages', () => Response.json({ total_results: 1, messages: [[hit]] }), 1)
  const result = await desk.call('search_messages', { ...general, content: 'release' }, users.rosie)
  expect(result).toEqual({ status: 'found', messages: [], note: nothingFound })
})

it.each([channels.seedlings, channels.moderators, '1'])(
  'drops hits of the channel %s, which was not asked for',
  async (channel) => {
    const desk = createDesk()
    desk.fake.faults.fail(
      'searchMessages',
      () => Response.json({ total_results: 1, messages: [[bareMessage(channel)]] }),
      1,
    )
    const result = await desk.call('search_messages', { ...general, content: 'release' }, users.rosie)
    expect(result).toEqual({ status: 'found', messages: [], note: nothingFound })
  },
)

it.each(['41771983423143937', '404'])('answers for the server %s as for one that does not exist', async (guild) => {
  const desk = createDesk()
  const called = desk.call('search_messages', { guild_id: guild, content: 'x' }, users.rosie)
  await expect(called).rejects.toMatchObject({ code: 'unknown_guild', status: 404 })
})

it('says that the bot may lack the permission, where nothing is found, and not on a page after the last one', async () => {
  const desk = createDesk()
  desk.fake.setBotPermissions(permissions.viewChannel)
  const search = { ...general, content: 'release' }
  expect(await desk.call('search_messages', search)).toEqual({
    status: 'found',
    total_results: 0,
    messages: [],
    note: nothingFound,
  })
  expect(await desk.call('search_messages', { ...search, offset: 25 })).not.toHaveProperty('note')
  const able = createDesk()
  expect(await able.call('search_messages', search)).not.toHaveProperty('note')
})

it('waits for the index once', async () => {
  const desk = createDesk({ fake: { settings: { searchesToIndex: 1 } } })
  await expect(desk.call('search_messages', { ...general, content: 'release' })).resolves.toMatchObject({
    status: 'found',
  })
})

it('says that the index is not there, and when to ask again', async () => {
  const desk = createDesk({ fake: { settings: { searchesToIndex: 2, searchRetryAfter: 7 } } })
  expect(await desk.call('search_messages', { ...general, content: 'release' }, users.rosie)).toEqual({
    status: 'indexing',
    retry_after_seconds: 7,
    messages: [],
    note: 'Discord is still indexing this server. Search again in 7 seconds.',
  })
})

it('is for servers: conversations cannot be searched', async () => {
  const desk = createDesk()
  const search = { channel_id: channels.directMessage, content: 'private' }
  await expect(desk.call('search_messages', search, users.nelly)).rejects.toMatchObject({ code: 'only_in_servers' })
  await expect(desk.call('search_messages', search)).rejects.toMatchObject({ code: 'only_in_servers' })
})

it('searches the messages of one author', async () => {
  const desk = createDesk()
  const result = await desk.call('search_messages', { ...general, content: 'release', author_id: users.rosie })
  expect(ids(result)).toEqual([desk.fake.messages.question])
})

/** A message as Discord sends it, where only the place matters. */
function bareMessage(channelId: string): { id: string } {
  const author = { id: users.nelly, username: 'nelly' }
  return Object.assign(
    { id: '197038439483310999' },
    { channel_id: channelId, type: 0, author, content: 'x', timestamp: '2026-11-20T10:00:00.000000+00:00' },
  )
}
