/** What we read of Discord's objects: everything else in its answers is dropped here. @module */
import * as z from 'zod/mini'
import { isSnowflake } from './snowflake.ts'

/** Rights that a channel gives to a role or a member, or takes away. @see [Overwrite object](https://docs.discord.com/developers/resources/channel#overwrite-object) */
export interface DiscordOverwrite {
  /** Of the role or the member. */
  readonly id: string
  /** 0 for a role, 1 for a member. */
  readonly type: number
  /** Bit sets in decimal digits. */
  readonly allow: string
  readonly deny: string
}

/** A channel, a thread or a conversation. @see [Channel object](https://docs.discord.com/developers/resources/channel#channel-object) */
export interface DiscordChannel {
  readonly id: string
  readonly type: number
  /** Conversations have none. */
  readonly guild_id?: string | undefined
  readonly name?: string | null | undefined
  readonly topic?: string | null | undefined
  readonly nsfw?: boolean | undefined
  /** The category of a channel, the channel of a thread. */
  readonly parent_id?: string | null | undefined
  /** Slow mode, in seconds. */
  readonly rate_limit_per_user?: number | null | undefined
  readonly permission_overwrites?: readonly DiscordOverwrite[] | undefined
  /** Of a conversation. */
  readonly recipients?: readonly { readonly id: string }[] | undefined
  readonly thread_metadata?: { readonly archived: boolean; readonly locked?: boolean | undefined } | undefined
}

/** A role. @see [Role object](https://docs.discord.com/developers/topics/permissions#role-object) */
export interface DiscordRole {
  readonly id: string
  /** Bit set in decimal digits. */
  readonly permissions: string
  /** Everybody may mention it. */
  readonly mentionable?: boolean | undefined
}

/** A server, which Discord calls a guild. @see [Guild object](https://docs.discord.com/developers/resources/guild#guild-object) */
export interface DiscordGuild {
  readonly id: string
  readonly owner_id: string
  readonly roles: readonly DiscordRole[]
}

/** Somebody who is in a server. @see [Guild member object](https://docs.discord.com/developers/resources/guild#guild-member-object) */
export interface DiscordMember {
  readonly roles: readonly string[]
  /** Until when the member is timed out, in ISO 8601. */
  readonly communication_disabled_until?: string | null | undefined
  /** The member has not yet agreed to the rules of the server. */
  readonly pending?: boolean | undefined
}

/** A message. @see [Message object](https://docs.discord.com/developers/resources/message#message-object) */
export interface DiscordMessage {
  readonly id: string
  readonly channel_id: string
  readonly type: number
  readonly author: {
    readonly id: string
    readonly username: string
    readonly global_name?: string | null | undefined
    readonly bot?: boolean | undefined
  }
  readonly content: string
  readonly timestamp: string
  readonly edited_timestamp?: string | null | undefined
  readonly attachments?: readonly unknown[] | undefined
  readonly embeds?: readonly unknown[] | undefined
  readonly components?: readonly unknown[] | undefined
  readonly sticker_items?: readonly unknown[] | undefined
  readonly message_snapshots?: readonly unknown[] | undefined
  readonly poll?: unknown
  readonly message_reference?:
    | {
        readonly type?: number | undefined
        readonly message_id?: string | undefined
        readonly channel_id?: string | undefined
      }
    | null
    | undefined
}

/** What a search found. @see [Search Guild Messages](https://docs.discord.com/developers/resources/message#search-guild-messages) */
export interface DiscordSearch {
  readonly total_results: number
  /** One list per hit. */
  readonly messages: readonly (readonly DiscordMessage[])[]
}

const id = z.string().check(z.refine(isSnowflake))
const bitSet = z.string().check(z.regex(/^\d{1,40}$/))
const list = z.optional(z.array(z.unknown()))

export const userSchema: z.ZodMiniType<{ readonly id: string }> = z.object({ id })

export const channelSchema: z.ZodMiniType<DiscordChannel> = z.object({
  id,
  type: z.int(),
  guild_id: z.optional(id),
  name: z.nullish(z.string()),
  topic: z.nullish(z.string()),
  nsfw: z.optional(z.boolean()),
  parent_id: z.nullish(id),
  rate_limit_per_user: z.nullish(z.number()),
  permission_overwrites: z.optional(z.array(z.object({ id, type: z.int(), allow: bitSet, deny: bitSet }))),
  recipients: z.optional(z.array(z.object({ id }))),
  thread_metadata: z.optional(z.object({ archived: z.boolean(), locked: z.optional(z.boolean()) })),
})

export const channelsSchema: z.ZodMiniType<readonly DiscordChannel[]> = z.array(channelSchema)

export const guildSchema: z.ZodMiniType<DiscordGuild> = z.object({
  id,
  owner_id: id,
  roles: z.array(z.object({ id, permissions: bitSet, mentionable: z.optional(z.boolean()) })),
})

export const memberSchema: z.ZodMiniType<DiscordMember> = z.object({
  roles: z.array(id),
  communication_disabled_until: z.nullish(z.string()),
  pending: z.optional(z.boolean()),
})

export const messageSchema: z.ZodMiniType<DiscordMessage> = z.object({
  id,
  channel_id: id,
  type: z.int(),
  author: z.object({ id, username: z.string(), global_name: z.nullish(z.string()), bot: z.optional(z.boolean()) }),
  content: z.string(),
  timestamp: z.string(),
  edited_timestamp: z.nullish(z.string()),
  attachments: list,
  embeds: list,
  components: list,
  sticker_items: list,
  message_snapshots: list,
  poll: z.optional(z.unknown()),
  message_reference: z.nullish(
    z.object({ type: z.optional(z.int()), message_id: z.optional(id), channel_id: z.optional(id) }),
  ),
})

export const messagesSchema: z.ZodMiniType<readonly DiscordMessage[]> = z.array(messageSchema)

export const searchSchema: z.ZodMiniType<DiscordSearch> = z.object({
  total_results: z.int(),
  messages: z.array(z.array(messageSchema)),
})
