/** What the fake tells about bots, channels and servers. @module */
import { describe, expect, it } from 'vitest'
import { fakeBotId, fakeChannelIds, fakeGuildIds, fakeRoleIds, fakeUserIds } from '../../src/fake/ids.ts'
import { ask, createStillFake, idsOf } from './support.ts'

const missingAccess = [403, { message: 'Missing Access', code: 50_001 }]
const { fake } = createStillFake()

describe('the bot', () => {
  it('is a user with the mark of a bot', async () => {
    expect(await ask(fake, '/users/@me')).toMatchObject([
      200,
      { id: fakeBotId, username: 'mcp-bot', bot: true, global_name: null, email: null },
    ])
  })

  it('has an application, which shows the intent for message content and the redirect URIs', async () => {
    const { fake: own } = createStillFake({
      seed: ({ bots }) => {
        for (const bot of bots.values()) bot.redirectUris = ['https://mcp.example/auth/callback']
      },
    })
    const application = { id: own.clientId, redirect_uris: ['https://mcp.example/auth/callback'] }
    expect(await ask(own, '/applications/@me')).toMatchObject([
      200,
      { ...application, flags: 524_288, flags_new: '524288' },
    ])
    for (const bot of own.world.bots.values()) bot.messageContent = false
    expect(await ask(own, '/applications/@me')).toMatchObject([200, { ...application, flags: 0, flags_new: '0' }])
  })
})

describe('a channel', () => {
  it('of a server shows its overwrites as decimal numbers', async () => {
    expect(await ask(fake, `/channels/${fakeChannelIds.announcements}`)).toMatchObject([
      200,
      {
        id: fakeChannelIds.announcements,
        type: 5,
        guild_id: fakeGuildIds.testers,
        name: 'announcements',
        parent_id: fakeChannelIds.category,
        last_message_id: fake.messages.announcement,
        permission_overwrites: [
          { id: fakeRoleIds.everyone, type: 0, allow: '0', deny: '2048' },
          { id: fakeRoleIds.moderator, type: 0, allow: '2048', deny: '0' },
          { id: fakeRoleIds.bot, type: 0, allow: '2048', deny: '0' },
          { id: fakeRoleIds.muted, type: 0, allow: '0', deny: '2048' },
        ],
      },
    ])
  })

  it('that is a thread names its channel and has no overwrites', async () => {
    const [status, body] = await ask(fake, `/channels/${fakeChannelIds.thread}`)
    expect([status, body]).toMatchObject([200, { type: 11, parent_id: fakeChannelIds.general, message_count: 2 }])
    expect(body).not.toHaveProperty('permission_overwrites')
  })

  it('that is a DM names whom it is with and no server', async () => {
    const [status, body] = await ask(fake, `/channels/${fakeChannelIds.directMessage}`)
    expect([status, body]).toMatchObject([200, { type: 1, recipients: [{ id: fakeUserIds.nelly }] }])
    expect(body).not.toHaveProperty('guild_id')
  })

  it('that does not exist is unknown', async () => {
    expect(await ask(fake, '/channels/1')).toEqual([404, { message: 'Unknown Channel', code: 10_003 }])
  })

  it('of a server without the bot, or hidden from it, cannot be accessed', async () => {
    const { fake: own } = createStillFake()
    own.setOverwrite(fakeChannelIds.moderators, { id: fakeBotId, type: 'member', allow: 0n, deny: 1n << 10n })
    expect(await ask(own, `/channels/${fakeChannelIds.seedlings}`)).toEqual(missingAccess)
    expect(await ask(own, `/channels/${fakeChannelIds.moderators}`)).toEqual(missingAccess)
  })
})

describe('a thread', () => {
  it('has members, and no others', async () => {
    const path = `/channels/${fakeChannelIds.thread}/thread-members`
    expect(await ask(fake, `${path}/${fakeUserIds.rosie}`)).toMatchObject([200, { user_id: fakeUserIds.rosie }])
    expect(await ask(fake, `${path}/${fakeUserIds.marvin}`)).toMatchObject([404, { code: 10_007 }])
    expect(await ask(fake, `/channels/${fakeChannelIds.general}/thread-members/1`)).toMatchObject([
      400,
      { code: 50_024 },
    ])
  })
})

