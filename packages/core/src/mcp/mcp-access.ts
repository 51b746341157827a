/** Access rules in front of an MCP server, and inside it. @module */
import { platform } from '#platform'
import type { AccessDecision, AccessDenied } from '../access/decision.ts'
import { denied, isCurable } from '../access/decision.ts'
import {
  headersMatch,
  type MCPHeaders,
  type MCPOperation,
  readMessages,
  readRequest,
  requestOfHeaders,
} from '../access/mcp-operations.ts'
import { hasRules, type MCPAccessRules, rulesFor } from '../access/mcp-rules.ts'
import { assertKnownOptions } from '../access/option-names.ts'
import { prepareRules } from '../access/prepare-rules.ts'
import { assertParameterRules, type ParameterRules } from '../access/redact-parameters.ts'
import type { ProtectedResource } from '../handlers/protected-resource.ts'
import type { RequestHead } from '../handlers/request-head.ts'
import { jsonResponse } from '../handlers/responses.ts'
import { callerOf } from '../protocol/refused-caller.ts'
import { parseTraceContext } from '../protocol/trace-context.ts'
import type { AuthSession } from '../session.ts'
import { curableOperations } from './admission.ts'
import { createCallLog, type LoggedCall } from './call-log.ts'
import type { MessageGuardOptions } from './guard-messages.ts'
import { type MCPServerLike, protectServer } from './protect-server.ts'
import { createScopeChallengeHandler, type ScopeChallengeHandler } from './scope-challenge.ts'
import { createTaskOwners, maxTasks, maxTasksOfOne } from './task-owners.ts'

/** Options of {@link createMCPAccess}. */
export interface MCPAccessOptions extends MCPAccessRules {
  /** Which parameters of which operation the audit log may show, by name of the operation. Default: none. */
  readonly parameters?: Readonly<Record<string, ParameterRules>>
}

/** Access rules of one MCP server. */
export interface MCPAccess {
  /** Asks the rules of an operation. Never rejects: a rule that throws denies. */
  decide(operation: Pick<MCPOperation, 'kind' | 'name'>, session: AuthSession | undefined): Promise<AccessDecision>
  /**
   * The answer to a request that asks for what the client can get by asking the user: 403 `insufficient_scope` with
   * every scope of the operation, or 401. `undefined`: pass it on. Also refuses (400) a request of the 2026-07-28 wire
   * whose headers and body differ, and (403) one that listens to resources which are not for the caller. Call it before
   * anything runs, with the body that the server gets.
   */
  refuse(request: RequestHead, session: AuthSession | undefined, body: unknown): Promise<Response | undefined>
  /**
   * Enforces the rules on a server of the official SDK (v1 or v2, `McpServer` or `Server`), whatever its transport:
   * lists hold what the caller may use, everything else answers as if it did not exist, and a connection serves the
   * user who opened it and nobody else. A task belongs to whoever created it, and to nobody where this access has not
   * seen that. Call it before `connect`. Reports every call through `onEvent`.
   * @throws {TypeError} when the server is connected already, or protected by another access
   */
  protect<Server extends MCPServerLike>(server: Server): Server
  /**
   * Begins to report a call that `protect` does not see, such as one over REST, through `onEvent`: say once how it ended.
   * @param traceparent the header of that name, where there is one
   */
  report(operation: MCPOperation, session: AuthSession | undefined, traceparent?: string | null): LoggedCall
  /** The rules as a handler of the SDK v2, which asks it before a tool, resource or prompt runs. */
  readonly scopeChallenge: ScopeChallengeHandler
}

/** What {@link createMCPAccess} needs of an `McpAuth`. */
export type MCPAccessAuth = Pick<ProtectedResource, 'decide' | 'refuseAccess' | 'report'>

const knownOptions: readonly (keyof MCPAccessOptions)[] = [
  'tools',
  'prompts',
  'resources',
  'resourceTemplates',
  'otherwise',
  'parameters',
]

