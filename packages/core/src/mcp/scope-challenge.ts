/** Our rules as the scope challenges of the MCP SDK v2. @module */
import { findAuthSession } from '../access/auth-session.ts'
import type { AccessDecision } from '../access/decision.ts'
import { type MCPOperation, readOperations } from '../access/mcp-operations.ts'
import type { AuthSession } from '../session.ts'

/** The scopes a request needs: `ScopeChallenge` of the MCP SDK v2. */
export interface ScopeChallenge {
  scopes: [string, ...string[]]
  errorDescription?: string
}

/** `ScopeChallengeHandler` of the MCP SDK v2: `undefined` where no scope is missing. */
export type ScopeChallengeHandler = (context: {
  request: { method: string; params?: unknown }
  authInfo?: object
}) => Promise<ScopeChallenge | undefined>

/**
 * Makes the handler. Only missing scopes are its business: what else a rule denies is refused by the server itself,
 * so that such a server still has to be protected.
 */
export function createScopeChallengeHandler(
  decide: (operation: MCPOperation, session: AuthSession | undefined) => Promise<AccessDecision>,
): ScopeChallengeHandler {
  return async ({ request, authInfo }) => {
    const session = findAuthSession(authInfo)
    const scopes = new Set<string>()
    for (const operation of readOperations(request)) {
      const decision = await decide(operation, session)
      if (decision.granted || decision.reason !== 'scope_missing') continue
      for (const scope of [...(session?.scopes ?? []), ...decision.missingScopes]) scopes.add(scope)
    }
    const [first, ...others] = scopes
    return first === undefined ? undefined : { scopes: [first, ...others] }
  }
}
