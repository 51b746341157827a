/** What the person behind a call may do at Discord, checked before the bot acts. @module */
import { DiscordError, type DiscordErrorCode } from '../discord/errors.ts'
import type { DiscordChannel, DiscordGuild, DiscordMember } from '../discord/objects.ts'
import {
  computePermissions,
  isPrivateThread,
  isThread,
  isVoice,
  missingPermissions,
  type PermissionName,
  permissionBits,
} from '../discord/permissions.ts'
import { isSnowflake } from '../discord/snowflake.ts'
import type { ToolContext } from './tool.ts'

/** A member of a server, with all that permissions are computed from. */
export interface Membership {
  readonly userId: string
  readonly guild: DiscordGuild
  readonly member: DiscordMember
}

/** A channel that the user can see. */
export interface VisibleChannel {
  readonly channel: DiscordChannel
  /** Bit set of the user's permissions there; `undefined` in a conversation, which has none. */
  readonly permissions: bigint | undefined
  readonly membership: Membership | undefined
}

/** Failures that must look the same, or they would tell what is hidden. */
const hidden: readonly DiscordErrorCode[] = [
  'forbidden',
  'missing_access',
  'missing_permission',
  'refused',
  'unknown_channel',
  'unknown_guild',
  'unknown_member',
]

/**
 * Finds a channel for a user. Nothing is remembered: a role that was taken away counts on the very next call.
 * @throws {DiscordError} `unknown_channel` as well for a channel that the user or the bot cannot see
 */
export async function findVisibleChannel(
  userId: string,
  channelId: string,
  context: ToolContext,
): Promise<VisibleChannel> {
  const { bot, signal } = context
  const channel = await hide(bot.getChannel(channelId, signal), 'unknown_channel')
  if (channel.guild_id === undefined) {
    if (!channel.recipients?.some(({ id }) => id === userId)) throw new DiscordError('unknown_channel')
    return { channel, permissions: undefined, membership: undefined }
  }
  const membership = await hide(findMembership(userId, channel.guild_id, context), 'unknown_channel')
  const permissions = await permissionsIn(membership, channel, context)
  if (permissions === 0n) throw new DiscordError('unknown_channel')
  return { channel, permissions, membership }
}

/**
 * Finds a server for a user.
 * @throws {DiscordError} `unknown_guild` as well for a server that the user or the bot is not in
 */
export async function findMembership(userId: string, guildId: string, context: ToolContext): Promise<Membership> {
  // Anything else would be another path of the API.
  if (!isSnowflake(userId)) throw new DiscordError('unknown_guild')
  const { bot, signal } = context
  const asked = Promise.all([bot.getGuild(guildId, signal), bot.getGuildMember(guildId, userId, signal)])
  const [guild, member] = await hide(asked, 'unknown_guild')
  return { userId, guild, member }
}

/**
 * The user's permissions in a channel or a thread of the server; 0 when the user cannot see it.
 * @throws {DiscordError}
 */
export async function permissionsIn(
  { userId, guild, member }: Membership,
  channel: DiscordChannel,
  { bot, signal, now }: ToolContext,
): Promise<bigint> {
  const inThread = isThread(channel)
  const parentId = inThread ? channel.parent_id : undefined
  if (inThread && !parentId) return 0n
  const ruling = parentId ? await hide(bot.getChannel(parentId, signal), 'unknown_channel') : channel
  const permissions = computePermissions({ guild, userId, member, channel: ruling, inThread, now: now() })
  if (permissions === 0n || !isPrivateThread(channel)) return permissions
  const isModerator = (permissions & permissionBits.MANAGE_THREADS) !== 0n
  if (isModerator) return permissions
  const isInvited = await hide(bot.isThreadMember(channel.id, userId, signal), 'unknown_channel')
  return isInvited ? permissions : 0n
}

/**
 * Refuses what the user lacks a permission for.
 * @param needs depends on the kind of channel
 * @throws {DiscordError} `unknown_channel`, `user_permission`
 * @returns the channel; `undefined` when the caller is nobody at Discord and has every right of the bot
 */
export async function requirePermissions(
  channelId: string,
  needs: (channel: DiscordChannel) => readonly PermissionName[],
  context: ToolContext,
): Promise<VisibleChannel | undefined> {
  const { discordUserId } = context.actor
  if (discordUserId === undefined) return undefined
  const visible = await findVisibleChannel(discordUserId, channelId, context)
  if (visible.permissions === undefined) return visible
  const missing = findMissing(visible.permissions, visible.channel, needs(visible.channel))
  if (missing.length > 0) throw new DiscordError('user_permission', { permissions: missing })
  return visible
}

/** Who may not join a voice channel lacks everything else there for that reason alone. */
function findMissing(
  granted: bigint,
  channel: DiscordChannel,
  names: readonly PermissionName[],
): readonly PermissionName[] {
  const missing = missingPermissions(granted, names)
  const isShutOut = missing.length > 0 && isVoice(channel) && (granted & permissionBits.CONNECT) === 0n
  return isShutOut ? ['CONNECT'] : missing
}

/** Whether the thread is locked, so that only those who manage threads may change it. */
export function isLocked(channel: DiscordChannel): boolean {
  return channel.thread_metadata?.locked === true
}

async function hide<T>(promise: Promise<T>, code: DiscordErrorCode): Promise<T> {
  try {
    return await promise
  } catch (error) {
    if (error instanceof DiscordError && hidden.includes(error.code)) throw new DiscordError(code)
    throw error
  }
}
