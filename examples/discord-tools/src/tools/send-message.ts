/** Tool: send a message. @module */
import * as z from 'zod/mini'
import type { NewMessage } from '../discord/bot.ts'
import { DiscordError } from '../discord/errors.ts'
import type { DiscordChannel } from '../discord/objects.ts'
import { isThread, type PermissionName, permissionBits } from '../discord/permissions.ts'
import { isLocked, requirePermissions, type VisibleChannel } from './access.ts'
import { toPlainMessage } from './messages.ts'
import { id, ids, parameters, text } from './parameters.ts'
import { type DiscordTool, toToolInput } from './tool.ts'

/** What the operator allows. */
export interface SendMessageOptions {
  /** Callers may ask for `@everyone` and `@here` to notify. Default: `false`. */
  readonly allowEveryone?: boolean | undefined
}

/** Parameters of `send_message`. */
export interface SendMessageInput {
  readonly channel_id: string
  readonly content: string
  readonly reply_to?: string | undefined
  readonly mention_users?: readonly string[] | undefined
  readonly mention_roles?: readonly string[] | undefined
  readonly mention_everyone?: boolean | undefined
}

/** Makes the tool. */
export function createSendMessage({ allowEveryone = false }: SendMessageOptions = {}): DiscordTool<SendMessageInput> {
  const shape = {
    channel_id: id('Channel, thread or conversation to send to'),
    content: text('What to say, in Discord’s Markdown', 2000),
    reply_to: z.optional(id('Message in the same channel to answer')),
    mention_users: z.optional(ids('Users whom <@id> in the content may notify', 1, 100)),
    mention_roles: z.optional(ids('Roles whom <@&id> in the content may notify', 1, 100)),
  }
  const everyone = z.boolean({ error: 'must be true or false' }).check(z.describe('Let @everyone and @here notify'))
  const input: z.ZodMiniType<SendMessageInput> = allowEveryone
    ? parameters({ ...shape, mention_everyone: z.optional(everyone) })
    : parameters(shape)
  return {
    name: 'send_message',
    title: 'Send a Discord message',
    description:
      'Sends a message of at most 2,000 characters to a Discord channel, as the bot. Mentions notify nobody unless they are named in mention_users or mention_roles.',
    scopes: ['discord:messages.write'],
    input: toToolInput(input),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    parameters: {
      channel_id: 'id',
      content: 'length',
      reply_to: 'id',
      mention_users: 'id',
      mention_roles: 'id',
      ...(allowEveryone ? { mention_everyone: 'id' } : {}),
    },
    async run(message, context) {
      const { channel_id: channelId, content, reply_to: replyTo } = message
      const visible = await requirePermissions(channelId, (channel) => permissionsFor(channel, message), context)
      if (visible) requireMentions(visible, message)
      const allowedMentions = toAllowedMentions(message)
      const sent = await context.bot.createMessage(channelId, { content, allowedMentions, replyTo }, context.signal)
      return { message: toPlainMessage(sent) }
    },
  }
}

function permissionsFor(channel: DiscordChannel, message: SendMessageInput): readonly PermissionName[] {
  const needs: PermissionName[] = ['VIEW_CHANNEL', isThread(channel) ? 'SEND_MESSAGES_IN_THREADS' : 'SEND_MESSAGES']
  if (message.reply_to !== undefined) needs.push('READ_MESSAGE_HISTORY')
  if (message.mention_everyone === true) needs.push('MENTION_EVERYONE')
  if (isLocked(channel)) needs.push('MANAGE_THREADS')
  return needs
}

/** The bot may be allowed to notify roles that the user may not. */
function requireMentions(
  { permissions, membership }: VisibleChannel,
  { mention_roles: named = [] }: SendMessageInput,
): void {
  const mayMention = permissions !== undefined && (permissions & permissionBits.MENTION_EVERYONE) !== 0n
  if (named.length === 0 || mayMention) return
  const open = new Set(membership?.guild.roles.filter(({ mentionable }) => mentionable).map((role) => role.id))
  if (!named.every((role) => open.has(role))) {
    throw new DiscordError('user_permission', { permissions: ['MENTION_EVERYONE'] })
  }
}

function toAllowedMentions(message: SendMessageInput): NewMessage['allowedMentions'] {
  const { mention_users: users, mention_roles: roles, mention_everyone: everyone } = message
  // Without this field, Discord notifies whomever the content mentions.
  return { parse: everyone === true ? ['everyone'] : [], ...(users && { users }), ...(roles && { roles }) }
}
