/** Tool: read a channel. @module */
import * as z from 'zod/mini'
import { requirePermissions } from './access.ts'
import { emptyNote, noteMissingContent, toPlainMessage, untrusted } from './messages.ts'
import { count, id, parameters } from './parameters.ts'
import { type DiscordTool, toToolInput } from './tool.ts'

/** Parameters of `get_messages`. */
export interface GetMessagesInput {
  readonly channel_id: string
  readonly limit: number
  readonly before?: string | undefined
  readonly after?: string | undefined
  readonly around?: string | undefined
}

const input: z.ZodMiniType<GetMessagesInput> = parameters({
  channel_id: id('Channel, thread or conversation to read'),
  limit: count('How many messages at most', 1, 100, 50),
  before: z.optional(id('Only messages before this one')),
  after: z.optional(id('Only messages after this one')),
  around: z.optional(id('Messages before and after this one')),
}).check(
  z.refine(({ before, after, around }) => [before, after, around].filter((value) => value !== undefined).length <= 1, {
    error: 'only one of before, after and around can be given',
  }),
)

/** The tool. */
export const getMessages: DiscordTool<GetMessagesInput> = {
  name: 'get_messages',
  title: 'Read Discord messages',
  description: `Reads messages of a Discord channel, newest first. ${untrusted}`,
  scopes: ['discord:messages.read'],
  input: toToolInput(input),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  parameters: { channel_id: 'id', limit: 'id', before: 'id', after: 'id', around: 'id' },
  async run({ channel_id: channelId, ...query }, context) {
    // Where it is missing, Discord answers with an empty list, which nobody would understand.
    await requirePermissions(channelId, () => ['VIEW_CHANNEL', 'READ_MESSAGE_HISTORY'], context)
    const messages = await context.bot.getMessages(channelId, query, context.signal)
    return {
      channel_id: channelId,
      messages: messages.map(toPlainMessage),
      ...(messages.length === 0 ? { note: emptyNote } : noteMissingContent(messages)),
    }
  },
}
