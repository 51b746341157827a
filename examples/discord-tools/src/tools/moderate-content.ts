/** Tool: delete messages. @module */
import type * as z from 'zod/mini'
import { DiscordError } from '../discord/errors.ts'
import { snowflakeTime } from '../discord/snowflake.ts'
import { isLocked, requirePermissions } from './access.ts'
import { id, ids, parameters, text } from './parameters.ts'
import { type DiscordTool, type ToolContext, toToolInput } from './tool.ts'

/** Parameters of `moderate_content`. */
export interface ModerateContentInput {
  readonly channel_id: string
  readonly message_ids: readonly string[]
  readonly reason: string
}

/** "This endpoint will not delete messages older than 2 weeks". */
const bulkDeleteSeconds = 14 * 24 * 3600

/** Longest reason that Discord keeps, and what of it is left to the parts that are not ours. */
const [maxReason, maxSubject] = [512, 64]

const input: z.ZodMiniType<ModerateContentInput> = parameters({
  channel_id: id('Channel or thread with the messages'),
  message_ids: ids('Messages to delete. Several at once must all be younger than 14 days', 1, 100),
  reason: text('Why, for the audit log of the server', 400),
})

/** The tool. */
export const moderateContent: DiscordTool<ModerateContentInput> = {
  name: 'moderate_content',
  title: 'Delete Discord messages',
  description:
    'Deletes one message, or up to 100 messages younger than 14 days, from a channel of a Discord server. It cannot be undone. The reason is shown in the audit log of the server.',
  scopes: ['discord:messages.moderate'],
  input: toToolInput(input),
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  parameters: { channel_id: 'id', message_ids: 'id', reason: 'length' },
  async run({ channel_id: channelId, message_ids: messageIds, reason }, context) {
    const { actor, bot, signal } = context
    const [first] = messageIds
    if (messageIds.length > 1) refuseOld(messageIds, context)
    const visible = await requirePermissions(
      channelId,
      (channel) => ['VIEW_CHANNEL', 'MANAGE_MESSAGES', ...(isLocked(channel) ? (['MANAGE_THREADS'] as const) : [])],
      context,
    )
    // In a conversation nobody moderates: the bot could only take back what it said itself.
    if (visible && visible.permissions === undefined) throw new DiscordError('only_in_servers')
    const entry = toAuditReason(actor.subject, reason)
    if (messageIds.length === 1 && first !== undefined) {
      await bot.deleteMessage(channelId, first, entry, signal)
      return { channel_id: channelId, deleted: messageIds }
    }
    await bot.bulkDeleteMessages(channelId, messageIds, entry, signal)
    return { channel_id: channelId, requested: messageIds, note: bulkNote }
  },
}

/**
 * The answer has no body.
 * @see [Bulk Delete Messages](https://docs.discord.com/developers/resources/message#bulk-delete-messages)
 */
const bulkNote =
  'None of these is a message of this channel any more. Discord does not say which of them were: it ignores all others.'

/** Discord refuses all of them if one is too old, without saying which. At the very edge its clock decides: too old. */
function refuseOld(messageIds: readonly string[], { now }: ToolContext): void {
  const oldest = now() - bulkDeleteSeconds
  const tooOld = messageIds.filter((messageId) => snowflakeTime(messageId) <= oldest)
  if (tooOld.length > 0) throw new DiscordError('messages_too_old', { ids: tooOld })
}

/**
 * Who asked and why. Discord takes 512 characters, which clients count before encoding.
 * @see [Audit log reason](https://docs.discord.com/developers/resources/audit-log#audit-log-entry-object)
 */
function toAuditReason(subject: string, reason: string): string {
  // What is no character has no encoding either.
  const who = shorten(subject.replace(/\p{Surrogate}/gu, ''), maxSubject)
  return shorten(`mcp:moderate_content by ${who}: ${reason}`, maxReason)
}

/** The first so many Unicode code points. */
function shorten(value: string, max: number): string {
  return Array.from(value).slice(0, max).join('')
}
