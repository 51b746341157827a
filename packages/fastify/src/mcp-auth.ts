/** The authorization server as a Fastify plugin. @module */
import type { McpAuth } from '@mcp-auth/core'
import { toWebRequest } from '@mcp-auth/core/node'
import type { FastifyPluginAsync } from 'fastify'
import { sendWebResponse } from './send-web-response.ts'

/**
 * Serves discovery, authorize, consent, callback, token, register, revoke and jwks, each at its own route.
 * Register it at the root of the application, without a prefix, before or after body parsers.
 * @throws {TypeError} when the application gets ready, for a plugin under a prefix
 */
export function mcpAuth(auth: Pick<McpAuth, 'fetch' | 'paths' | 'origin'>): FastifyPluginAsync {
  const { origin } = auth
  return async (app) => {
    const { supportedMethods: method, prefix } = app
    if (prefix !== '') throw new TypeError('register mcpAuth(auth) without a prefix: its paths come from baseUrl')
    // Answered before Fastify parses bodies: whichever parsers and limits there are, they see none of ours.
    app.addHook('onRequest', async (request, reply) => {
      const { raw, url, ip: clientAddress } = request
      const answer = await auth.fetch(toWebRequest(raw, origin, url), { clientAddress })
      return answer && (await sendWebResponse(request, reply, answer))
    })
    for (const url of auth.paths) {
      app.route({ method, url, exposeHeadRoute: false, handler: (_request, reply) => reply.callNotFound() })
    }
  }
}
