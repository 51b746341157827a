/** The authorization server as Hono middleware. @module */
import type { McpAuth } from '@mcp-auth/core'
import type { Context, MiddlewareHandler } from 'hono'
import { respond } from './respond.ts'
import { unreadRequest } from './unread-request.ts'

/** Options of {@link mcpAuth}. */
export interface MCPAuthOptions {
  /**
   * The address of whoever sent a request, which Hono knows only by the `getConnInfo` of its runtime:
   * `(c) => getConnInfo(c).remote.address`. What strangers cause is counted against it.
   */
  readonly clientAddress?: (c: Context) => string | undefined
}

/**
 * Serves discovery, authorize, consent, callback, token, register, revoke and jwks; passes every other path on.
 * Use it at the root of the application, before or after middleware that reads bodies.
 */
export function mcpAuth(auth: Pick<McpAuth, 'fetch' | 'handles'>, options: MCPAuthOptions = {}): MiddlewareHandler {
  return async (c, next) => {
    // Not `c.req.path`: an application may route by something else than the path.
    const { pathname } = new URL(c.req.url)
    const answer = auth.handles(pathname)
      ? await auth.fetch(await unreadRequest(c.req), { clientAddress: options.clientAddress?.(c) })
      : undefined
    if (answer) respond(c, answer)
    else await next()
  }
}
