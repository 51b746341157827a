/** The messages of one connection between a client and an MCP server, under access rules. @module */
import { platform } from '#platform'
import { findAuthSession, sessionOwner } from '../access/auth-session.ts'
import { isCurable } from '../access/decision.ts'
import { isListMethod, type MCPOperation, readOperations, readRequest, toRecord } from '../access/mcp-operations.ts'
import type { AuthSession } from '../session.ts'
import {
  type Admission,
  type AdmissionOptions,
  admitRequest,
  type Caller,
  internalError,
  invalidRequest,
  type Refusal,
  taskOwner,
} from './admission.ts'
import { logAnswer } from './call-failures.ts'
import type { LoggedCall } from './call-log.ts'
import { type Disguise, filterList, keepPrivate } from './message-edits.ts'
import { type Answer, cancelledRequest, readAnswer, traceOf, updatedResource } from './message-readers.ts'
import {
  type CreatedTask,
  filterTasks,
  readCreatedTask,
  taskAskedFor,
  taskListMethod,
  taskNotified,
} from './task-messages.ts'
import type { OwnedTask } from './task-owners.ts'

type Send = (message: unknown, options?: unknown) => Promise<void>
type Receive = (message: unknown, extra?: unknown) => void

/** What the guard of a connection works with; the same for all connections of a server. */
export interface MessageGuardOptions extends AdmissionOptions {
  /** Seconds, of any clock that does not go back. */
  readonly now: () => number
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
interface Pending extends Caller {
  readonly method: string
  /** What a task that is created now comes from; `undefined` where the answer can create none. */
  readonly creates: Pick<OwnedTask, 'operation'> | undefined
  readonly call?: LoggedCall | undefined
  readonly disguise?: Disguise | undefined
}

/** What the SDK says about a session that it does not know. */
export const sessionNotFound: Refusal = { code: -32_001, message: 'Session not found' }

/** Requests of one connection that wait for their answers. */
const maxPending = 10_000
/** In seconds: how long the id of a cancelled request stays taken, since its answer may come nevertheless. */
const cancelledKept = 300
/** In characters; what is kept for the life of a connection must not be long. */
const maxIdLength = 256

/** Creates the guard of one connection. */
export function guardMessages(send: Send, options: MessageGuardOptions): GuardedMessages {
  const { decide, tasks, now } = options
  const connection = platform.toBase64url(platform.randomBytes(16))
  const pending = new Map<string | number, Pending>()
  /** When, by id. */
  const cancelled = new Map<string | number, number>()
  let owner: string | undefined
  /** Of the owner's last message: what a notification, which nobody asked for, is judged by. */
  let latest: AuthSession | undefined
  let isClosed = false

  const refuse = (id: string | number, error: Refusal): void => {
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
    known.call?.called('error', 'cancelled')
    pending.set(id, { ...known, call: undefined })
    cancelled.set(id, now())
    forgetCancelled()
  }
  /** By age alone: whoever could free an id by cancelling many others could take a list that was not filtered. */
  const forgetCancelled = (): void => {
    for (const [id, since] of cancelled) {
      if (now() - since < cancelledKept) return
      forget(id)
    }
  }
  const forget = (id: string | number): void => {
    pending.delete(id)
    cancelled.delete(id)
  }
  const settle = (id: string | number, known: Pending, admission: Admission, pass: (params: unknown) => void): void => {
    // The client may have given up while the rules were asked.
    if (pending.get(id) !== known) return
    if ('refusal' in admission) {
      forget(id)
      refuse(id, admission.refusal)
      return
    }
    const { request, call, disguise } = admission
    pending.set(id, { ...known, call, disguise })
    pass(request.params)
  }
  const isVisible = async (
    operation: Pick<MCPOperation, 'kind' | 'name'>,
    session: AuthSession | undefined,
  ): Promise<boolean> => {
    const decision = await decide(operation, session)
    return decision.granted || isCurable(decision)
  }
  const isVisibleTask = async (taskId: string, caller: Caller): Promise<boolean> => {
    const task = tasks.find(taskId)
    if (task?.owner !== caller.owner) return false
    return task.operation === undefined || (await isVisible(task.operation, caller.session))
  }
  const remember = (created: CreatedTask | undefined, task: OwnedTask): void => {
    if (created) tasks.add(created.taskId, task, created.ttlSeconds)
  }
  /** At once where no rule has to be asked: a transport may give another status to what it is told at once. */
  const edit = (message: Answer, { method, session, disguise, ...known }: Pending): unknown => {
    if (disguise) return disguise.reveal(message)
    const { result } = message
    if (!('result' in message)) return message
    if (known.creates) remember(readCreatedTask(result), { owner: known.owner, ...known.creates })
    if (!isListMethod(method) && method !== taskListMethod) return { ...message, result: keepPrivate(result) }
    const filtered = isListMethod(method)
      ? filterList(method, result, async (operation) => await isVisible(operation, session))
      : filterTasks(result, async (taskId) => await isVisibleTask(taskId, { session, owner: known.owner }))
    return filtered.then((left) => ({ ...message, result: keepPrivate(left) }))
  }
  /**
   * A notification goes to those who may read what it is about now, and not only when they subscribed. `true` at once
   * for all others: they must not be overtaken by what is sent after them.
   */
  const mayNotify = (message: unknown): true | Promise<boolean> => {
    const uri = updatedResource(message)
    if (uri !== undefined) return isGranted({ kind: 'resource', name: uri })
    const taskId = taskNotified(message)
    return taskId === undefined || mayNotifyOfTask(taskId)
  }
  const mayNotifyOfTask = async (taskId: string): Promise<boolean> => {
    const task = tasks.find(taskId)
    if (task?.owner !== taskOwner(latest, connection)) return false
    return task.operation === undefined || (await isGranted(task.operation))
  }
  const isGranted = async (operation: Pick<MCPOperation, 'kind' | 'name'>): Promise<boolean> =>
    (await decide(operation, latest)).granted

  return {
    serves,
    close() {
      isClosed = true
      for (const { call } of pending.values()) call?.called('error', 'cancelled')
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
      const { id, method } = request
      forgetCancelled()
      if (pending.has(id) || String(id).length > maxIdLength) {
        // Whose answer would the next one be?
        refuse(id, { code: invalidRequest, message: 'The id of a request must be short, and cannot be used again' })
        return
      }
      if (pending.size >= maxPending) {
        refuse(id, { code: invalidRequest, message: 'Too many requests at once' })
        return
      }
      const caller = { session, owner: taskOwner(session, connection) }
      const [operation] = readOperations(request)
      const known: Pending = {
        ...caller,
        method,
        creates: taskAskedFor(request) === undefined ? { operation } : undefined,
      }
      pending.set(id, known)
      const pass = (params: unknown): void =>
        receive(params === request.params ? message : { ...toRecord(message), params }, extra)
      const admission = admitRequest(request, caller, traceOf(request, extra), options)
      if (!(admission instanceof Promise)) {
        settle(id, known, admission, pass)
        return
      }
      admission
        .then((judged) => settle(id, known, judged, pass))
        .catch(() => {
          forget(id)
          refuse(id, { code: internalError, message: 'Internal error' })
        })
    },
    async send(message, sendOptions) {
      const answer = readAnswer(message)
      if (!answer) {
        const isAllowed = mayNotify(message)
        if (isAllowed === true || (await isAllowed)) await send(message, sendOptions)
        return
      }
      const known = pending.get(answer.id)
      if (!known) {
        const error = { code: internalError, message: 'There is no such request' }
        return await send({ jsonrpc: '2.0', id: answer.id, error }, sendOptions)
      }
      forget(answer.id)
      logAnswer(known.call, known.session, answer)
      const edited = edit(answer, known)
      await send(edited instanceof Promise ? await edited : edited, sendOptions)
    },
  }
}

function speakerOf(session: AuthSession | undefined): string {
  return session ? sessionOwner(session) : ''
}
