/** The authorization server as an Express handler. @module */
import type { OAuthProxy } from '@mcp-auth/core'
import { writeWebResponse } from '@mcp-auth/core/node'
import type { RequestHandler } from 'express'
import { webRequest } from './web-request.ts'

/**
 * Serves discovery, authorize, consent, callback, token, register, revoke and jwks; passes every other path on.
 * Mount it at the root of the application, before or after body parsers.
 */
export function mcpAuth(auth: Pick<OAuthProxy, 'fetch' | 'metadata'>): RequestHandler {
  const origin = new URL(auth.metadata.authorizationServer.issuer).origin
  return async (request, response, next) => {
    const answer = await auth.fetch(webRequest(request, origin))
    if (answer) await writeWebResponse(request, response, answer)
    else next()
  }
}
