/** The gate in front of the MCP endpoint as an Express handler. @module */
import { type AuthenticateOptions, assertAuthenticateOptions, type McpAuth } from '@mcp-auth/core'
import { toRequestHead, writeWebResponse } from '@mcp-auth/core/node'
import type { RequestHandler } from 'express'
import { attachSession } from './read-auth-session.ts'

/**
 * Lets requests with a valid access token pass and answers all others (401, 403, 503). The session is set where the
 * MCP SDK's transports look for it; read it with `readAuthSession`.
 * @throws {ConfigurationError} naming an option that does not exist or cannot be what it is
 */
export function requireBearerAuth(
  auth: Pick<McpAuth, 'authenticate' | 'corsHeaders' | 'metadata'>,
  options: AuthenticateOptions = {},
): RequestHandler {
  assertAuthenticateOptions(options)
  const origin = new URL(auth.metadata.protectedResource.resource).origin
  return async (request, response, next) => {
    const head = toRequestHead(request, origin, request.originalUrl)
    const session = await auth.authenticate(head, options)
    if (session instanceof Response) return await writeWebResponse(request, response, session)
    for (const [name, value] of Object.entries(auth.corsHeaders(head))) response.setHeader(name, value)
    attachSession(request, session)
    next()
  }
}
