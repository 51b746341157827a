/** Where the session is kept on a context. @module */
import type { AuthSession } from '@mcp-auth/core'
import type { Context } from 'hono'

const sessions = new WeakMap<object, AuthSession>()

/** Keeps the session, also as the variable `auth`, which is handed on to the MCP SDK's transports. */
export function attachSession(c: Context, session: AuthSession): void {
  sessions.set(c, session)
  c.set('auth', session)
}

/**
 * The session of a request that passed `requireBearerAuth`.
 * @throws {TypeError} when the gate is not in front of this route
 */
export function readAuthSession(c: object): AuthSession {
  const session = sessions.get(c)
  if (!session) throw new TypeError('no auth session: put requireBearerAuth(auth) in front of this route')
  return session
}
