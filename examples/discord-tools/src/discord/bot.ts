/** A bot at Discord, over REST only: no connection stays open and nothing is left behind. @module */
import { randomBytes } from 'node:crypto'
import {
  channelSchema,
  channelsSchema,
  type DiscordChannel,
  type DiscordGuild,
  type DiscordMember,
  type DiscordMessage,
  guildSchema,
  memberSchema,
  messageSchema,
  messagesSchema,
  userSchema,
} from './objects.ts'
import { assertDone, createRequester, parseAnswer, parseOutcome, type RequesterOptions } from './requester.ts'
import { type SearchAnswer, type SearchQuery, searchGuild } from './search.ts'

/** A message to send. */
export interface NewMessage {
  readonly content: string
  /** Whom the message may notify; everything else that looks like a mention stays text. */
  readonly allowedMentions: {
    readonly parse: readonly 'everyone'[]
    readonly users?: readonly string[]
    readonly roles?: readonly string[]
  }
  /** The message in the same channel that it answers. */
  readonly replyTo?: string | undefined
}

/** Which messages of a channel; at most one of the three ids. */
export interface MessagesQuery {
  readonly limit: number
  readonly before?: string | undefined
  readonly after?: string | undefined
  readonly around?: string | undefined
}

/** What a bot can do. Every call throws {@link DiscordError}. */
export interface DiscordBot {
  createMessage(channelId: string, message: NewMessage, signal: AbortSignal): Promise<DiscordMessage>
  /** Newest first. */
  getMessages(channelId: string, query: MessagesQuery, signal: AbortSignal): Promise<readonly DiscordMessage[]>
  getChannel(channelId: string, signal: AbortSignal): Promise<DiscordChannel>
  /** With its roles. */
  getGuild(guildId: string, signal: AbortSignal): Promise<DiscordGuild>
  /** All of the server, also those that the bot cannot see, without threads. */
  getGuildChannels(guildId: string, signal: AbortSignal): Promise<readonly DiscordChannel[]>
  /** Its own id as a user. */
  getUserId(signal: AbortSignal): Promise<string>
  getGuildMember(guildId: string, userId: string, signal: AbortSignal): Promise<DiscordMember>
  isThreadMember(threadId: string, userId: string, signal: AbortSignal): Promise<boolean>
  searchGuildMessages(guildId: string, query: SearchQuery, signal: AbortSignal): Promise<SearchAnswer>
  /** `reason` is shown in the audit log of the server. */
  deleteMessage(channelId: string, messageId: string, reason: string, signal: AbortSignal): Promise<void>
  bulkDeleteMessages(
    channelId: string,
    messageIds: readonly string[],
    reason: string,
    signal: AbortSignal,
  ): Promise<void>
}

/** What a bot is made of. */
export interface DiscordBotOptions extends RequesterOptions {}

/** A bot needs it as everybody does, and nothing in the answer tells. */
const connect = 'CONNECT in voice channels'

/** What callers know the fields of a message by. */
const messageFields = {
  channel_id: 'channel_id',
  content: 'content',
  message_reference: 'reply_to',
  allowed_mentions: 'mention_users or mention_roles',
}

/**
 * Makes a bot. It is cheap, needs no end, and can be made for a single call.
 * @throws {TypeError} for a token that no header can carry, or an address that is none; the message does not repeat it
 */
export function createDiscordBot(options: DiscordBotOptions): DiscordBot {
  const request = createRequester(options)
  return {
    async createMessage(channelId, { content, allowedMentions, replyTo }, signal) {
      const answer = await request({
        method: 'POST',
        path: ['channels', channelId, 'messages'],
        body: {
          content,
          allowed_mentions: allowedMentions,
          ...(replyTo === undefined ? {} : { message_reference: { message_id: replyTo, fail_if_not_exists: true } }),
          // Should the answer be lost, asking again with the same nonce gives the same message instead of a second one.
          nonce: randomBytes(16).toString('base64url'),
          enforce_nonce: true,
        },
        permissions: ['VIEW_CHANNEL', 'SEND_MESSAGES', 'SEND_MESSAGES_IN_THREADS in threads', connect],
        parameters: messageFields,
        signal,
      })
      return parseOutcome(messageSchema, answer)
    },
    async getMessages(channelId, { limit, before, after, around }, signal) {
      const answer = await request({
        path: ['channels', channelId, 'messages'],
        query: { limit: String(limit), before, after, around },
        permissions: ['VIEW_CHANNEL', 'READ_MESSAGE_HISTORY', connect],
        parameters: { channel_id: 'channel_id', limit: 'limit', before: 'before', after: 'after', around: 'around' },
        signal,
      })
      return parseAnswer(messagesSchema, answer)
    },
    async getChannel(channelId, signal) {
      const parameters = { channel_id: 'channel_id' }
      return parseAnswer(channelSchema, await request({ path: ['channels', channelId], parameters, signal }))
    },
    async getGuild(guildId, signal) {
      const parameters = { guild_id: 'guild_id' }
      return parseAnswer(guildSchema, await request({ path: ['guilds', guildId], parameters, signal }))
    },
    async getGuildChannels(guildId, signal) {
      return parseAnswer(channelsSchema, await request({ path: ['guilds', guildId, 'channels'], signal }))
    },
    async getUserId(signal) {
      return parseAnswer(userSchema, await request({ path: ['users', '@me'], signal })).id
    },
    async getGuildMember(guildId, userId, signal) {
      return parseAnswer(memberSchema, await request({ path: ['guilds', guildId, 'members', userId], signal }))
    },
    async isThreadMember(threadId, userId, signal) {
      const path = ['channels', threadId, 'thread-members', userId] as const
      // Discord does not say which code it uses for somebody who is not in the thread, only that it is not found.
      const answer = await request({ path, signal, accept: [404] })
      return answer.status === 200
    },
    async searchGuildMessages(guildId, query, signal) {
      return await searchGuild(request, options.traffic, guildId, query, signal)
    },
    async deleteMessage(channelId, messageId, reason, signal) {
      const answer = await request({
        method: 'DELETE',
        path: ['channels', channelId, 'messages', messageId],
        reason,
        permissions: ['VIEW_CHANNEL', 'MANAGE_MESSAGES', connect],
        parameters: { channel_id: 'channel_id', message_id: 'message_ids' },
        signal,
      })
      assertDone(answer)
    },
    async bulkDeleteMessages(channelId, messageIds, reason, signal) {
      const answer = await request({
        method: 'POST',
        path: ['channels', channelId, 'messages', 'bulk-delete'],
        body: { messages: messageIds },
        reason,
        permissions: ['VIEW_CHANNEL', 'MANAGE_MESSAGES', connect],
        parameters: { channel_id: 'channel_id', messages: 'message_ids' },
        signal,
      })
      assertDone(answer)
    },
  }
}
