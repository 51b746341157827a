/** What Discord means when it refuses something. @module */
import { DiscordError, type DiscordErrorCode } from './errors.ts'
import type { DiscordAnswer } from './exchange.ts'

/** What is needed to explain a refusal. */
export interface CallFacts {
  /** The request was to change something. */
  readonly isWrite: boolean
  /** What the bot needs for it, in Discord's names. */
  readonly permissions: readonly string[]
  /** Discord's names of fields, with the names that callers know them by. */
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * The codes that say more than their HTTP status.
 * @see [JSON error codes](https://docs.discord.com/developers/topics/opcodes-and-status-codes#json)
 */
const codes: Readonly<Record<number, DiscordErrorCode>> = {
  10003: 'unknown_channel',
  10004: 'unknown_guild',
  10007: 'unknown_member',
  10008: 'unknown_message',
  10013: 'unknown_member',
  20009: 'blocked_content',
  20016: 'rate_limited',
  20028: 'rate_limited',
  40001: 'token_refused',
  40333: 'blocked',
  50001: 'missing_access',
  50003: 'wrong_channel',
  50006: 'invalid_parameter',
  50007: 'cannot_message_user',
  50008: 'wrong_channel',
  50013: 'missing_permission',
  50014: 'token_refused',
  50016: 'invalid_parameter',
  50021: 'message_of_system',
  50024: 'wrong_channel',
  50034: 'messages_too_old',
  50035: 'invalid_parameter',
  50083: 'archived_thread',
  160002: 'missing_permission',
  160005: 'archived_thread',
  200000: 'blocked_content',
  240000: 'blocked_content',
}

/** Parameters that a code is about without saying so. */
const parameterOf: Readonly<Record<number, string>> = { 50006: 'content', 50016: 'messages' }

/** The error for an answer that is none of success. Only codes, statuses and names of fields are read, never sentences. */
export function toDiscordError(answer: DiscordAnswer, facts: CallFacts): DiscordError {
  const { status, body } = answer
  if (status === 401) return new DiscordError('token_refused')
  // A gateway that gives up says nothing about what happened behind it.
  if (status >= 500) return new DiscordError(facts.isWrite ? 'answer_lost' : 'unavailable')
  const number = readCode(body)
  const code = number === undefined ? undefined : codes[number]
  if (number === undefined || code === undefined) return new DiscordError(byStatus(status))
  if (code === 'invalid_parameter') {
    const field = parameterOf[number] ?? readFields(body).find((name) => Object.hasOwn(facts.parameters, name))
    return new DiscordError(code, { parameter: field === undefined ? undefined : facts.parameters[field] })
  }
  if (number === 160002) return new DiscordError(code, { permissions: ['READ_MESSAGE_HISTORY'] })
  return new DiscordError(code, code === 'missing_permission' ? { permissions: facts.permissions } : {})
}

function byStatus(status: number): DiscordErrorCode {
  if (status === 403) return 'forbidden'
  if (status === 429) return 'rate_limited'
  return status >= 400 ? 'refused' : 'unreadable'
}

/** Discord's own code for what went wrong, where the body has one. */
export function readCode(body: unknown): number | undefined {
  if (typeof body !== 'object' || body === null || !('code' in body)) return undefined
  return typeof body.code === 'number' ? body.code : undefined
}

/** Names of the fields that a form body was refused for. @see [Error messages](https://docs.discord.com/developers/reference#error-messages) */
function readFields(body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null || !('errors' in body)) return []
  return typeof body.errors === 'object' && body.errors !== null ? Object.keys(body.errors) : []
}
