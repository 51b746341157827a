/** Discord tools over MCP and REST, for callers with bearer tokens, with an audit log. @module */
import { createMCPAccess, requireScopes } from '@mcp-auth/core'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import {
  abortWith,
  createMCPEndpoint,
  createDiscordTools as createUsualTools,
  discordVariables,
  notFound,
  readiness,
  runServer,
  toFailure,
} from '@mcp-auth/example-kit'
import { createOAuthProxy, mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import express, {
  type Response as ExpressResponse,
  type NextFunction,
  type Request,
  type RequestHandler,
} from 'express'
import { createDiscordTraffic } from './discord/traffic.ts'
import { createBots } from './service/bots.ts'
import { createCallLimit } from './service/call-limit.ts'
import { createInvoke } from './service/invoke.ts'
import { createGuildList } from './service/list-guilds.ts'
import { createDiscordServer } from './service/mcp-server.ts'
import { withMintedCallers } from './service/minted-callers.ts'
import { createRestEndpoint, toRefusal } from './service/rest.ts'
import { readDiscordToolsSettings } from './service/settings.ts'
import { createDiscordTools } from './tools/index.ts'
import { toolScopes } from './tools/tool.ts'

const now = (): number => Date.now() / 1000

await runServer(async (start) => {
  const settings = await readDiscordToolsSettings(start)
  const { apiUrl, botToken, isFake, minted } = settings
  const provider = discord(settings.provider)
  const auth = createOAuthProxy({
    ...start.options,
    provider,
    roles: settings.roles,
    serverScopes: Object.keys(toolScopes),
    authenticate: minted?.authenticate,
  })

  // Who may call what, and what the audit log keeps of it.
  const tools = createDiscordTools()
  const limit = createCallLimit(settings.callsPerMinute, now)
  const { headers = {} } = provider
  const guildList = createGuildList({ apiUrl, headers, limit })
  const usualTools = createUsualTools({ apiUrl, audit: start.audit }).filter(({ name }) => name !== guildList.name)
  const gate = withMintedCallers(auth)
  const access = createMCPAccess(gate, {
    tools: {
      ...Object.fromEntries([...usualTools, guildList].map((tool) => [tool.name, tool])),
      ...Object.fromEntries(tools.map(({ name, scopes }) => [name, requireScopes(...scopes)])),
    },
    parameters: Object.fromEntries(tools.map(({ name, parameters }) => [name, parameters])),
  })
  const bots = createBots({ minted, botToken, apiUrl, isFake, traffic: createDiscordTraffic() })
  const invoke = createInvoke({ bots, limit, now })
  const createServer = () => createDiscordServer({ tools, guildList, usualTools, invoke })
  const endpoint = createMCPEndpoint({ auth: gate, access, createServer, secret: start.environment.secret })
  const rest = createRestEndpoint({ auth: gate, access, tools, invoke })

  const serve =
    (handle: typeof rest): RequestHandler =>
    async (request, response) => {
      // Whoever goes away ends the call: nothing is done at Discord that nobody waits for.
      const incoming = abortWith(response, toWebRequest(request, endpoint.origin, request.originalUrl))
      await writeWebResponse(request, response, await handle(incoming, readAuthSession(request)))
    }

  const app = express()
  app.disable('x-powered-by')
  app.get('/healthz', (_request, response) => void response.json({ status: 'up' }))
  app.get('/readyz', async (_request, response) => {
    const { status, body } = await readiness(start.store)
    response.status(status).json(body)
  })
  app.use(mcpAuth(auth)) // discovery, authorize, consent, callback, token, register, revoke, jwks
  app.get(settings.jwksPath, async (request, response) => {
    const keys = async (): Promise<Response> => Response.json((await minted?.jwks()) ?? { keys: [] })
    await writeWebResponse(request, response, await keys().catch(toRefusal))
  })
  app.all(`${endpoint.pathname.replace(/\/$/, '')}/v1/tools/invoke`, requireBearerAuth(auth), serve(rest))
  app.all(endpoint.pathname, requireBearerAuth(auth), serve(endpoint.fetch))
  app.use((_request, response) => void response.status(404).json(notFound))
  app.use(failed)

  return { listener: app, close: auth.close, ...endpoint }
}, discordVariables)

// Express knows a handler of errors by its four parameters.
function failed(error: unknown, request: Request, response: ExpressResponse, _next: NextFunction): void {
  const { status, body } = toFailure(error, request.method, request.originalUrl)
  if (response.headersSent) response.destroy()
  else response.status(status).json(body)
}
