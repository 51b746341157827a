/** Tool: look at a channel. @module */
import type * as z from 'zod/mini'
import type { DiscordChannel } from '../discord/objects.ts'
import { findVisibleChannel } from './access.ts'
import { untrusted } from './messages.ts'
import { id, parameters } from './parameters.ts'
import { type DiscordTool, type ToolContext, toToolInput } from './tool.ts'

/** Parameters of `get_channel_info`. */
export interface GetChannelInfoInput {
  readonly channel_id: string
}

const input: z.ZodMiniType<GetChannelInfoInput> = parameters({ channel_id: id('Channel, thread or conversation') })

/** @see [Channel types](https://docs.discord.com/developers/resources/channel#channel-object-channel-types) */
const kinds: Readonly<Record<number, string>> = {
  0: 'text',
  1: 'direct_message',
  2: 'voice',
  3: 'group_direct_message',
  4: 'category',
  5: 'announcement',
  10: 'announcement_thread',
  11: 'public_thread',
  12: 'private_thread',
  13: 'stage',
  14: 'directory',
  15: 'forum',
  16: 'media',
}

/** The tool. */
export const getChannelInfo: DiscordTool<GetChannelInfoInput> = {
  name: 'get_channel_info',
  title: 'Look at a Discord channel',
  description: `Tells name, kind and topic of a Discord channel and which server it is in. ${untrusted}`,
  scopes: ['discord:channels.read'],
  input: toToolInput(input),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  parameters: { channel_id: 'id' },
  async run({ channel_id: channelId }, context) {
    return { channel: toPlainChannel(await findChannel(channelId, context)) }
  },
}

async function findChannel(channelId: string, context: ToolContext): Promise<DiscordChannel> {
  const { actor, bot, signal } = context
  if (actor.discordUserId === undefined) return await bot.getChannel(channelId, signal)
  return (await findVisibleChannel(actor.discordUserId, channelId, context)).channel
}

function toPlainChannel(channel: DiscordChannel): Record<string, unknown> {
  const { thread_metadata: thread } = channel
  return {
    id: channel.id,
    type: kinds[channel.type] ?? 'other',
    name: channel.name ?? null,
    topic: channel.topic ?? null,
    guild_id: channel.guild_id ?? null,
    parent_id: channel.parent_id ?? null,
    is_age_restricted: channel.nsfw === true,
    slow_mode_seconds: channel.rate_limit_per_user ?? 0,
    ...(thread && { is_archived: thread.archived, is_locked: thread.locked === true }),
  }
}