describe('a server', () => {
  const path = `/guilds/${fakeGuildIds.testers}`

  it('names its owner and its roles', async () => {
    expect(await ask(fake, path)).toMatchObject([
      200,
      { id: fakeGuildIds.testers, owner_id: fakeUserIds.clyde, roles: [{ id: fakeRoleIds.everyone }, {}, {}, {}] },
    ])
  })

  it('lists its roles, whose permissions are decimal numbers', async () => {
    expect(await ask(fake, `${path}/roles`)).toMatchObject([
      200,
      [
        { id: fakeRoleIds.everyone, name: '@everyone', permissions: '274879073345', position: 0, managed: false },
        { id: fakeRoleIds.moderator, name: 'moderator', permissions: '274879212609', mentionable: true },
        { id: fakeRoleIds.muted, name: 'muted', permissions: '0', mentionable: false },
        { id: fakeRoleIds.bot, name: 'mcp-bot', managed: true, tags: { bot_id: fakeBotId } },
      ],
    ])
  })

  it('lists its channels, also those hidden from the bot, and no threads', async () => {
    const { fake: own } = createStillFake()
    own.setOverwrite(fakeChannelIds.moderators, { id: fakeBotId, type: 'member', allow: 0n, deny: 1n << 10n })
    const { category, general, announcements, moderators, lounge } = fakeChannelIds
    const [, channels] = await ask(own, `${path}/channels`)
    expect(idsOf(channels)).toEqual([category, general, announcements, moderators, lounge])
  })

  it('knows its members, their roles and their time-outs', async () => {
    const { nelly, tim, wumpus } = fakeUserIds
    expect(await ask(fake, `${path}/members/${nelly}`)).toMatchObject([
      200,
      { nick: 'Nel', roles: [fakeRoleIds.moderator], communication_disabled_until: null, user: { username: 'nelly' } },
    ])
    expect(await ask(fake, `${path}/members/${tim}`)).toMatchObject([
      200,
      { roles: [], communication_disabled_until: '2026-11-21T13:00:00.000000+00:00' },
    ])
    expect(await ask(fake, `${path}/members/${fakeBotId}`)).toMatchObject([200, { user: { bot: true } }])
    expect(await ask(fake, `${path}/members/${wumpus}`)).toEqual([404, { message: 'Unknown Member', code: 10_007 }])
    expect(await ask(fake, `${path}/members/1`)).toEqual([404, { message: 'Unknown User', code: 10_013 }])
  })

  it('that the bot is not in cannot be accessed, and one that does not exist is unknown', async () => {
    for (const rest of ['', '/roles', '/channels', `/members/${fakeUserIds.nelly}`]) {
      expect(await ask(fake, `/guilds/${fakeGuildIds.gardenClub}${rest}`)).toEqual(missingAccess)
      expect(await ask(fake, `/guilds/1${rest}`)).toEqual([404, { message: 'Unknown Guild', code: 10_004 }])
    }
  })

  it('loses a member who leaves, and shows changed roles and time-outs at once', async () => {
    const { fake: own } = createStillFake()
    own.setRoles(fakeUserIds.rosie, [fakeRoleIds.muted])
    own.timeOut(fakeUserIds.tim, undefined)
    own.removeMember(fakeUserIds.nelly)
    expect(await ask(own, `${path}/members/${fakeUserIds.rosie}`)).toMatchObject([200, { roles: [fakeRoleIds.muted] }])
    expect(await ask(own, `${path}/members/${fakeUserIds.tim}`)).toMatchObject([
      200,
      { communication_disabled_until: null },
    ])
    expect(await ask(own, `${path}/members/${fakeUserIds.nelly}`)).toMatchObject([404, { code: 10_007 }])
    expect(() => own.setRoles(fakeUserIds.nelly, [])).toThrow('not a member')
  })
})
