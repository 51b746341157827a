/** What the bot API refuses, in Discord's words. @module */

/** Names of {@link refusals}. */
export type RefusalName =
  | 'unauthorized'
  | 'notFound'
  | 'methodNotAllowed'
  | 'badUserAgent'
  | 'badVersion'
  | 'tooLarge'
  | 'unknownChannel'
  | 'unknownGuild'
  | 'unknownMember'
  | 'unknownMessage'
  | 'unknownUser'
  | 'missingAccess'
  | 'missingPermissions'
  | 'directMessage'
  | 'emptyMessage'
  | 'unreachableUser'
  | 'notText'
  | 'bulkCount'
  | 'systemMessage'
  | 'wrongChannelType'
  | 'tooOld'
  | 'invalidJSON'
  | 'noHistoryToReply'

/**
 * Status, code and message. Codes are documented, the wording is as it was seen, and
 * of `badUserAgent`, `badVersion`, `tooLarge` and `directMessage` the status is an assumption.
 * @see [JSON error codes](https://docs.discord.com/developers/topics/opcodes-and-status-codes#json)
 */
export const refusals: Readonly<Record<RefusalName, readonly [status: number, code: number, message: string]>> = {
  unauthorized: [401, 0, '401: Unauthorized'],
  notFound: [404, 0, '404: Not Found'],
  methodNotAllowed: [405, 0, '405: Method Not Allowed'],
  badUserAgent: [403, 40_333, 'internal network error'],
  badVersion: [400, 50_041, 'Invalid API version'],
  tooLarge: [413, 40_005, 'Request entity too large'],
  unknownChannel: [404, 10_003, 'Unknown Channel'],
  unknownGuild: [404, 10_004, 'Unknown Guild'],
  unknownMember: [404, 10_007, 'Unknown Member'],
  unknownMessage: [404, 10_008, 'Unknown Message'],
  unknownUser: [404, 10_013, 'Unknown User'],
  missingAccess: [403, 50_001, 'Missing Access'],
  missingPermissions: [403, 50_013, 'Missing Permissions'],
  directMessage: [403, 50_003, 'Cannot execute action on a DM channel'],
  emptyMessage: [400, 50_006, 'Cannot send an empty message'],
  unreachableUser: [403, 50_007, 'Cannot send messages to this user'],
  notText: [400, 50_008, 'Cannot send messages in a non-text channel'],
  bulkCount: [400, 50_016, 'You can only bulk delete messages between 2 and 100 messages.'],
  systemMessage: [403, 50_021, 'Cannot execute action on a system message'],
  wrongChannelType: [400, 50_024, 'Cannot execute action on this channel type'],
  tooOld: [400, 50_034, 'You can only bulk delete messages that are under 14 days old.'],
  invalidJSON: [400, 50_109, 'The request body contains invalid JSON.'],
  noHistoryToReply: [403, 160_002, 'Cannot reply without permission to read message history'],
}

/** A refusal by name. */
export function refuse(name: RefusalName): Response {
  const [status, code, message] = refusals[name]
  return Response.json({ message, code }, { status })
}

/** What is wrong with one field; `path` leads to it, and is empty for the whole body. */
export interface FieldError {
  readonly path: readonly string[]
  readonly code: string
  readonly message: string
}

/** Refusal 50035 with its tree of [errors](https://docs.discord.com/developers/reference#error-messages). */
export function refuseForm(errors: readonly FieldError[]): Response {
  const body = { message: 'Invalid Form Body', code: 50_035, errors: buildErrorTree(errors) }
  return Response.json(body, { status: 400 })
}

type ErrorTree = { [name: string]: ErrorTree | { readonly code: string; readonly message: string }[] }

function buildErrorTree(errors: readonly FieldError[]): ErrorTree {
  const [here, below] = [errors.filter(({ path }) => path.length === 0), errors.filter(({ path }) => path.length > 0)]
  const tree: ErrorTree = here.length > 0 ? { _errors: here.map(({ code, message }) => ({ code, message })) } : {}
  for (const name of new Set(below.map(({ path }) => path[0] ?? ''))) {
    const inside = below.filter(({ path }) => path[0] === name)
    tree[name] = buildErrorTree(inside.map((error) => ({ ...error, path: error.path.slice(1) })))
  }
  return tree
}

/** One wrong field. */
export function fieldError(path: string, code: string, message: string): FieldError {
  return { path: path === '' ? [] : path.split('.'), code, message }
}

/** A field that had to be an id. */
export function notAnId(path: string, value: unknown): FieldError {
  return fieldError(path, 'NUMBER_TYPE_COERCE', `Value "${String(value)}" is not snowflake.`)
}
