/** An MCP server on Express whose users sign in with Discord. @module */
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
import { createOAuthProxy, mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express'

await runServer(async (start) => {
  const settings = await readDiscordSettings(start)
  const provider = discord(settings.provider)
  const auth = createOAuthProxy({ ...start.options, provider, roles: settings.roles })
  const endpoint = createDiscordEndpoint({ start, settings, provider, auth }) // three tools

  const mcp: RequestHandler = async (request, response) => {
    const incoming = toWebRequest(request, endpoint.origin, request.originalUrl)
    await writeWebResponse(request, response, await endpoint.fetch(incoming, readAuthSession(request)))
  }

  const app = express()
  app.disable('x-powered-by')
  app.get('/healthz', (_request, response) => void response.json({ status: 'up' }))
  app.get('/readyz', async (_request, response) => {
    const { status, body } = await readiness(start.store)
    response.status(status).json(body)
  })
  app.use(mcpAuth(auth)) // discovery, authorize, consent, callback, token, register, revoke, jwks
  app.all(endpoint.pathname, requireBearerAuth(auth), mcp) // 401 and 403 challenges, then both MCP wires
  app.use((_request, response) => void response.status(404).json(notFound))
  app.use(failed)

  return { listener: app, close: auth.close, ...endpoint }
}, discordVariables)

// Express knows a handler of errors by its four parameters.
function failed(error: unknown, request: Request, response: Response, _next: NextFunction): void {
  const { status, body } = toFailure(error, request.method, request.originalUrl)
  if (response.headersSent) response.destroy()
  else response.status(status).json(body)
}
