/** The messages of one connection between a client and an MCP server, under access rules. @module */
import { platform } from '#platform'
import { findAuthSession, sessionOwner } from '../access/auth-session.ts'
import { type AccessDecision, type AccessDenied, isCurable } from '../access/decision.ts'
import {
  isListMethod,
  type MCPOperation,
  type MCPRequest,
  readOperations,
  readRequest,
  toRecord,
} from '../access/mcp-operations.ts'
import type { AuthSession } from '../session.ts'
import type { CallLog, LoggedCall } from './call-log.ts'
import { type Disguise, disguise, filterList, keepPrivate } from './message-edits.ts'
import { type Answer, cancelledRequest, isFailure, readAnswer, traceOf, updatedResource } from './message-readers.ts'

/** Asks the rules of an operation. */
export type Decide = (
  operation: Pick<MCPOperation, 'kind' | 'name'>,
  session: AuthSession | undefined,
) => Promise<AccessDecision>

type Send = (message: unknown, options?: unknown) => Promise<void>
type Receive = (message: unknown, extra?: unknown) => void

/** What the guard of a connection works with. */
export interface MessageGuardOptions {
  readonly decide: Decide
  readonly log: CallLog
}

/** A connection under rules. */
export interface GuardedMessages {
  readonly send: Send
  /** Wraps the server's own listener. */
  receiver(receive: Receive): Receive
  /** Whether the connection is this caller's, or nobody's yet. */
  readonly serves: (session: AuthSession | undefined) => boolean
  /** The connection is over: what its rules still decide reaches nobody. */
  close(): void
}

/** A request that was not answered yet. */
interface Pending {
  readonly method: string
  readonly session: AuthSession | undefined
  readonly call?: LoggedCall | undefined
  readonly disguise?: Disguise | undefined
}

/** Codes of [JSON-RPC 2.0](https://www.jsonrpc.org/specification#error_object). */
const invalidRequest = -32_600
const internalError = -32_603
/** What the SDK says about a session that it does not know. */
export const sessionNotFound: { readonly code: number; readonly message: string } = {
  code: -32_001,
  message: 'Session not found',
}

/** Ids of cancelled requests that stay taken, since their answers may come nevertheless. */
const maxCancelled = 1000
/** In characters; what is kept for the life of a connection must not be long. */
const maxIdLength = 256

