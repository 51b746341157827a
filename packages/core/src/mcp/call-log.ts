/** What is said about each call of an MCP server. @module */
import { platform } from '#platform'
import type { AccessDenied } from '../access/decision.ts'
import type { MCPOperation } from '../access/mcp-operations.ts'
import { type ParameterRules, redactParameters } from '../access/redact-parameters.ts'
import type { OperationEventBase, TraceContext } from '../events.ts'
import type { ProtectedResource } from '../handlers/protected-resource.ts'
import type { AuthSession } from '../session.ts'
import { isReason } from './call-failures.ts'

/** A call that has begun: say once how it ended. */
export interface LoggedCall {
  /**
   * @param outcome `denied` for what ran, and found that the caller may not do this: it is reported as a denial
   * @param reason why not `ok`: a stable code, lower-case letters, digits and `_`
   */
  called(outcome: 'ok' | 'error' | 'denied', reason?: string): void
  denied(decision: AccessDenied): void
}

/** Begins to log calls. */
export interface CallLog {
  start(operation: MCPOperation, session: AuthSession | undefined, trace: TraceContext | undefined): LoggedCall
}

/** A URI can be long. */
const maxNameLength = 256
/** A client chooses the name. One that has no rule may be anything, also a token: of a long one only its beginning is shown. */
const [maxUnknownLength, shownLength] = [32, 8]

/**
 * Creates the log. Parameters are shown as their operation's rules say; without rules, not at all.
 * @param isKnown whether an operation has a rule of its own
 */
export function createCallLog(
  report: ProtectedResource['report'],
  parameterRules: Readonly<Record<string, ParameterRules>> = {},
  isKnown: (operation: MCPOperation) => boolean = () => false,
): CallLog {
  return {
    start(operation, session, trace) {
      const { kind, name, parameters } = operation
      const startedAt = performance.now()
      const requestId = platform.toBase64url(platform.randomBytes(12))
      const rules = Object.hasOwn(parameterRules, name) ? parameterRules[name] : undefined
      const shown = rules && redactParameters(parameters, rules)
      const facts = (): OperationEventBase & { readonly subject?: string; readonly clientId?: string } => ({
        name: isKnown(operation) ? name.slice(0, maxNameLength) : shorten(name),
        requestId,
        durationMilliseconds: Math.round((performance.now() - startedAt) * 1000) / 1000,
        ...(session && !session.anonymous ? { subject: session.subject, clientId: session.clientId } : {}),
        ...(trace === undefined ? {} : { trace }),
        ...(shown === undefined ? {} : { parameters: shown }),
      })
      return {
        called(outcome, code) {
          const reason = isReason(code) ? code : undefined
          if (outcome === 'denied') {
            const missing = { missingScopes: [], missingRoles: [] }
            report({ type: `${kind}.denied`, reason: reason ?? 'rule_denied', ...missing, ...facts() })
            return
          }
          const why = outcome === 'error' && reason !== undefined ? { reason } : {}
          report({ type: `${kind}.called`, outcome, ...why, ...facts() })
        },
        denied: ({ reason, missingScopes, missingRoles }) =>
          report({ type: `${kind}.denied`, reason, missingScopes, missingRoles, ...facts() }),
      }
    },
  }
}

function shorten(name: string): string {
  return name.length <= maxUnknownLength ? name : `${name.slice(0, shownLength)}… (${name.length} characters)`
}
