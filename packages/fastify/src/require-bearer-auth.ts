/** The gate in front of the MCP endpoint as a Fastify hook. @module */
import { type AuthenticateOptions, assertAuthenticateOptions, type McpAuth } from '@mcp-auth/core'
import { toRequestHead } from '@mcp-auth/core/node'
import { attachSession } from './read-auth-session.ts'
import { type Reply, type Request, sendWebResponse } from './send-web-response.ts'

/**
 * Lets requests with a valid access token pass and answers all others (401, 403, 503). Use it as `onRequest`, where no
 * body has been read yet. The session is set where the MCP SDK's transports look for it; read it with `readAuthSession`.
 * @throws {ConfigurationError} naming an option that does not exist or cannot be what it is
 */
export function requireBearerAuth(
  auth: Pick<McpAuth, 'authenticate' | 'corsHeaders' | 'metadata'>,
  options: AuthenticateOptions = {},
): (request: Request, reply: Reply) => Promise<unknown> {
  assertAuthenticateOptions(options)
  const origin = new URL(auth.metadata.protectedResource.resource).origin
  return async (request, reply) => {
    const head = toRequestHead(request.raw, origin, request.url)
    const session = await auth.authenticate(head, options)
    if (session instanceof Response) return await sendWebResponse(request, reply, session)
    // On Node's response, so that an SDK transport that writes there itself sends them too.
    for (const [name, value] of Object.entries(auth.corsHeaders(head))) reply.raw.setHeader(name, value)
    attachSession(request, session)
    return undefined
  }
}
