/** Bodies of the bot API. Shapes are Discord's; names and ids are made up. @module */
import { publicUserBody } from '@mcp-auth/provider-discord/mocks'
import { isThread } from './permission-rules.ts'
import { compareIds, formatTime, timeOfId } from './snowflakes.ts'
import type { FakeBot, FakeChannel, FakeDiscordWorld, FakeGuild, FakeMember, FakeMessage, FakeRole } from './state.ts'

/** A body in JSON. */
export type Body = Readonly<Record<string, unknown>>

/** Whether an application with the intent shows it in its flags: GATEWAY_MESSAGE_CONTENT_LIMITED. */
const messageContentFlag = 1 << 19

/** A [user](https://docs.discord.com/developers/resources/user#user-object), human or bot. */
export function userBody(world: FakeDiscordWorld, userId: string): Body {
  const bot = [...world.bots.values()].find((candidate) => candidate.userId === userId)
  if (bot !== undefined) return botUserBody(bot)
  const user = world.users.get(userId)
  return user === undefined ? unknownUserBody(userId) : publicUserBody(user)
}

/** A bot as a user. */
export function botUserBody({ userId, username }: FakeBot): Body {
  return { ...unknownUserBody(userId), username, discriminator: '0420', bot: true }
}

/** Deleted users keep their messages. */
function unknownUserBody(id: string): Body {
  return {
    id,
    username: 'deleted_user',
    avatar: null,
    discriminator: '0',
    public_flags: 0,
    flags: 0,
    global_name: null,
    banner: null,
    accent_color: null,
    avatar_decoration_data: null,
    collectibles: null,
    primary_guild: null,
  }
}

/** The [application](https://docs.discord.com/developers/resources/application#application-object) of a bot. */
export function applicationBody(bot: FakeBot): Body {
  const flags = bot.messageContent ? messageContentFlag : 0
  return {
    id: bot.applicationId,
    name: bot.username,
    icon: null,
    description: '',
    type: null,
    bot: botUserBody(bot),
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: 'c8cde6a3c8c6e49d86af3191287b3ce255872be1fff6dc285bdb420c06a2c3c8',
    flags,
    flags_new: String(flags),
    redirect_uris: bot.redirectUris,
  }
}

/** A [channel](https://docs.discord.com/developers/resources/channel#channel-object). */
export function channelBody(world: FakeDiscordWorld, channel: FakeChannel): Body {
  const { id, type, name, guildId, parentId, slowMode } = channel
  const messages = messagesOf(world, id)
  const shared = { id, type, last_message_id: messages.at(-1)?.id ?? null, flags: 0 }
  if (guildId === undefined) return { ...shared, recipients: recipientBodies(world, channel) }
  if (isThread(channel)) {
    return {
      ...shared,
      guild_id: guildId,
      name,
      parent_id: parentId,
      owner_id: messages[0]?.authorId ?? null,
      rate_limit_per_user: slowMode,
      message_count: messages.length,
      member_count: channel.participants.size,
      total_message_sent: messages.length,
      thread_metadata: {
        archived: false,
        auto_archive_duration: 1440,
        archive_timestamp: formatTime(timeOfId(id)),
        locked: false,
      },
    }
  }
  return {
    ...shared,
    guild_id: guildId,
    name,
    position: channel.position,
    permission_overwrites: [...channel.overwrites.values()].map((overwrite) => ({
      id: overwrite.id,
      type: overwrite.type === 'role' ? 0 : 1,
      allow: String(overwrite.allow),
      deny: String(overwrite.deny),
    })),
    rate_limit_per_user: slowMode,
    nsfw: false,
    topic: channel.topic,
    parent_id: parentId,
  }
}

/** A bot is not told about itself. */
function recipientBodies(world: FakeDiscordWorld, { participants }: FakeChannel): Body[] {
  const bots = new Set([...world.bots.values()].map(({ userId }) => userId))
  return [...participants].filter((id) => !bots.has(id)).map((id) => userBody(world, id))
}

/** The messages of a channel, oldest first. */
export function messagesOf(world: FakeDiscordWorld, channelId: string): FakeMessage[] {
  const messages = [...world.messages.values()].filter((message) => message.channelId === channelId)
  return messages.sort((left, right) => compareIds(left.id, right.id))
}

/** A [message](https://docs.discord.com/developers/resources/message#message-object), as far as a bot may read it. */
export function messageBody(world: FakeDiscordWorld, message: FakeMessage, reader: FakeBot): Body {
  const { channelId, pings, replyTo } = message
  return {
    type: message.type,
    content: visibleContent(world, message, reader),
    mentions: pings.users.map((id) => userBody(world, id)),
    mention_roles: pings.roles,
    attachments: [],
    embeds: [],
    timestamp: formatTime(timeOfId(message.id)),
    edited_timestamp: null,
    flags: 0,
    components: [],
    id: message.id,
    channel_id: channelId,
    author: userBody(world, message.authorId),
    pinned: false,
    mention_everyone: pings.everyone,
    tts: false,
    ...(message.nonce === undefined ? {} : { nonce: message.nonce }),
    ...(replyTo === undefined ? {} : { message_reference: { type: 0, message_id: replyTo, channel_id: channelId } }),
  }
}

/** Without the intent only its own messages, its DMs and what mentions it; [privileged intents](https://docs.discord.com/developers/events/gateway#message-content-intent). */
export function visibleContent(world: FakeDiscordWorld, message: FakeMessage, reader: FakeBot): string {
  const isDirect = world.channels.get(message.channelId)?.guildId === undefined
  const isForBot = isDirect || message.authorId === reader.userId || message.pings.users.includes(reader.userId)
  return reader.messageContent || isForBot ? message.content : ''
}

/** A [role](https://docs.discord.com/developers/topics/permissions#role-object). */
export function roleBody(role: FakeRole): Body {
  return {
    id: role.id,
    name: role.name,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    icon: null,
    unicode_emoji: null,
    position: role.position,
    permissions: String(role.permissions),
    managed: role.botId !== undefined,
    mentionable: role.mentionable,
    flags: 0,
    ...(role.botId === undefined ? {} : { tags: { bot_id: role.botId } }),
  }
}

/** A [server](https://docs.discord.com/developers/resources/guild#guild-object), the members that say something here. */
export function guildBody({ id, name, ownerId, roles }: FakeGuild): Body {
  return {
    id,
    name,
    icon: null,
    description: null,
    splash: null,
    banner: null,
    owner_id: ownerId,
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 1,
    default_message_notifications: 0,
    explicit_content_filter: 2,
    mfa_level: 0,
    features: ['COMMUNITY'],
    emojis: [],
    stickers: [],
    system_channel_id: null,
    rules_channel_id: null,
    preferred_locale: 'en-US',
    nsfw_level: 0,
    premium_tier: 0,
    roles: [...roles.values()].map(roleBody),
  }
}

/** A [member](https://docs.discord.com/developers/resources/guild#guild-member-object) of a server. */
export function memberBody(world: FakeDiscordWorld, { userId, nick, roles, timedOutUntil }: FakeMember): Body {
  return {
    avatar: null,
    banner: null,
    communication_disabled_until: timedOutUntil === undefined ? null : formatTime(timedOutUntil),
    flags: 0,
    joined_at: '2026-01-02T03:04:05.678000+00:00',
    nick,
    pending: false,
    premium_since: null,
    roles,
    user: userBody(world, userId),
    mute: false,
    deaf: false,
  }
}
