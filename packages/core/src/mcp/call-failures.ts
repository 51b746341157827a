/** Why a call failed: told by whoever serves it, for the audit log, without a word of it going over the wire. @module */
import { findAuthSession } from '../access/auth-session.ts'
import { toRecord } from '../access/mcp-operations.ts'
import type { AuthSession } from '../session.ts'
import type { LoggedCall } from './call-log.ts'
import { type Answer, isFailure } from './message-readers.ts'

/** What {@link explainFailure} is told. */
export interface CallFailure {
  /** A stable code: lower-case letters, digits and `_`, beginning with a letter, at most 64. Anything else counts as not said. */
  readonly reason: string
  /** The caller may not do this, as what ran has found out: it is reported as `tool.denied`. Default: `false`. */
  readonly isDenial?: boolean | undefined
}

/** Ids are unique among the open requests of a connection, and a session belongs to one HTTP request. */
const failures = new WeakMap<AuthSession, Map<unknown, CallFailure>>()

/** Of one session; who explains calls that nobody logs shall not fill the memory. */
const maxFailures = 1000

/**
 * Says why the call that a handler serves fails. Call it before the handler answers with an error; the audit log has the
 * code in `reason`. Only what `protect` guards is logged, and only for callers with a session.
 * @param context what the MCP SDK (v1 or v2) gave to the handler
 * @example
 * explainFailure(context, { reason: 'channel_unknown' })
 * return { isError: true, content: [{ type: 'text', text: 'There is no such channel' }] }
 */
export function explainFailure(context: unknown, failure: CallFailure): void {
  const session = findAuthSession(context)
  const { mcpReq, requestId = toRecord(mcpReq)['id'] } = toRecord(context)
  if (!session || requestId === undefined || !isReason(failure.reason)) return
  const known = failures.get(session) ?? new Map<unknown, CallFailure>()
  if (known.size < maxFailures) known.set(requestId, failure)
  failures.set(session, known)
}

/** Whether a text is a code, which no sentence and no token is. */
export function isReason(text: unknown): text is string {
  return typeof text === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(text)
}

/** Logs how a call ended, by its answer and by what was said about it. */
export function logAnswer(call: LoggedCall | undefined, session: AuthSession | undefined, answer: Answer): void {
  const known = session && failures.get(session)
  const explained = known?.get(answer.id)
  known?.delete(answer.id)
  if (!isFailure(answer)) call?.called('ok')
  else if (explained) call?.called(explained.isDenial === true ? 'denied' : 'error', explained.reason)
  else call?.called('error', reasonOf(answer))
}

/** Codes of [JSON-RPC 2.0](https://www.jsonrpc.org/specification#error_object); MCP answers with the first to unknown names. */
const reasons: ReadonlyMap<unknown, string> = new Map([
  [-32_602, 'invalid_params'],
  [-32_601, 'method_not_found'],
  [-32_603, 'internal_error'],
])

/** Of what nobody has explained, only numbers that we know are read: its texts are those of strangers. */
function reasonOf({ error }: Answer): string {
  return error === undefined ? 'tool_error' : (reasons.get(toRecord(error)['code']) ?? 'protocol_error')
}
