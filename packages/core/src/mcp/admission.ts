/** What becomes of one request to an MCP server: passed on, refused, or answered like one for what does not exist. @module */
import { platform } from '#platform'
import { sessionOwner } from '../access/auth-session.ts'
import { type AccessDecision, type AccessDenied, denied, isCurable } from '../access/decision.ts'
import { type MCPOperation, type MCPRequest, readOperations, toRecord } from '../access/mcp-operations.ts'
import type { TraceContext } from '../events.ts'
import type { AuthSession } from '../session.ts'
import type { CallLog, LoggedCall } from './call-log.ts'
import { type Disguise, disguise } from './message-edits.ts'
import { listenToOwn, relatedTaskOf, taskAskedFor } from './task-messages.ts'
import type { OwnedTask, TaskOwners } from './task-owners.ts'

/** Asks the rules of an operation. */
export type Decide = (
  operation: Pick<MCPOperation, 'kind' | 'name'>,
  session: AuthSession | undefined,
) => Promise<AccessDecision>

/** What requests are judged with. */
export interface AdmissionOptions {
  readonly decide: Decide
  readonly log: CallLog
  readonly tasks: TaskOwners
}

/** Who asks. */
export interface Caller {
  readonly session: AuthSession | undefined
  /** Whose the tasks are that this caller creates. */
  readonly owner: string
}

/** What the client is told. */
export interface Refusal {
  readonly code: number
  readonly message: string
}

/** The request as the server may see it, or why it may not. */
export type Admission =
  | { readonly request: MCPRequest; readonly call?: LoggedCall | undefined; readonly disguise?: Disguise }
  | { readonly refusal: Refusal }

/** Codes of [JSON-RPC 2.0](https://www.jsonrpc.org/specification#error_object). */
export const invalidRequest = -32_600
export const invalidParams = -32_602
export const internalError = -32_603

/**
 * Whose the tasks of a caller are. Callers who are not signed in cannot be told apart but by their connection.
 * @param connection unique to it, and not to be guessed
 */
export function taskOwner(session: AuthSession | undefined, connection: string): string {
  return session && !session.anonymous ? sessionOwner(session) : connection
}

/**
 * What a message asks for that the client may be able to cure: what it calls, or what created the task it asks for, where
 * that is the caller's.
 */
export function curableOperations(
  message: unknown,
  session: AuthSession | undefined,
  tasks: TaskOwners,
): readonly MCPOperation[] {
  const { method, params } = toRecord(message)
  const taskId = typeof method === 'string' ? taskAskedFor({ method, params }) : undefined
  if (taskId === undefined) return readOperations(message)
  const task = tasks.find(taskId)
  // The empty connection owns nothing.
  return task?.operation && task.owner === taskOwner(session, '') ? [task.operation] : []
}

/** Judges a request; at once where no rule has to be asked. */
export function admitRequest(
  request: MCPRequest,
  caller: Caller,
  trace: TraceContext | undefined,
  options: AdmissionOptions,
): Admission | Promise<Admission> {
  const { tasks } = options
  const isOwn = (taskId: string): boolean => tasks.find(taskId)?.owner === caller.owner
  const related = relatedTaskOf(request)
  if (related !== undefined && !isOwn(related)) return { refusal: { code: invalidParams, message: 'Task not found' } }
  const taskId = taskAskedFor(request)
  if (taskId !== undefined) return admitTask(request, tasks.find(taskId), caller, trace, options)
  const operations = readOperations(request)
  const wanted = listenToOwn(request, isOwn)
  return operations.length === 0 ? { request: wanted } : judge(wanted, operations, caller, trace, options)
}

/** What created a task decides about it, on every request. Asking for a task is no further call, unless it is denied. */
function admitTask(
  request: MCPRequest,
  task: OwnedTask | undefined,
  caller: Caller,
  trace: TraceContext | undefined,
  options: AdmissionOptions,
): Admission | Promise<Admission> {
  const operations = task?.operation ? [task.operation] : []
  if (task?.owner !== caller.owner) {
    for (const operation of operations) {
      options.log.start(operation, caller.session, trace).denied(denied('rule_denied'))
    }
    return hide(request)
  }
  if (operations.length === 0) return { request }
  const judged = judge(request, operations, caller, trace, options)
  return judged.then((admission) => ('call' in admission ? { request } : admission))
}

async function judge(
  request: MCPRequest,
  operations: readonly MCPOperation[],
  { session }: Caller,
  trace: TraceContext | undefined,
  { decide, log }: AdmissionOptions,
): Promise<Admission> {
  const denials: AccessDenied[] = []
  const calls: LoggedCall[] = []
  for (const operation of operations) {
    const call = log.start(operation, session, trace)
    const decision = await decide(operation, session)
    calls.push(call)
    if (decision.granted) continue
    call.denied(decision)
    denials.push(decision)
  }
  const [worst] = denials.toSorted((a, b) => Number(isCurable(a)) - Number(isCurable(b)))
  if (!worst) return { request, call: calls[0] }
  // No other resource can be put in the place of one that is listened to.
  const isTold = isCurable(worst) || request.method === 'subscriptions/listen'
  return isTold ? { refusal: { code: invalidRequest, message: refusalMessage(worst) } } : hide(request)
}

function hide(request: MCPRequest): Admission {
  const disguised = disguise(request, platform.toBase64url(platform.randomBytes(16)))
  return { request: disguised.request, disguise: disguised }
}

function refusalMessage({ reason, missingScopes }: AccessDenied): string {
  if (reason === 'scope_missing') return `The access token lacks a required scope: ${missingScopes.join(' ')}`
  return reason === 'sign_in_required' || reason === 'session_expired' ? 'Sign in to use this' : 'This is not for you'
}
