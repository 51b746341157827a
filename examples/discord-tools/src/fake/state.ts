/** What the fake Discord knows: servers, channels, members, messages and bots. @module */
import type { FakeDiscordUser } from '@mcp-auth/provider-discord/mocks'

/** The endpoints of the bot API, for faults, limits and the log. */
export type FakeBotRoute =
  | 'currentUser'
  | 'currentApplication'
  | 'channel'
  | 'listMessages'
  | 'getMessage'
  | 'createMessage'
  | 'deleteMessage'
  | 'bulkDelete'
  | 'threadMember'
  | 'guild'
  | 'guildRoles'
  | 'guildChannels'
  | 'guildMember'
  | 'searchMessages'
  | 'unknown'

/** A role; the role `@everyone` has the id of its server. */
export interface FakeRole {
  readonly id: string
  readonly name: string
  permissions: bigint
  readonly position: number
  /** Whether everyone may mention it. */
  mentionable: boolean
  /** Id of the bot it belongs to. */
  readonly botId?: string
}

/** A [permission overwrite](https://docs.discord.com/developers/topics/permissions#permission-overwrites) of a channel. */
export interface FakeOverwrite {
  /** Id of a role or a user. */
  readonly id: string
  readonly type: 'role' | 'member'
  readonly allow: bigint
  readonly deny: bigint
}

/** Numbers of [channel types](https://docs.discord.com/developers/resources/channel#channel-object-channel-types). */
export interface FakeChannelTypes {
  readonly text: 0
  readonly dm: 1
  readonly voice: 2
  readonly category: 4
  readonly announcement: 5
  readonly publicThread: 11
  readonly privateThread: 12
}

/** A channel of a server, a thread, or a direct message (DM). */
export interface FakeChannel {
  readonly id: string
  readonly type: FakeChannelTypes[keyof FakeChannelTypes]
  /** Absent in a DM. */
  readonly guildId?: string
  readonly name: string
  readonly topic: string | null
  /** Category of a channel, channel of a thread. */
  readonly parentId: string | null
  readonly position: number
  /** Slow mode, in seconds. */
  slowMode: number
  /** By id of the role or user. Threads have none: they take those of their channel. */
  readonly overwrites: Map<string, FakeOverwrite>
  /** Ids of the users of a DM or a thread; only a private thread is hidden from the others. */
  readonly participants: Set<string>
}

/** A member of a server. */
export interface FakeMember {
  readonly userId: string
  readonly nick: string | null
  /** Ids; without `@everyone`. */
  roles: readonly string[]
  /** End of a time-out, in seconds since the epoch. */
  timedOutUntil: number | undefined
}

/** A server. */
export interface FakeGuild {
  readonly id: string
  readonly name: string
  readonly ownerId: string
  readonly roles: Map<string, FakeRole>
  readonly members: Map<string, FakeMember>
}

/** Whom a message notifies. */
export interface FakePings {
  /** `@everyone` or `@here`. */
  readonly everyone: boolean
  /** Ids. */
  readonly users: readonly string[]
  /** Ids. */
  readonly roles: readonly string[]
}

/** A message. When it was sent is part of its id. */
export interface FakeMessage {
  readonly id: string
  readonly channelId: string
  readonly authorId: string
  readonly content: string
  /** [Message type](https://docs.discord.com/developers/resources/message#message-object-message-types): 0 default, 19 reply, 21 start of a thread. */
  readonly type: 0 | 19 | 21
  readonly pings: FakePings
  readonly nonce?: string | number
  /** Id of the message it replies to. */
  readonly replyTo?: string
}

/** A bot: its token opens the API. */
export interface FakeBot {
  readonly applicationId: string
  readonly userId: string
  readonly username: string
  /** Whether its application has the privileged intent MESSAGE_CONTENT. */
  messageContent: boolean
  /** Redirect URIs that its application has registered. */
  redirectUris: readonly string[]
}

/** A deletion as the server's [audit log](https://docs.discord.com/developers/resources/audit-log) has it. */
export interface FakeAuditEntry {
  readonly id: string
  readonly guildId: string
  /** 72 one message, 73 many. */
  readonly actionType: 72 | 73
  /** Who did it. */
  readonly userId: string
  /** Author of the message, or the channel of many. */
  readonly targetId: string
  readonly channelId: string
  readonly count: number
  /** Decoded `X-Audit-Log-Reason`. */
  readonly reason: string | undefined
}

/** So many requests in so many seconds. */
export interface FakeRateLimit {
  readonly limit: number
  readonly seconds: number
}

/** Switches, to be set at any time. */
export interface FakeBotSettings {
  /** Limits by route, for each bot and each top-level id. Routes that are not named: {@link otherLimit}. */
  limits: Partial<Record<FakeBotRoute, FakeRateLimit>>
  otherLimit: FakeRateLimit
  /** For each bot, over all routes. */
  globalLimit: FakeRateLimit
  /** Answers 401, 403 and 429 (but not of scope `shared`) after which Cloudflare blocks everything. */
  invalidRequestLimit: FakeRateLimit
  /** How many searches are answered with "not indexed yet" from now on. */
  searchesToIndex: number
  /** What these answers say in `retry_after`, in seconds. */
  searchRetryAfter: number
  /** How long a nonce is remembered, in seconds: "the past few minutes". */
  nonceSeconds: number
  /** Runs after a request was logged and before anything happens: a place to wait in. */
  latency: ((request: FakeBotRequest) => Promise<void> | void) | undefined
}

/** A request as the log keeps it. */
export interface FakeBotRequest {
  readonly route: FakeBotRoute
  readonly method: string
  /** As sent, without the query. */
  readonly path: string
  /** A parameter may be repeated. */
  readonly query: readonly (readonly [string, string])[]
  /** Names in lower case; of `authorization` only the scheme is kept. */
  readonly headers: Readonly<Record<string, string>>
  /** As sent. */
  readonly body: string
  /** User id of the bot whose token was sent. */
  readonly botId: string | undefined
}

/** Everything there is. Tests may change it at any time; the next request sees it. */
export interface FakeDiscordWorld {
  /** Users by id, with or without a server; those who can log in. */
  readonly users: Map<string, FakeDiscordUser>
  readonly guilds: Map<string, FakeGuild>
  readonly channels: Map<string, FakeChannel>
  /** By id, in order of time. */
  readonly messages: Map<string, FakeMessage>
  /** By token. A token that is not here is refused. */
  readonly bots: Map<string, FakeBot>
  readonly auditLog: FakeAuditEntry[]
  readonly settings: FakeBotSettings
  /** Seconds since the epoch. */
  readonly now: () => number
  /** A fresh snowflake of this moment, or of another in seconds since the epoch. */
  readonly issueId: (time?: number) => string
}