const tasksForgotten = `more than ${maxTasks} tasks, or ${maxTasksOfOne} of one caller, are open: the oldest are answered like unknown ones`

/**
 * Joins access rules to an MCP server. The tables are read once, here: what is added to them later counts for nothing.
 * @throws {ConfigurationError} naming an option that does not exist, or an entry that is no rule
 * @example
 * const access = createMCPAccess(auth, { tools: { list_guilds: requireScopes('guilds'), stats: requireRole('admin') } })
 */
export function createMCPAccess(auth: MCPAccessAuth, options: MCPAccessOptions): MCPAccess {
  assertKnownOptions('createMCPAccess', options, knownOptions)
  const { parameters = {} } = options
  assertParameterRules('parameters', parameters)
  const rules = prepareRules(options)
  const decide = async (
    operation: Pick<MCPOperation, 'kind' | 'name'>,
    session: AuthSession | undefined,
  ): Promise<AccessDecision> => {
    try {
      return await auth.decide(rulesFor(operation, rules), session)
    } catch {
      return denied('rule_failed')
    }
  }
  const log = createCallLog(auth.report, parameters, (operation) => hasRules(operation, rules))
  const now = (): number => performance.now() / 1000
  const tasks = createTaskOwners({
    now,
    onForgotten: () => auth.report({ type: 'configuration.warning', message: tasksForgotten }),
  })
  const guarding: MessageGuardOptions = { decide, log, tasks, now }
  return {
    decide,
    scopeChallenge: createScopeChallengeHandler(decide),
    report: (operation, session, traceparent) => log.start(operation, session, parseTraceContext(traceparent)),
    protect: (server) => protectServer(server, guarding),
    async refuse(request, session, body) {
      const headers = readHeaders(request)
      if (headers && body !== undefined && !headersMatch(headers, body)) {
        const event = { type: 'request.refused', reason: 'malformed_request', endpoint: 'resource' } as const
        auth.report({ ...event, ...callerOf(session ?? {}) })
        return headerMismatch(body)
      }
      const messages = body === undefined ? [requestOfHeaders(headers) ?? {}] : readMessages(body)
      const operations = messages.flatMap((message) => curableOperations(message, session, tasks))
      // The SDK v2 answers this one by itself, before there is a server that could.
      const isAnsweredEarly = readMessages(body).some(({ method }) => method === 'subscriptions/listen')
      const trace = parseTraceContext(request.headers.get('traceparent'))
      const denials: AccessDenied[] = []
      for (const operation of operations) {
        const decision = await decide(operation, session)
        if (decision.granted || !(isCurable(decision) || isAnsweredEarly)) continue
        log.start(operation, session, trace).denied(decision)
        denials.push(decision)
      }
      return denials.length === 0 ? undefined : auth.refuseAccess(request, session, denials)
    },
  }
}

/** The routing headers of the 2026-07-28 wire; a name that is no plain text travels in base64. */
function readHeaders({ headers }: RequestHead): MCPHeaders | undefined {
  const method = headers.get('mcp-method')
  if (method === null) return undefined
  const name = headers.get('mcp-name')
  if (name === null) return { method, name: undefined }
  const encoded = /^=\?base64\?(.*)\?=$/.exec(name)?.[1]
  if (encoded === undefined) return { method, name }
  // The specification knows the standard alphabet only.
  const isStandard = !/[-_]/.test(encoded)
  return { method, name: (isStandard ? platform.decodeBase64Text(encoded) : undefined) ?? null }
}

/** `HeaderMismatch` of the MCP specification, which wants HTTP 400 for it. */
const headerMismatchCode = -32_020

function headerMismatch(body: unknown): Response {
  const message = 'Bad Request: the Mcp-Method or Mcp-Name header does not match the body'
  const id = readRequest(body)?.id ?? null
  return jsonResponse(400, { jsonrpc: '2.0', id, error: { code: headerMismatchCode, message } })
}
