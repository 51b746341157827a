import { describe, expect, it } from 'vitest'
import { createChannel } from '../../src/fake/channels.ts'
import {
  fakeChannelIds as channels,
  fakeBotId,
  fakeRoleIds as roles,
  fakeUserIds as users,
} from '../../src/fake/ids.ts'
import { fakePermissions as permissions } from '../../src/fake/permission-rules.ts'
import { createDesk, type Desk } from './support/desk.ts'

const unknown = '197038439483319999'
const privateThread = '197038439483310190'

/** The same call with every tool, on one channel. */
const attempts = [
  ['send_message', { content: 'Hello' }],
  ['get_messages', {}],
  ['get_channel_info', {}],
  ['search_messages', { content: 'release' }],
  ['moderate_content', { message_ids: ['175928847299117063'], reason: 'Spam' }],
] as const

/** What a caller can see of a failure. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return error instanceof Error ? Object.assign({ message: error.message }, error) : error
}

function createThreadDesk(): Desk {
  return createDesk({
    fake: {
      seed: ({ channels: all }) => {
        const options = { type: 12, parentId: channels.general, participants: [users.rosie, fakeBotId] } as const
        all.set(privateThread, createChannel(privateThread, 'plans', options))
      },
    },
  })
}

describe.each(attempts)('%s', (tool, params) => {
  const on = (channel: string): object => ({ ...params, channel_id: channel })

  it('answers for a channel the user cannot see exactly as for one that does not exist', async () => {
    const desk = createDesk()
    const missing = await failure(desk.call(tool, on(unknown), users.rosie))
    expect(missing).toMatchObject({ code: 'unknown_channel', status: 404 })
    const hidden = [channels.moderators, channels.directMessage, channels.seedlings]
    for (const channel of hidden) expect(await failure(desk.call(tool, on(channel), users.rosie))).toEqual(missing)
    // Whatever the bot was asked to do, it was not done.
    expect(new Set(desk.asked())).toEqual(new Set(['channel', 'guild', 'guildMember']))
  })

  it('answers so to somebody who is no member of the server', async () => {
    const desk = createDesk()
    const missing = await failure(desk.call(tool, on(unknown), users.wumpus))
    expect(missing).toMatchObject({ code: 'unknown_channel' })
    expect(await failure(desk.call(tool, on(channels.general), users.wumpus))).toEqual(missing)
    desk.fake.removeMember(users.nelly)
    expect(await failure(desk.call(tool, on(channels.general), users.nelly))).toEqual(missing)
  })

  it('answers so in a private thread to whom nobody has invited', async () => {
    const desk = createThreadDesk()
    const missing = await failure(desk.call(tool, on(unknown), users.marvin))
    expect(await failure(desk.call(tool, on(privateThread), users.marvin))).toEqual(missing)
    expect(await failure(desk.call(tool, on(privateThread), users.rosie))).not.toEqual(missing)
  })

  it.each(['getChannel', 'getGuild', 'getGuildMember'] as const)('does nothing when %s fails', async (call) => {
    const desk = createDesk()
    const route = { getChannel: 'channel', getGuild: 'guild', getGuildMember: 'guildMember' } as const
    desk.fake.faults.fail(route[call], '503', 9)
    await expect(desk.call(tool, on(channels.general), users.nelly)).rejects.toMatchObject({ code: 'unavailable' })
    expect(desk.asked().filter((asked) => !['channel', 'guild', 'guildMember'].includes(asked))).toEqual([])
  })
})

it.each([
  ['rosie may read general', users.rosie, 'get_messages', channels.general, undefined],
  ['rosie may write in general', users.rosie, 'send_message', channels.general, undefined],
  ['rosie may not write announcements', users.rosie, 'send_message', channels.announcements, ['SEND_MESSAGES']],
  ['but nelly, a moderator, may', users.nelly, 'send_message', channels.announcements, undefined],
  ['rosie may not delete', users.rosie, 'moderate_content', channels.general, ['MANAGE_MESSAGES']],
  ['marvin, who is muted, may read', users.marvin, 'get_messages', channels.general, undefined],
  ['but not write', users.marvin, 'send_message', channels.general, ['SEND_MESSAGES']],
  ['in a thread another permission counts, which marvin has', users.marvin, 'send_message', channels.thread, undefined],
  ['tim, who is timed out, may read', users.tim, 'get_messages', channels.general, undefined],
  ['but not write', users.tim, 'send_message', channels.general, ['SEND_MESSAGES']],
  ['nor write in threads', users.tim, 'send_message', channels.thread, ['SEND_MESSAGES_IN_THREADS']],
  ['clyde, the owner, may delete', users.clyde, 'moderate_content', channels.general, undefined],
  ['nelly may read her conversation with the bot', users.nelly, 'get_messages', channels.directMessage, undefined],
  ['and write in it', users.nelly, 'send_message', channels.directMessage, undefined],
] as const)('%s', async (_, user, tool, channel, missing) => {
  const desk = createDesk()
  const params = {
    get_messages: {},
    send_message: { content: 'Hello' },
    moderate_content: { message_ids: [desk.fake.messages.question], reason: 'Spam' },
  }
  const called = desk.call(tool, { channel_id: channel, ...params[tool] }, user)
  const outcome = await called.then(
    () => undefined,
    ({ code, permissions: lacking }) => ({ code, permissions: lacking }),
  )
  expect(outcome).toEqual(missing === undefined ? undefined : { code: 'user_permission', permissions: missing })
})

it('refuses on the very next call when a role is taken away', async () => {
  const desk = createDesk()
  const send = async () =>
    await desk.call('send_message', { channel_id: channels.announcements, content: 'News' }, users.nelly)
  await send()
  desk.fake.setRoles(users.nelly, [])
  await expect(send()).rejects.toMatchObject({ code: 'user_permission', permissions: ['SEND_MESSAGES'] })
  desk.fake.setRoles(users.nelly, [roles.moderator])
  await send()
  desk.fake.timeOut(users.nelly, desk.clock.now() + 60)
  await expect(send()).rejects.toMatchObject({ code: 'user_permission' })
})

it('needs READ_MESSAGE_HISTORY to read, where Discord would show an empty list', async () => {
  const desk = createDesk()
  desk.fake.setOverwrite(channels.general, {
    id: users.rosie,
    type: 'member',
    allow: 0n,
    deny: permissions.readMessageHistory,
  })
  const refused = { code: 'user_permission', permissions: ['READ_MESSAGE_HISTORY'] }
  await expect(desk.call('get_messages', { channel_id: channels.general }, users.rosie)).rejects.toMatchObject(refused)
  const search = { channel_id: channels.general, content: 'release' }
  await expect(desk.call('search_messages', search, users.rosie)).rejects.toMatchObject(refused)
  const reply = { channel_id: channels.general, content: 'Yes', reply_to: desk.fake.messages.question }
  await expect(desk.call('send_message', reply, users.rosie)).rejects.toMatchObject(refused)
  await expect(desk.call('send_message', { ...reply, reply_to: undefined }, users.rosie)).resolves.toBeDefined()
})

it.each([
  ['get_messages', {}],
  ['send_message', { content: 'Hello' }],
  ['search_messages', { content: 'release' }],
  ['moderate_content', { message_ids: ['175928847299117063'], reason: 'Spam' }],
] as const)(
  'names CONNECT to whom a voice channel is closed, and not what follows from it: %s',
  async (tool, params) => {
    const desk = createDesk()
    const deny = permissions.connect
    desk.fake.setOverwrite(channels.lounge, { id: users.rosie, type: 'member', allow: 0n, deny })
    const called = desk.call(tool, { channel_id: channels.lounge, ...params }, users.rosie)
    await expect(called).rejects.toMatchObject({ code: 'user_permission', permissions: ['CONNECT'] })
    // Whoever may join is told of the permission itself.
    const moderation = { channel_id: channels.lounge, message_ids: ['175928847299117063'], reason: 'Spam' }
    await expect(desk.call('moderate_content', moderation, users.marvin)).rejects.toMatchObject({
      permissions: ['MANAGE_MESSAGES'],
    })
  },
)

it('takes the rights in a thread from its channel: one of a hidden channel is hidden as well', async () => {
  const thread = '197038439483310191'
  const desk = createDesk({
    fake: {
      seed: ({ channels: all }) => {
        all.set(thread, createChannel(thread, 'plans', { type: 11, parentId: channels.moderators }))
      },
    },
  })
  const read = { channel_id: thread }
  await expect(desk.call('get_messages', read, users.rosie)).rejects.toMatchObject({ code: 'unknown_channel' })
  await expect(desk.call('get_messages', read, users.nelly)).resolves.toBeDefined()
})

it('lets moderators of threads into private ones', async () => {
  const desk = createThreadDesk()
  await expect(desk.call('get_messages', { channel_id: privateThread }, users.clyde)).resolves.toBeDefined()
})

it('gives callers who are nobody at Discord every right of the bot, and asks nothing more', async () => {
  const desk = createDesk()
  await desk.call('send_message', { channel_id: channels.moderators, content: 'Hello' })
  expect(desk.asked()).toEqual(['createMessage'])
})

it.each(['', '0', 'nelly', '../@me', '1/2'])('takes no %j for a user of Discord', async (user) => {
  const desk = createDesk()
  const actor = { subject: 'x', clientId: 'c', discordUserId: user }
  const called = desk.call('get_messages', { channel_id: channels.general }, undefined, { actor })
  await expect(called).rejects.toMatchObject({ code: 'unknown_channel' })
  expect(desk.asked()).not.toContain('listMessages')
})

it('does not take a channel of somebody else’s server for one of the user’s', async () => {
  const desk = createDesk()
  // Nelly owns the other server, but the bot is not in it.
  await expect(desk.call('get_messages', { channel_id: channels.seedlings }, users.nelly)).rejects.toMatchObject({
    code: 'unknown_channel',
  })
})
