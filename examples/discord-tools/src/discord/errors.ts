/** Everything that can go wrong between a tool and Discord, in words for the caller. @module */

/** What the table says of one kind of failure. */
interface Entry {
  /** HTTP status for callers over REST. Never 401: a new access token would not cure any of these. */
  readonly status: number
  /** For people. `{permissions}`, `{parameter}`, `{ids}`, `{token}` and `{seconds}` are filled in from the details. */
  readonly sentence: string
}

/** A stable code, for programs. */
export type DiscordErrorCode =
  | 'answer_lost'
  | 'archived_thread'
  | 'blocked'
  | 'blocked_content'
  | 'cancelled'
  | 'cannot_message_user'
  | 'forbidden'
  | 'invalid_parameter'
  | 'invalid_requests'
  | 'message_of_system'
  | 'messages_too_old'
  | 'missing_access'
  | 'missing_permission'
  | 'only_in_servers'
  | 'overloaded'
  | 'rate_limited'
  | 'refused'
  | 'token_refused'
  | 'too_many_refusals'
  | 'unavailable'
  | 'unknown_channel'
  | 'unknown_guild'
  | 'unknown_member'
  | 'unknown_message'
  | 'unreachable'
  | 'unreadable'
  | 'user_permission'
  | 'wrong_channel'

/**
 * What the codes mean. Discord's own text is in none of them: it is written for developers, in a wording that changes, and may
 * repeat what somebody else wrote.
 * @see [Opcodes and status codes](https://docs.discord.com/developers/topics/opcodes-and-status-codes)
 */
const table: Readonly<Record<DiscordErrorCode, Entry>> = {
  answer_lost: {
    status: 504,
    sentence:
      'Discord was asked to do this, but its answer was lost. It may or may not have happened: look before trying again.',
  },
  archived_thread: { status: 409, sentence: 'This thread is archived. Somebody has to open it again first.' },
  blocked: {
    status: 503,
    sentence: 'Discord is blocking all requests of this server for a while. Try again in {seconds} seconds.',
  },
  blocked_content: {
    status: 403,
    sentence: 'The automatic moderation of Discord or of this server blocked the message.',
  },
  cancelled: { status: 499, sentence: 'The call was cancelled.' },
  cannot_message_user: { status: 403, sentence: 'Discord does not let the bot write to this user.' },
  forbidden: { status: 403, sentence: 'Discord does not allow the bot to do this.' },
  invalid_parameter: { status: 400, sentence: 'Discord does not accept the parameter {parameter}.' },
  invalid_requests: {
    status: 503,
    sentence:
      'Discord refused too many of the last calls, and shuts out servers that go on. Calls stop here for {seconds} seconds.',
  },
  message_of_system: { status: 409, sentence: 'Nobody can delete this kind of system message.' },
  messages_too_old: {
    status: 400,
    sentence:
      'Discord deletes several messages at once only when all are younger than 14 days. Delete the older ones one by one{ids}.',
  },
  missing_access: {
    status: 403,
    sentence:
      'The bot cannot see this channel or server. Somebody who manages the server has to invite the bot, or give it the permission VIEW_CHANNEL.',
  },
  missing_permission: {
    status: 403,
    sentence:
      'The bot lacks a permission for this ({permissions}). Somebody who manages the server has to give it to the bot.',
  },
  only_in_servers: { status: 400, sentence: 'This is possible only in the channels of a server.' },
  overloaded: { status: 503, sentence: 'Too many calls are waiting for Discord. Try again in {seconds} seconds.' },
  rate_limited: {
    status: 429,
    sentence: 'Discord has had too many requests of this kind. Try again in {seconds} seconds.',
  },
  refused: { status: 400, sentence: 'Discord refused the request.' },
  token_refused: {
    status: 502,
    sentence: '{token}.',
  },
  too_many_refusals: {
    status: 429,
    sentence:
      'Discord refused too many of your calls in the last ten minutes, and shuts out bots that go on. Try again in {seconds} seconds.',
  },
  unavailable: { status: 503, sentence: 'Discord cannot answer at the moment. Try again later.' },
  unknown_channel: {
    status: 404,
    sentence: 'There is no such channel, or it cannot be seen by both you and the bot.',
  },
  unknown_guild: { status: 404, sentence: 'There is no such server, or it cannot be seen by both you and the bot.' },
  unknown_member: { status: 404, sentence: 'There is no such member of this server.' },
  unknown_message: { status: 404, sentence: 'There is no such message in this channel.' },
  unreachable: { status: 503, sentence: 'Discord cannot be reached. Nothing was done; try again later.' },
  unreadable: { status: 502, sentence: 'Discord sent an answer that makes no sense. Try again later.' },
  user_permission: {
    status: 403,
    sentence: 'Your own Discord account lacks a permission for this in that channel: {permissions}.',
  },
  wrong_channel: { status: 400, sentence: 'Discord does not allow this in a channel of this kind.' },
}

