/** The fake's own calculation of permissions, against Discord's rules. @module */
import { describe, expect, it } from 'vitest'
import { createChannel } from '../../src/fake/channels.ts'
import { fakeBotId, fakeChannelIds, fakeGuildIds, fakeRoleIds, fakeUserIds } from '../../src/fake/ids.ts'
import { mayWrite, permissionsInChannel, permissionsInGuild } from '../../src/fake/permission-rules.ts'
import type { FakeChannel, FakeDiscordWorld, FakeGuild } from '../../src/fake/state.ts'
import { createStillFake, start } from './support.ts'

const administrator = 8n
const view = 1024n
const send = 2048n
const history = 65_536n
const everything = 2n ** 53n - 1n
const { clyde, nelly, rosie, marvin, tim, wumpus } = fakeUserIds

function channelOf(world: FakeDiscordWorld, id: string): FakeChannel {
  const channel = world.channels.get(id)
  if (channel === undefined) throw new TypeError(id)
  return channel
}

function testersOf(world: FakeDiscordWorld): FakeGuild {
  const guild = world.guilds.get(fakeGuildIds.testers)
  if (guild === undefined) throw new TypeError('no server')
  return guild
}

/** Which of seeing, writing and reading the history somebody may. */
function rightsIn(world: FakeDiscordWorld, channelId: string, userId: string): string {
  const channel = channelOf(world, channelId)
  const permissions = permissionsInChannel(world, channel, userId)
  const rights = [
    [(permissions & view) !== 0n, 'see'],
    [mayWrite(channel, permissions), 'write'],
    [(permissions & history) !== 0n, 'history'],
  ] as const
  return rights.flatMap(([has, name]) => (has ? [name] : [])).join(' ')
}

describe('the world the fake starts with', () => {
  const all = 'see write history'
  const { general, announcements, moderators, thread, directMessage, seedlings, lounge } = fakeChannelIds

  it.each([
    [
      'the owner',
      clyde,
      { general: all, announcements: all, moderators: all, thread: all, lounge: all, directMessage: '', seedlings: '' },
    ],
    [
      'a moderator',
      nelly,
      {
        general: all,
        announcements: all,
        moderators: all,
        thread: all,
        lounge: all,
        directMessage: all,
        seedlings: all,
      },
    ],
    [
      'a member',
      rosie,
      {
        general: all,
        announcements: 'see history',
        moderators: '',
        thread: all,
        lounge: all,
        directMessage: '',
        seedlings: '',
      },
    ],
    [
      'a muted member',
      marvin,
      {
        general: 'see history',
        announcements: 'see history',
        moderators: '',
        thread: all,
        lounge: all,
        directMessage: '',
        seedlings: '',
      },
    ],
    [
      'a member with a time-out',
      tim,
      {
        general: 'see history',
        announcements: 'see history',
        moderators: '',
        thread: 'see history',
        lounge: 'see history',
        directMessage: '',
        seedlings: '',
      },
    ],
    [
      'somebody else',
      wumpus,
      { general: '', announcements: '', moderators: '', thread: '', lounge: '', directMessage: '', seedlings: '' },
    ],
    [
      'the bot',
      fakeBotId,
      {
        general: all,
        announcements: all,
        moderators: all,
        thread: all,
        lounge: all,
        directMessage: all,
        seedlings: '',
      },
    ],
  ] as const)('gives %s the rights of the table', (_, userId, expected) => {
    const { world } = createStillFake().fake
    const ids = { general, announcements, moderators, thread, lounge, directMessage, seedlings }
    const rights = Object.entries(ids).map(([name, id]) => [name, rightsIn(world, id, userId)])
    expect(Object.fromEntries(rights)).toEqual(expected)
  })
})

