/** A guarded connection without a transport: what comes in, what the server sees, and what goes out. */

import { type MCPAccessRules, rulesFor } from '../../src/access/mcp-rules.ts'
import { type AccessRule, decide, requireAll } from '../../src/access/predicates.ts'
import { prepareRules } from '../../src/access/prepare-rules.ts'
import type { AuthEvent } from '../../src/events.ts'
import type { TimelessEvent } from '../../src/handlers/context.ts'
import type { Decide } from '../../src/mcp/admission.ts'
import { createCallLog } from '../../src/mcp/call-log.ts'
import { type GuardedMessages, guardMessages } from '../../src/mcp/guard-messages.ts'
import { createTaskOwners, type TaskOwners } from '../../src/mcp/task-owners.ts'
import type { AuthSession } from '../../src/session.ts'
import { aliceSession } from '../access/sessions.ts'

/** A message, to look at. */
export type Message = Readonly<Record<string, unknown>>

/** The connection. */
export interface Connection {
  readonly guarded: GuardedMessages
  /** What reached the server. */
  readonly seen: Message[]
  /** What reached the client. */
  readonly sent: Message[]
  readonly events: TimelessEvent[]
  /** A message of a client. Default: Alice's. */
  receive(message: unknown, session?: AuthSession | null): void
  /** A request of a client, as `tools/call`. */
  request(id: string | number, method: string, params?: unknown, session?: AuthSession | null): void
  /** A message of the server. */
  answer(message: unknown): Promise<void>
}

/** Tasks of which none ends. */
export function newTasks(): TaskOwners {
  return createTaskOwners({ now: () => 0 })
}

/** Opens it. */
export function connect(
  rules: MCPAccessRules = {},
  own: { readonly decide?: Decide; readonly tasks?: TaskOwners; readonly now?: () => number } = {},
): Connection {
  const seen: Message[] = []
  const sent: Message[] = []
  const events: TimelessEvent[] = []
  const prepared = prepareRules(rules)
  const asked: Decide = async (operation, session) =>
    await decide(requireAll(...rulesFor(operation, prepared)), session)
  const send = async (message: unknown): Promise<void> => {
    sent.push(message as Message)
  }
  const guarded = guardMessages(send, {
    decide: own.decide ?? asked,
    log: createCallLog((event) => events.push(event)),
    tasks: own.tasks ?? newTasks(),
    now: own.now ?? (() => 0),
  })
  const receiver = guarded.receiver((message) => seen.push(message as Message))
  const receive: Connection['receive'] = (message, session = aliceSession()) =>
    receiver(message, session === null ? {} : { authInfo: session })
  return {
    guarded,
    seen,
    sent,
    events,
    receive,
    request: (id, method, params, session) => receive({ jsonrpc: '2.0', id, method, params }, session),
    answer: async (message) => await guarded.send(message),
  }
}

/** Lets everything run that waits for nothing but promises. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

/** A rule whose answer comes when the test says so. */
export function slowRule(): { readonly rule: AccessRule<AuthSession>; answer(isGranted: boolean): Promise<void> } {
  const waiting: ((isGranted: boolean) => void)[] = []
  return {
    rule: async () => await new Promise<boolean>((resolve) => waiting.push(resolve)),
    async answer(isGranted) {
      for (const resolve of waiting.splice(0)) resolve(isGranted)
      await settle()
    },
  }
}

/** The kinds of events, in short: `tool.denied role_missing`. */
export function outcomes(events: readonly (TimelessEvent | AuthEvent)[]): string[] {
  return events.map((event) =>
    [event.type, 'outcome' in event ? event.outcome : 'reason' in event ? event.reason : ''].join(' '),
  )
}

/** The parameters of the first request that reached the server. */
export function askedFor({ seen }: Connection): Readonly<Record<string, unknown>> {
  const params: unknown = seen[0]?.['params']
  return { ...(typeof params === 'object' ? params : {}) }
}
