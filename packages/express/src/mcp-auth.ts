/** The authorization server as an Express handler. @module */
import type { McpAuth } from '@mcp-auth/core'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import type { RequestHandler } from 'express'

/**
 * Serves discovery, authorize, consent, callback, token, register, revoke and jwks; passes every other path on.
 * Mount it at the root of the application, before or after body parsers.
 */
export function mcpAuth(auth: Pick<McpAuth, 'fetch' | 'handles' | 'origin'>): RequestHandler {
  const { origin } = auth
  return async (request, response, next) => {
    // The target before any router cut it.
    const target = request.originalUrl
    const parsedBody: unknown = request.body
    const answer = auth.handles(target)
      ? await auth.fetch(toWebRequest(request, origin, target, parsedBody), { clientAddress: request.ip })
      : undefined
    if (answer) await writeWebResponse(request, response, answer)
    else next()
  }
}
