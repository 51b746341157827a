/** The gate for servers without a framework, or without MCP. @module */
import { type AccessRule, requireAll } from '../access/predicates.ts'
import type { AuthSession } from '../session.ts'
import type { AuthenticateOptions, ProtectedResource } from './protected-resource.ts'
import type { RequestHead } from './request-head.ts'

/**
 * The session of a request that may pass, or the answer to one that may not: 401 without a good token, 403
 * `insufficient_scope` for a missing scope, 403 `access_denied` for everything else, 503 during an outage.
 * @param rules one rule, or several of which every one has to grant
 * @throws {ConfigurationError} for what is no rule
 * @example
 * const session = await guard(request, auth, requireScopes('guilds'))
 * if (session instanceof Response) return session
 */
export async function guard(
  request: RequestHead,
  auth: Pick<ProtectedResource, 'authenticate'>,
  rules: AccessRule<AuthSession> | readonly AccessRule<AuthSession>[],
  options: Omit<AuthenticateOptions, 'canAccess'> = {},
): Promise<AuthSession | Response> {
  const canAccess = typeof rules === 'function' ? rules : requireAll(...[rules].flat())
  return await auth.authenticate(request, { ...options, canAccess })
}
