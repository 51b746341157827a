/**
 * Who may do what, worked out once more for the fake: a mistake in the client must not be repeated by its judge.
 * @see [Permissions](https://docs.discord.com/developers/topics/permissions)
 * @module
 */
import type { FakeChannel, FakeDiscordWorld, FakeGuild, FakeMember, FakeOverwrite } from './state.ts'

/** Names of {@link fakePermissions}. */
export type FakePermissionName =
  | 'createInstantInvite'
  | 'administrator'
  | 'manageChannels'
  | 'addReactions'
  | 'viewChannel'
  | 'sendMessages'
  | 'sendTextToSpeech'
  | 'manageMessages'
  | 'embedLinks'
  | 'attachFiles'
  | 'readMessageHistory'
  | 'mentionEveryone'
  | 'connect'
  | 'manageThreads'
  | 'sendMessagesInThreads'
  | 'bypassSlowMode'

/** Bits of the permissions that the fake looks at. */
export const fakePermissions: Readonly<Record<FakePermissionName, bigint>> = {
  createInstantInvite: 1n << 0n,
  administrator: 1n << 3n,
  manageChannels: 1n << 4n,
  addReactions: 1n << 6n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  sendTextToSpeech: 1n << 12n,
  manageMessages: 1n << 13n,
  embedLinks: 1n << 14n,
  attachFiles: 1n << 15n,
  readMessageHistory: 1n << 16n,
  mentionEveryone: 1n << 17n,
  connect: 1n << 20n,
  manageThreads: 1n << 34n,
  sendMessagesInThreads: 1n << 38n,
  bypassSlowMode: 1n << 52n,
}

/** Every permission there is. */
export const allFakePermissions: bigint = (1n << 53n) - 1n

/** What is left to someone who is timed out. */
const timedOutPermissions = fakePermissions.viewChannel | fakePermissions.readMessageHistory

/** What somebody may do in the whole server; nothing when not a member. */
export function permissionsInGuild(world: FakeDiscordWorld, guild: FakeGuild, userId: string): bigint {
  const member = guild.members.get(userId)
  if (member === undefined) return 0n
  const granted = grantedByRoles(guild, member)
  return hasEverything(granted) ? allFakePermissions : limitTimedOut(world, member, granted)
}

/** What somebody may do in a channel, a thread or a DM; nothing where it is not seen. */
export function permissionsInChannel(world: FakeDiscordWorld, channel: FakeChannel, userId: string): bigint {
  if (channel.guildId === undefined) return channel.participants.has(userId) ? allFakePermissions : 0n
  const guild = world.guilds.get(channel.guildId)
  const member = guild?.members.get(userId)
  if (guild === undefined || member === undefined) return 0n
  const granted = grantedByRoles(guild, member)
  if (hasEverything(granted)) return allFakePermissions
  const parent = isThread(channel) && channel.parentId !== null ? world.channels.get(channel.parentId) : channel
  const permitted = limitTimedOut(world, member, applyOverwrites(granted, parent?.overwrites, guild.id, member))
  if ((permitted & fakePermissions.viewChannel) === 0n) return 0n
  return isHiddenThread(channel, userId, permitted) ? 0n : permitted
}

/** Whether all of `needed` is among `permissions`. */
export function permits(permissions: bigint, needed: bigint): boolean {
  return (permissions & needed) === needed
}

/** Whether a channel is a thread. */
export function isThread({ type }: FakeChannel): boolean {
  return type === 11 || type === 12
}

/** Writing needs another permission in a thread, and seeing in any place. */
export function mayWrite(channel: FakeChannel, permissions: bigint): boolean {
  const { viewChannel, sendMessages, sendMessagesInThreads, connect } = fakePermissions
  const needed = isThread(channel) ? sendMessagesInThreads : sendMessages
  return permits(permissions, viewChannel | needed | (channel.type === 2 ? connect : 0n))
}

function grantedByRoles(guild: FakeGuild, member: FakeMember): bigint {
  if (guild.ownerId === member.userId) return allFakePermissions
  const ids = [guild.id, ...member.roles]
  return ids.reduce((sum, id) => sum | (guild.roles.get(id)?.permissions ?? 0n), 0n)
}

function hasEverything(granted: bigint): boolean {
  return permits(granted, fakePermissions.administrator)
}

/** All overwrites of the member's roles count as one, whatever their position: what one denies and another allows is allowed. */
function applyOverwrites(
  granted: bigint,
  overwrites: ReadonlyMap<string, FakeOverwrite> | undefined,
  guildId: string,
  member: FakeMember,
): bigint {
  const levels = [[guildId], member.roles, [member.userId]]
  return levels.reduce((permissions, ids) => {
    const present = ids.flatMap((id) => overwrites?.get(id) ?? [])
    const denied = present.reduce((sum, { deny }) => sum | deny, 0n)
    const allowed = present.reduce((sum, { allow }) => sum | allow, 0n)
    return (permissions & ~denied) | allowed
  }, granted)
}

function limitTimedOut(world: FakeDiscordWorld, member: FakeMember, permissions: bigint): bigint {
  const isTimedOut = member.timedOutUntil !== undefined && member.timedOutUntil > world.now()
  return isTimedOut ? permissions & timedOutPermissions : permissions
}

function isHiddenThread(channel: FakeChannel, userId: string, permissions: bigint): boolean {
  if (channel.type !== 12 || channel.participants.has(userId)) return false
  return !permits(permissions, fakePermissions.manageThreads)
}
