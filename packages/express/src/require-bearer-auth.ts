/** The gate in front of the MCP endpoint as an Express handler. @module */
import type { AuthenticateOptions, OAuthProxy } from '@mcp-auth/core'
import { writeWebResponse } from '@mcp-auth/core/node'
import type { RequestHandler } from 'express'
import { attachSession } from './read-auth-session.ts'
import { webRequest } from './web-request.ts'

/**
 * Lets requests with a valid access token pass and answers all others (401, 403, 503). The session is set where the
 * MCP SDK's transports look for it; read it with `readAuthSession`.
 */
export function requireBearerAuth(
  auth: Pick<OAuthProxy, 'authenticate' | 'corsHeaders' | 'metadata'>,
  options: AuthenticateOptions = {},
): RequestHandler {
  const origin = new URL(auth.metadata.protectedResource.resource).origin
  return async (request, response, next) => {
    const incoming = webRequest(request, origin, { withoutBody: true })
    const session = await auth.authenticate(incoming, options)
    if (session instanceof Response) return await writeWebResponse(request, response, session)
    for (const [name, value] of Object.entries(auth.corsHeaders(incoming))) response.setHeader(name, value)
    attachSession(request, session)
    next()
  }
}
