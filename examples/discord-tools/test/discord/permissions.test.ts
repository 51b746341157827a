import { describe, expect, it } from 'vitest'
import type { DiscordChannel, DiscordGuild, DiscordMember } from '../../src/discord/objects.ts'
import {
  computePermissions,
  isPrivateThread,
  isThread,
  missingPermissions,
  type PermissionName,
  permissionBits,
} from '../../src/discord/permissions.ts'

const [guildId, nelly, owner, role, otherRole] = ['100', '200', '300', '401', '402']
const now = 1_795_000_000
const names = Object.keys(permissionBits) as PermissionName[]

const bits = (list: readonly PermissionName[]): string =>
  String(list.reduce((sum, name) => sum | permissionBits[name], 0n))

interface Case {
  readonly everyone?: readonly PermissionName[]
  readonly role?: readonly PermissionName[]
  readonly otherRole?: readonly PermissionName[]
  readonly holds?: readonly string[]
  readonly userId?: string
  readonly member?: Partial<DiscordMember>
  readonly type?: number
  readonly inThread?: boolean
  /** Id, type, allowed, denied. */
  readonly overwrites?: readonly (readonly [string, number, readonly PermissionName[], readonly PermissionName[]])[]
}

const usual = ['VIEW_CHANNEL', 'SEND_MESSAGES', 'READ_MESSAGE_HISTORY'] as const

/** Names of the permissions that come out. */
function compute(one: Case): PermissionName[] {
  const guild: DiscordGuild = {
    id: guildId,
    owner_id: owner,
    roles: [
      { id: guildId, permissions: bits(one.everyone ?? usual) },
      { id: role, permissions: bits(one.role ?? []) },
      { id: otherRole, permissions: bits(one.otherRole ?? []) },
    ],
  }
  const channel: DiscordChannel = {
    id: '500',
    type: one.type ?? 0,
    guild_id: guildId,
    permission_overwrites: (one.overwrites ?? []).map(([id, type, allow, deny]) => ({
      id,
      type,
      allow: bits(allow),
      deny: bits(deny),
    })),
  }
  const member: DiscordMember = { roles: one.holds ?? [], ...one.member }
  const userId = one.userId ?? nelly
  const granted = computePermissions({ guild, userId, member, channel, inThread: one.inThread ?? false, now })
  return names.filter((name) => missingPermissions(granted, [name]).length === 0)
}

describe('the rights in the whole server', () => {
  it.each<[string, Case, readonly PermissionName[]]>([
    ['are those of @everyone', {}, usual],
    ['and of every role the member holds', { role: ['MANAGE_MESSAGES'], holds: [role] }, [...usual, 'MANAGE_MESSAGES']],
    ['and of no other', { role: ['MANAGE_MESSAGES'], otherRole: ['ADMINISTRATOR'], holds: ['999'] }, usual],
    ['are all for the owner', { everyone: [], userId: owner }, names],
    ['are all for administrators', { everyone: [], role: ['ADMINISTRATOR'], holds: [role] }, names],
    ['are none without VIEW_CHANNEL', { everyone: ['SEND_MESSAGES', 'READ_MESSAGE_HISTORY', 'MANAGE_MESSAGES'] }, []],
  ])('%s', (_, one, expected) => {
    expect(compute(one)).toEqual(names.filter((name) => expected.includes(name)))
  })
})

describe('overwrites of a channel', () => {
  const view = ['VIEW_CHANNEL'] as const
  const send = ['SEND_MESSAGES'] as const
  const without = (name: PermissionName): readonly PermissionName[] => usual.filter((other) => other !== name)
  it.each<[string, Case, readonly PermissionName[]]>([
    ['deny everyone', { overwrites: [[guildId, 0, [], send]] }, without('SEND_MESSAGES')],
    [
      'allow everyone',
      { everyone: ['VIEW_CHANNEL'], overwrites: [[guildId, 0, send, []]] },
      ['VIEW_CHANNEL', 'SEND_MESSAGES'],
    ],
    [
      'allow a role what everyone is denied',
      {
        holds: [role],
        overwrites: [
          [guildId, 0, [], send],
          [role, 0, send, []],
        ],
      },
      usual,
    ],
    [
      'deny a role what everyone is allowed',
      { holds: [role], overwrites: [[role, 0, [], send]] },
      without('SEND_MESSAGES'),
    ],
    [
      'let the allowance of one role beat the denial of another, whatever comes first',
      {
        holds: [role, otherRole],
        overwrites: [
          [otherRole, 0, view, []],
          [role, 0, [], view],
        ],
      },
      usual,
    ],
    [
      'let the denial of a member beat the allowance of a role',
      {
        holds: [role],
        overwrites: [
          [nelly, 1, [], send],
          [role, 0, send, []],
        ],
      },
      without('SEND_MESSAGES'),
    ],
    [
      'let the allowance of a member beat the denial of a role',
      {
        holds: [role],
        overwrites: [
          [nelly, 1, send, []],
          [role, 0, [], send],
        ],
      },
      usual,
    ],
    ['do not touch the owner', { userId: owner, overwrites: [[owner, 1, [], view]] }, names],
    [
      'do not touch administrators',
      {
        role: ['ADMINISTRATOR'],
        holds: [role],
        overwrites: [
          [role, 0, [], view],
          [nelly, 1, [], view],
        ],
      },
      names,
    ],
    ['of roles the member does not hold do not count', { overwrites: [[role, 0, ['MANAGE_MESSAGES'], view]] }, usual],
    ['of other members do not count', { overwrites: [['201', 1, ['MANAGE_MESSAGES'], view]] }, usual],
    [
      'of a role whose id is that of the member do not count',
      { overwrites: [[nelly, 0, ['MANAGE_MESSAGES'], view]] },
      usual,
    ],
    [
      'of a member whose id is that of the server do not count',
      { overwrites: [[guildId, 1, ['MANAGE_MESSAGES'], view]] },
      usual,
    ],
    ['cannot make an administrator', { overwrites: [[nelly, 1, ['ADMINISTRATOR'], []]] }, [...usual, 'ADMINISTRATOR']],
  ])('%s', (_, one, expected) => {
    expect(compute(one)).toEqual(names.filter((name) => expected.includes(name)))
  })
})

