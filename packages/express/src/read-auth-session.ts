/** Where the session is kept on a request. @module */
import type { AuthSession } from '@mcp-auth/core'

const sessions = new WeakMap<object, AuthSession>()

/** Keeps the session, also as `request.auth` for the MCP SDK. */
export function attachSession(request: object, session: AuthSession): void {
  sessions.set(request, session)
  Object.assign(request, { auth: session })
}

/**
 * The session of a request that passed `requireBearerAuth`.
 * @throws {TypeError} when the gate is not in front of this route
 */
export function readAuthSession(request: object): AuthSession {
  const session = sessions.get(request)
  if (!session) throw new TypeError('no auth session: put requireBearerAuth(auth) in front of this route')
  return session
}
