/** An MCP server on Fastify whose users sign in with Discord. @module */
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import {
  createDiscordEndpoint,
  discordVariables,
  notFound,
  readDiscordSettings,
  readiness,
  runServer,
  toFailure,
} from '@mcp-auth/example-kit'
import { createOAuthProxy, mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/fastify'
import { discord } from '@mcp-auth/provider-discord'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'

await runServer(async (start) => {
  const settings = await readDiscordSettings(start)
  const provider = discord(settings.provider)
  const auth = createOAuthProxy({ ...start.options, provider, roles: settings.roles })
  const endpoint = createDiscordEndpoint({ start, settings, provider, auth }) // three tools

  const mcp = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const incoming = toWebRequest(request.raw, endpoint.origin, request.url)
    const answer = await endpoint.fetch(incoming, readAuthSession(request))
    reply.hijack() // Fastify would keep back the headers of a stream until it has something to say
    await writeWebResponse(request.raw, reply.raw, answer).catch((error: unknown) => {
      toFailure(error, request.method, request.url)
      reply.raw.destroy()
    })
  }

  const app = fastify({ frameworkErrors: failed })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null)) // the MCP endpoint reads bodies itself
  app.get('/healthz', () => ({ status: 'up' }))
  app.get('/readyz', async (_request, reply) => {
    const { status, body } = await readiness(start.store)
    return await reply.code(status).send(body)
  })
  app.register(mcpAuth(auth)) // discovery, authorize, consent, callback, token, register, revoke, jwks
  app.all(endpoint.pathname, { onRequest: requireBearerAuth(auth) }, mcp) // 401 and 403 challenges, then both MCP wires
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(notFound))
  app.setErrorHandler(failed)
  await app.ready()

  return { listener: (request, response) => app.routing(request, response), close: auth.close, ...endpoint }
}, discordVariables)

function failed(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body } = toFailure(error, request.method, request.url)
  reply.code(status).send(body)
}
