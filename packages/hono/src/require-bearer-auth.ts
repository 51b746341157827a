/** The gate in front of the MCP endpoint as Hono middleware. @module */
import { type AuthenticateOptions, type AuthSession, assertAuthenticateOptions, type McpAuth } from '@mcp-auth/core'
import type { MiddlewareHandler } from 'hono'
import { attachSession } from './read-auth-session.ts'
import { respond } from './respond.ts'

/** What the gate adds to the context. */
export interface AuthEnv {
  Variables: { auth: AuthSession }
}

/**
 * Lets requests with a valid access token pass and answers all others (401, 403, 503). The session is the variable
 * `auth`: hand it to the MCP SDK's transport as `authInfo`, or read it with `readAuthSession`.
 * @throws {ConfigurationError} naming an option that does not exist or cannot be what it is
 */
export function requireBearerAuth(
  auth: Pick<McpAuth, 'authenticate' | 'corsHeaders'>,
  options: AuthenticateOptions = {},
): MiddlewareHandler<AuthEnv> {
  assertAuthenticateOptions(options)
  return async (c, next) => {
    const request = c.req.raw
    const session = await auth.authenticate(request, options)
    if (session instanceof Response) return respond(c, session)
    attachSession(c, session)
    await next()
    for (const [name, value] of Object.entries(auth.corsHeaders(request))) c.header(name, value)
  }
}