describe('what is denied without being said', () => {
  const speaking = ['MENTION_EVERYONE', 'ATTACH_FILES', 'EMBED_LINKS', 'SEND_TTS_MESSAGES'] as const
  it.each<[string, Case, readonly PermissionName[]]>([
    [
      'who cannot send, can mention nobody',
      { everyone: ['VIEW_CHANNEL', ...speaking, 'MANAGE_MESSAGES'] },
      ['VIEW_CHANNEL', 'MANAGE_MESSAGES'],
    ],
    [
      'who can send, can',
      { everyone: ['VIEW_CHANNEL', 'SEND_MESSAGES', ...speaking] },
      ['VIEW_CHANNEL', 'SEND_MESSAGES', ...speaking],
    ],
    [
      'in a thread SEND_MESSAGES does not count',
      { everyone: ['VIEW_CHANNEL', 'SEND_MESSAGES', ...speaking], inThread: true },
      ['VIEW_CHANNEL', 'SEND_MESSAGES'],
    ],
    [
      'in a thread SEND_MESSAGES_IN_THREADS does',
      { everyone: ['VIEW_CHANNEL', 'SEND_MESSAGES_IN_THREADS', ...speaking], inThread: true },
      ['VIEW_CHANNEL', 'SEND_MESSAGES_IN_THREADS', ...speaking],
    ],
    ['a voice channel needs CONNECT', { everyone: [...usual, 'MANAGE_MESSAGES'], type: 2 }, ['VIEW_CHANNEL']],
    ['so does a stage', { everyone: [...usual, 'MANAGE_MESSAGES'], type: 13 }, ['VIEW_CHANNEL']],
    ['with CONNECT a voice channel is like any', { everyone: [...usual, 'CONNECT'], type: 2 }, [...usual, 'CONNECT']],
  ])('%s', (_, one, expected) => {
    expect(compute(one)).toEqual(names.filter((name) => expected.includes(name)))
  })
})

describe('members who may not speak', () => {
  const everyone = [...usual, 'MANAGE_MESSAGES', 'MENTION_EVERYONE', 'SEND_MESSAGES_IN_THREADS'] as const
  const silent = ['VIEW_CHANNEL', 'READ_MESSAGE_HISTORY']
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('Z', '000+00:00')
  it.each<[string, Partial<DiscordMember>, boolean]>([
    ['timed out for a second more', { communication_disabled_until: at(now + 1) }, true],
    ['whose time-out ends now', { communication_disabled_until: at(now) }, false],
    ['whose time-out is over', { communication_disabled_until: at(now - 1) }, false],
    ['with a time-out nobody can read', { communication_disabled_until: 'tomorrow' }, true],
    ['with no time-out', { communication_disabled_until: null }, false],
    ['who have not agreed to the rules', { pending: true }, true],
    ['who have', { pending: false }, false],
  ])('%s', (_, member, isSilent) => {
    expect(compute({ everyone, member })).toEqual(
      names.filter((name) => (isSilent ? silent : [...everyone, '']).includes(name)),
    )
  })

  it('are neither owners nor administrators', () => {
    const member = { communication_disabled_until: at(now + 60) }
    expect(compute({ everyone: [], userId: owner, member })).toEqual(names)
    expect(compute({ everyone: ['ADMINISTRATOR'], member })).toEqual(names)
  })
})

it('knows threads by their type', () => {
  const types = Array.from({ length: 17 }, (_, type) => ({ id: '1', type }))
  expect(types.filter(isThread).map(({ type }) => type)).toEqual([10, 11, 12])
  expect(types.filter(isPrivateThread).map(({ type }) => type)).toEqual([12])
})

it('reads bit sets that are larger than the numbers of JavaScript', () => {
  const guild = { id: guildId, owner_id: owner, roles: [{ id: guildId, permissions: '9007199254744064' }] }
  const granted = computePermissions({
    guild,
    userId: nelly,
    member: { roles: [] },
    channel: { id: '1', type: 0 },
    now,
  })
  // 2^53 + 1024 + 2048: as a number, the small bits would survive and the sum would be off by the rounding.
  expect(granted).toBe(2n ** 53n + 1024n + 2048n)
})