/** Whose bot token a call was made with: of the minted access token, of the server, or of some bot at the embedded fake. */
export type BotTokenOrigin = 'minted' | 'server' | 'fake'

/** Who can do something about a bot token that Discord refuses, and what. */
const refusedTokens: Readonly<Record<BotTokenOrigin, string>> = {
  minted:
    'Discord does not accept the bot token that is stored for this caller. It has to be replaced: mint a new access token with the current bot token',
  server:
    'Discord does not accept the bot token of this server. Its operator has to set DISCORD_BOT_TOKEN to the current one; signing in again does not help',
  fake: 'This server talks to a fake Discord, which it has started itself and which knows only its own bot. For a real bot its operator has to set DISCORD_CLIENT_ID and DISCORD_CLIENT_SECRET to those of the application that the bot belongs to',
}

/** What is known about one failure. */
export interface DiscordErrorDetails {
  /** Names of [Discord's permissions](https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags). */
  readonly permissions?: readonly string[] | undefined
  /** Name of the tool's parameter that was not accepted. */
  readonly parameter?: string | undefined
  /** Messages that the failure is about. */
  readonly ids?: readonly string[] | undefined
  /** Whose bot token it was. Default: `minted`. */
  readonly botToken?: BotTokenOrigin | undefined
  /** After how many seconds another try makes sense; rounded up. */
  readonly retryAfterSeconds?: number | undefined
}

/** A failure that the caller of a tool may read: the message holds no secret and nothing that Discord wrote. */
export class DiscordError extends Error {
  override readonly name: string = 'DiscordError'
  readonly code: DiscordErrorCode
  /** HTTP status for callers over REST. */
  readonly status: number
  readonly permissions: readonly string[] | undefined
  readonly parameter: string | undefined
  readonly ids: readonly string[] | undefined
  /** Whole seconds. */
  readonly retryAfterSeconds: number | undefined

  constructor(code: DiscordErrorCode, details: DiscordErrorDetails = {}) {
    const seconds =
      details.retryAfterSeconds === undefined ? undefined : Math.max(1, Math.ceil(details.retryAfterSeconds))
    super(fill(table[code].sentence, details, seconds))
    this.code = code
    this.status = table[code].status
    this.permissions = details.permissions
    this.parameter = details.parameter
    this.ids = details.ids
    this.retryAfterSeconds = seconds
  }
}

/** Every code, for tests and for documentation. */
export const discordErrorCodes: readonly DiscordErrorCode[] = Object.freeze(
  Object.keys(table).filter((code): code is DiscordErrorCode => code in table),
)

function fill(sentence: string, details: DiscordErrorDetails, seconds: number | undefined): string {
  return sentence
    .replace('{token}', refusedTokens[details.botToken ?? 'minted'])
    .replace('{permissions}', details.permissions?.join(', ') || 'Discord does not say which')
    .replace(
      'the parameter {parameter}',
      details.parameter === undefined ? 'one of the parameters' : `the parameter ${details.parameter}`,
    )
    .replace('{ids}', details.ids === undefined ? '' : `: ${details.ids.join(', ')}`)
    .replace(
      ' in {seconds} seconds',
      seconds === undefined ? ' later' : ` in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`,
    )
    .replace(' for {seconds} seconds', seconds === undefined ? ' for a while' : ` for ${seconds} seconds`)
}