/** Creates the guard of one connection. */
export function guardMessages(send: Send, { decide, log }: MessageGuardOptions): GuardedMessages {
  const pending = new Map<string | number, Pending>()
  const cancelled = new Set<string | number>()
  let owner: string | undefined
  /** Of the owner's last message: what a notification, which nobody asked for, is judged by. */
  let latest: AuthSession | undefined
  let isClosed = false

  const refuse = (id: string | number, error: { readonly code: number; readonly message: string }): void => {
    // A connection that has closed takes no answer, and nobody waits for it.
    send({ jsonrpc: '2.0', id, error }, { relatedRequestId: id }).catch(() => {})
  }
  /** A connection serves whoever spoke on it first. */
  const serves = (session: AuthSession | undefined): boolean => owner === undefined || owner === speakerOf(session)
  /**
   * A cancelled request is answered no more, as a rule: a batch may hold it, its cancellation and another request with
   * its id, and a server then cancels the other one. So the id stays taken, and an answer is edited like every one.
   */
  const cancel = (id: string | number): void => {
    const known = pending.get(id)
    if (!known || cancelled.has(id)) return
    known.call?.called('error')
    pending.set(id, { ...known, call: undefined })
    cancelled.add(id)
    const [oldest] = cancelled
    if (cancelled.size > maxCancelled && oldest !== undefined) forget(oldest)
  }
  const forget = (id: string | number): void => {
    pending.delete(id)
    cancelled.delete(id)
  }
  /** The request as the server may see it; `undefined` when it needs no answer of the server's any more. */
  const admit = async (
    request: MCPRequest,
    operations: readonly MCPOperation[],
    known: Pending,
    extra: unknown,
  ): Promise<MCPRequest | undefined> => {
    const denied: AccessDenied[] = []
    const calls: LoggedCall[] = []
    const trace = traceOf(request, extra)
    for (const operation of operations) {
      const call = log.start(operation, known.session, trace)
      const decision = await decide(operation, known.session)
      calls.push(call)
      if (decision.granted) continue
      call.denied(decision)
      denied.push(decision)
    }
    // The client may have given up while the rules were asked.
    if (pending.get(request.id) !== known) return undefined
    const [worst] = denied.toSorted((a, b) => Number(isCurable(a)) - Number(isCurable(b)))
    if (!worst) {
      pending.set(request.id, { ...known, call: calls[0] })
      return request
    }
    // No other resource can be put in the place of one that is listened to.
    if (isCurable(worst) || request.method === 'subscriptions/listen') {
      forget(request.id)
      refuse(request.id, { code: invalidRequest, message: refusalMessage(worst) })
      return undefined
    }
    const disguised = disguise(request, platform.toBase64url(platform.randomBytes(16)))
    pending.set(request.id, { ...known, disguise: disguised })
    return disguised.request
  }
  const isVisible = async (
    operation: Pick<MCPOperation, 'kind' | 'name'>,
    session: AuthSession | undefined,
  ): Promise<boolean> => {
    const decision = await decide(operation, session)
    return decision.granted || isCurable(decision)
  }
  /** At once where no rule has to be asked: a transport may give another status to what it is told at once. */
  const edit = (message: Answer, { method, session, disguise: disguised }: Pending): unknown => {
    if (disguised) return disguised.reveal(message)
    if (!('result' in message)) return message
    if (!isListMethod(method)) return { ...message, result: keepPrivate(message.result) }
    const filtered = filterList(method, message.result, async (operation) => await isVisible(operation, session))
    return filtered.then((result) => ({ ...message, result: keepPrivate(result) }))
  }
  /** A notification about a resource goes to those who may read it now, and not only when they subscribed. */
  const mayNotify = async (uri: string): Promise<boolean> =>
    (await decide({ kind: 'resource', name: uri }, latest)).granted

  return {
    serves,
    close() {
      isClosed = true
      for (const { call } of pending.values()) call?.called('error')
      pending.clear()
      cancelled.clear()
    },
    receiver: (receive) => (message, extra) => {
      const session = findAuthSession(extra)
      const request = readRequest(message)
      if (isClosed) return
      if (!serves(session)) {
        // Only a request can be refused; an answer or a notification of somebody else is worth nothing. The owner's
        // own request with that id is answered by the server alone.
        if (request && !pending.has(request.id)) refuse(request.id, sessionNotFound)
        return
      }
      owner ??= speakerOf(session)
      latest = session
      if (!request) {
        const unwanted = cancelledRequest(message)
        if (unwanted !== undefined) cancel(unwanted)
        receive(message, extra)
        return
      }
      if (pending.has(request.id) || String(request.id).length > maxIdLength) {
        // Whose answer would the next one be?
        const message = 'The id of a request must be short, and cannot be used again'
        refuse(request.id, { code: invalidRequest, message })
        return
      }
      const known: Pending = { method: request.method, session }
      pending.set(request.id, known)
      const operations = readOperations(request)
      if (operations.length === 0) {
        receive(message, extra)
        return
      }
      admit(request, operations, known, extra)
        .then((admitted) => {
          if (admitted) receive({ ...toRecord(message), params: admitted.params }, extra)
        })
        .catch(() => {
          forget(request.id)
          refuse(request.id, { code: internalError, message: 'Internal error' })
        })
    },
    async send(message, options) {
      const answer = readAnswer(message)
      if (!answer) {
        const uri = updatedResource(message)
        if (uri === undefined || (await mayNotify(uri))) await send(message, options)
        return
      }
      const known = pending.get(answer.id)
      if (!known) {
        const error = { code: internalError, message: 'There is no such request' }
        return await send({ jsonrpc: '2.0', id: answer.id, error }, options)
      }
      forget(answer.id)
      known.call?.called(isFailure(answer) ? 'error' : 'ok')
      const edited = edit(answer, known)
      await send(edited instanceof Promise ? await edited : edited, options)
    },
  }
}

function speakerOf(session: AuthSession | undefined): string {
  return session ? sessionOwner(session) : ''
}

function refusalMessage({ reason, missingScopes }: AccessDenied): string {
  if (reason === 'scope_missing') return `The access token lacks a required scope: ${missingScopes.join(' ')}`
  return reason === 'sign_in_required' || reason === 'session_expired' ? 'Sign in to use this' : 'This is not for you'
}
