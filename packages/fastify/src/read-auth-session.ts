/** Where the session is kept on a request. @module */
import type { AuthSession } from '@mcp-auth/core'

const sessions = new WeakMap<object, AuthSession>()

/** Keeps the session, also as `request.raw.auth` for the MCP SDK's transports, which are handed Node's request. */
export function attachSession(request: { readonly raw: object }, session: AuthSession): void {
  sessions.set(request.raw, session)
  Object.assign(request.raw, { auth: session })
}

/**
 * The session of a request that passed `requireBearerAuth`.
 * @throws {TypeError} when the gate is not in front of this route
 */
export function readAuthSession(request: { readonly raw: object }): AuthSession {
  const session = sessions.get(request.raw)
  if (!session) throw new TypeError('no auth session: put requireBearerAuth(auth) in front of this route')
  return session
}
