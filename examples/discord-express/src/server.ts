/** An MCP server whose users sign in with Discord. @module */
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import {
  createDiscordTools,
  createMCPEndpoint,
  discordVariables,
  isStoreReady,
  readDiscordSettings,
  runServer,
} from '@mcp-auth/example-kit'
import { createOAuthProxy, mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express'

await runServer(async (start) => {
  const settings = await readDiscordSettings(start)
  const provider = discord(settings.provider)
  const auth = createOAuthProxy({ ...start.options, provider, roles: settings.roles })
  const { resource } = auth.metadata.protectedResource
  const { origin, pathname } = new URL(resource)

  const { apiUrl } = settings
  const tools = createDiscordTools({ apiUrl, headers: provider.headers, audit: start.audit })
  const endpoint = createMCPEndpoint({ auth, tools, audit: start.audit })
  const mcp: RequestHandler = async (request, response) => {
    const incoming = toWebRequest(request, origin, request.originalUrl)
    await writeWebResponse(request, response, await endpoint.fetch(incoming, readAuthSession(request)))
  }

  const app = express()
  app.disable('x-powered-by')
  app.get('/healthz', (_request, response) => void response.json({ status: 'up' }))
  app.get('/readyz', async (_request, response) => {
    const isReady = await isStoreReady(start.store)
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'the store does not answer' })
  })
  app.use(mcpAuth(auth)) // discovery, authorize, consent, callback, token, register, revoke, jwks
  app.all(pathname, requireBearerAuth(auth), mcp) // 401 and 403 challenges, then both MCP wires
  app.use(notFound)
  app.use(failed)

  return { listener: app, resource, endStreams: endpoint.endStreams, close: endpoint.close }
}, discordVariables)

function notFound(_request: Request, response: Response): void {
  response.status(404).json({ error: 'not_found' })
}

// Express knows a handler of errors by its four parameters. What went wrong is for the operator, not for the client.
function failed(error: unknown, request: Request, response: Response, _next: NextFunction): void {
  const status = error instanceof URIError ? 400 : 500
  if (status === 500)
    console.error(`${request.method} ${request.path} failed: ${error instanceof Error ? error.name : typeof error}`)
  if (response.headersSent) response.destroy()
  else response.status(status).json({ error: status === 400 ? 'invalid_request' : 'server_error' })
}
