/** What a member of a server may do in a channel, computed as Discord computes it. @module */
import type { DiscordChannel, DiscordGuild, DiscordMember, DiscordOverwrite } from './objects.ts'

/** Name of a permission, as Discord spells it. */
export type PermissionName =
  | 'ADMINISTRATOR'
  | 'VIEW_CHANNEL'
  | 'SEND_MESSAGES'
  | 'SEND_TTS_MESSAGES'
  | 'MANAGE_MESSAGES'
  | 'EMBED_LINKS'
  | 'ATTACH_FILES'
  | 'READ_MESSAGE_HISTORY'
  | 'MENTION_EVERYONE'
  | 'CONNECT'
  | 'MANAGE_THREADS'
  | 'SEND_MESSAGES_IN_THREADS'

/** The permissions that decide something here. @see [Bitwise permission flags](https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags) */
export const permissionBits: Readonly<Record<PermissionName, bigint>> = {
  ADMINISTRATOR: 1n << 3n,
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  SEND_TTS_MESSAGES: 1n << 12n,
  MANAGE_MESSAGES: 1n << 13n,
  EMBED_LINKS: 1n << 14n,
  ATTACH_FILES: 1n << 15n,
  READ_MESSAGE_HISTORY: 1n << 16n,
  MENTION_EVERYONE: 1n << 17n,
  CONNECT: 1n << 20n,
  MANAGE_THREADS: 1n << 34n,
  SEND_MESSAGES_IN_THREADS: 1n << 38n,
}

/** Every permission there is, and those that Discord will invent. */
const all: bigint = (1n << 64n) - 1n

/** What a member who may not speak keeps. */
const silent: bigint = permissionBits.VIEW_CHANNEL | permissionBits.READ_MESSAGE_HISTORY

/** What nobody has who cannot send messages. */
const needsSending: bigint =
  permissionBits.MENTION_EVERYONE |
  permissionBits.SEND_TTS_MESSAGES |
  permissionBits.ATTACH_FILES |
  permissionBits.EMBED_LINKS

/** Kinds of channels. @see [Channel types](https://docs.discord.com/developers/resources/channel#channel-object-channel-types) */
const kinds = { voice: 2, announcementThread: 10, publicThread: 11, privateThread: 12, stage: 13 }

/** Whether the channel is a thread, whose rights are those of the channel it belongs to. */
export function isThread(channel: DiscordChannel): boolean {
  return channel.type >= kinds.announcementThread && channel.type <= kinds.privateThread
}

/** Whether only invited members and moderators see the thread. */
export function isPrivateThread(channel: DiscordChannel): boolean {
  return channel.type === kinds.privateThread
}

/** Whether people talk there: what is written beside it is for those who may join. */
export function isVoice(channel: DiscordChannel): boolean {
  return channel.type === kinds.voice || channel.type === kinds.stage
}

/** What {@link computePermissions} judges by. */
export interface PermissionQuestion {
  readonly guild: DiscordGuild
  readonly userId: string
  readonly member: DiscordMember
  /** The channel; for a thread, the channel it belongs to. */
  readonly channel: DiscordChannel
  /** The question is about a thread of the channel, where other rights count for sending. */
  readonly inThread?: boolean
  /** Seconds since the epoch. */
  readonly now: number
}

/**
 * The rights of a member in a channel, as a bit set. Membership of a private thread is not part of it.
 * @see [Permission overwrites](https://docs.discord.com/developers/topics/permissions#permission-overwrites),
 * [implicit permissions](https://docs.discord.com/developers/topics/permissions#implicit-permissions),
 * [threads](https://docs.discord.com/developers/topics/permissions#inherited-permissions-threads),
 * [timed out members](https://docs.discord.com/developers/topics/permissions#permissions-for-timed-out-members)
 */
export function computePermissions(question: PermissionQuestion): bigint {
  const base = computeBasePermissions(question)
  // Administrators are above overwrites and cannot be timed out.
  if (base === all) return all
  const explicit = applyOverwrites(base, question)
  return applyImplicitDenials(isSilent(question) ? explicit & silent : explicit, question)
}

/** Those of the names that the bit set lacks. */
export function missingPermissions(granted: bigint, names: readonly PermissionName[]): readonly PermissionName[] {
  return names.filter((name) => (granted & permissionBits[name]) === 0n)
}

function computeBasePermissions({ guild, userId, member }: PermissionQuestion): bigint {
  if (guild.owner_id === userId) return all
  // The role of everyone has the id of the server; members do not carry it.
  const held = new Set([guild.id, ...member.roles])
  let permissions = 0n
  for (const role of guild.roles) if (held.has(role.id)) permissions |= BigInt(role.permissions)
  return (permissions & permissionBits.ADMINISTRATOR) === 0n ? permissions : all
}

function applyOverwrites(base: bigint, { guild, userId, member, channel }: PermissionQuestion): bigint {
  const overwrites = channel.permission_overwrites ?? []
  const roles = new Set(member.roles.filter((role) => role !== guild.id))
  const steps = [
    overwrites.filter(({ type, id }) => type === 0 && id === guild.id),
    // All roles together: within them an allowance beats a denial, whatever their order.
    overwrites.filter(({ type, id }) => type === 0 && roles.has(id)),
    overwrites.filter(({ type, id }) => type === 1 && id === userId),
  ]
  return steps.reduce((permissions, step) => (permissions & ~join(step, 'deny')) | join(step, 'allow'), base)
}

function join(overwrites: readonly DiscordOverwrite[], side: 'allow' | 'deny'): bigint {
  return overwrites.reduce((bits, overwrite) => bits | BigInt(overwrite[side]), 0n)
}

function applyImplicitDenials(permissions: bigint, { channel, inThread = false }: PermissionQuestion): bigint {
  const has = (name: PermissionName): boolean => (permissions & permissionBits[name]) !== 0n
  if (!has('VIEW_CHANNEL')) return 0n
  if (isVoice(channel) && !has('CONNECT')) return permissions & permissionBits.VIEW_CHANNEL
  const canSend = has(inThread ? 'SEND_MESSAGES_IN_THREADS' : 'SEND_MESSAGES')
  return canSend ? permissions : permissions & ~needsSending
}

/** Timed out, or not yet through the rules of the server: Discord lets neither of them speak. */
function isSilent({ member, now }: PermissionQuestion): boolean {
  if (member.pending === true) return true
  const until = member.communication_disabled_until
  if (until === null || until === undefined) return false
  // Only milliseconds parse the same everywhere; a time that cannot be read counts as not over.
  const end = Date.parse(until.replace(/(\.\d{3})\d+/, '$1')) / 1000
  return !(end <= now)
}