describe('permissions', () => {
  it('are all of them for the owner and for administrators, whatever is denied and in a time-out too', () => {
    const { fake } = createStillFake()
    const { world } = fake
    fake.setOverwrite(fakeChannelIds.general, { id: clyde, type: 'member', allow: 0n, deny: everything })
    fake.setOverwrite(fakeChannelIds.general, { id: nelly, type: 'member', allow: 0n, deny: everything })
    fake.timeOut(clyde, start + 60)
    fake.timeOut(nelly, start + 60)
    const general = channelOf(world, fakeChannelIds.general)
    expect(permissionsInChannel(world, general, clyde)).toBe(everything)
    expect(permissionsInChannel(world, general, nelly)).toBe(0n)
    const moderator = testersOf(world).roles.get(fakeRoleIds.moderator)
    if (moderator !== undefined) moderator.permissions = administrator
    expect(permissionsInChannel(world, general, nelly)).toBe(everything)
    expect(permissionsInGuild(world, testersOf(world), nelly)).toBe(everything)
  })

  it('denied by one role and allowed by another are allowed', () => {
    const { fake } = createStillFake()
    fake.setRoles(marvin, [fakeRoleIds.muted, fakeRoleIds.moderator])
    fake.setOverwrite(fakeChannelIds.general, { id: fakeRoleIds.moderator, type: 'role', allow: send, deny: 0n })
    expect(rightsIn(fake.world, fakeChannelIds.general, marvin)).toBe('see write history')
  })

  it('of a member win over those of its roles, which win over those of @everyone', () => {
    const { fake } = createStillFake()
    const { general } = fakeChannelIds
    fake.setOverwrite(general, { id: fakeGuildIds.testers, type: 'role', allow: 0n, deny: view })
    expect(rightsIn(fake.world, general, nelly)).toBe('')
    fake.setOverwrite(general, { id: fakeRoleIds.moderator, type: 'role', allow: view, deny: 0n })
    expect(rightsIn(fake.world, general, nelly)).toBe('see write history')
    fake.setOverwrite(general, { id: nelly, type: 'member', allow: history, deny: view | history | send })
    expect(rightsIn(fake.world, general, nelly)).toBe('')
    fake.setOverwrite(general, { id: nelly, type: 'member', allow: view, deny: view | send })
    expect(rightsIn(fake.world, general, nelly)).toBe('see history')
  })

  it('of a role that somebody lost, or that is gone, count no more', () => {
    const { fake } = createStillFake()
    fake.setRoles(nelly, [])
    expect(rightsIn(fake.world, fakeChannelIds.moderators, nelly)).toBe('')
    fake.setRoles(nelly, [fakeRoleIds.moderator])
    testersOf(fake.world).roles.delete(fakeRoleIds.moderator)
    expect(permissionsInGuild(fake.world, testersOf(fake.world), nelly)).toBe(274_879_073_345n)
  })

  it('in a time-out are to see and to read, until it ends', () => {
    const { fake, wait } = createStillFake()
    expect(permissionsInGuild(fake.world, testersOf(fake.world), tim)).toBe(view | history)
    wait(3600)
    expect(rightsIn(fake.world, fakeChannelIds.general, tim)).toBe('see write history')
  })

  it('in a thread are those in its channel, except that writing has its own', () => {
    const { fake } = createStillFake()
    fake.setOverwrite(fakeChannelIds.general, { id: rosie, type: 'member', allow: 0n, deny: 1n << 38n })
    expect(rightsIn(fake.world, fakeChannelIds.thread, rosie)).toBe('see history')
    fake.setOverwrite(fakeChannelIds.general, { id: rosie, type: 'member', allow: 0n, deny: send })
    expect(rightsIn(fake.world, fakeChannelIds.thread, rosie)).toBe('see write history')
    fake.setOverwrite(fakeChannelIds.general, { id: rosie, type: 'member', allow: 0n, deny: view })
    expect(rightsIn(fake.world, fakeChannelIds.thread, rosie)).toBe('')
  })

  it('in a private thread are nothing but for who is in it or manages threads', () => {
    const { fake } = createStillFake()
    const { general } = fakeChannelIds
    const secret = createChannel('9', 'secret', { type: 12, parentId: general, participants: [rosie] })
    fake.world.channels.set(secret.id, secret)
    expect(rightsIn(fake.world, '9', rosie)).toBe('see write history')
    expect(rightsIn(fake.world, '9', nelly)).toBe('')
    fake.setOverwrite(general, { id: nelly, type: 'member', allow: 1n << 34n, deny: 0n })
    expect(rightsIn(fake.world, '9', nelly)).toBe('see write history')
  })

  it('of the bot are exactly those it was given', () => {
    const { fake } = createStillFake()
    fake.setBotPermissions(view | history)
    expect(permissionsInChannel(fake.world, channelOf(fake.world, fakeChannelIds.general), fakeBotId)).toBe(
      view | history,
    )
    expect(rightsIn(fake.world, fakeChannelIds.thread, fakeBotId)).toBe('see history')
    fake.setBotPermissions(view | send)
    expect(rightsIn(fake.world, fakeChannelIds.moderators, fakeBotId)).toBe('see write')
  })
})
