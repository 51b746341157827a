/** An MCP server on Hono whose users sign in with Discord. @module */
import { getRequestListener } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import {
  createDiscordEndpoint,
  discordVariables,
  notFound,
  readDiscordSettings,
  readiness,
  runServer,
  toFailure,
} from '@mcp-auth/example-kit'
import { createOAuthProxy, mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/hono'
import { discord } from '@mcp-auth/provider-discord'
import { Hono } from 'hono'

await runServer(async (start) => {
  const settings = await readDiscordSettings(start)
  const provider = discord(settings.provider)
  const auth = createOAuthProxy({ ...start.options, provider, roles: settings.roles })
  const endpoint = createDiscordEndpoint({ start, settings, provider, auth }) // three tools

  const app = new Hono()
  app.get('/healthz', (c) => c.json({ status: 'up' }))
  app.get('/readyz', async (c) => {
    const { status, body } = await readiness(start.store)
    return c.json(body, status)
  })
  // discovery, authorize, consent, callback, token, register, revoke, jwks
  app.use(mcpAuth(auth, { clientAddress: (c) => getConnInfo(c).remote.address }))
  // 401 and 403 challenges, then both MCP wires
  app.all(endpoint.pathname, requireBearerAuth(auth), async (c) => await endpoint.fetch(c.req.raw, readAuthSession(c)))
  app.notFound((c) => c.json(notFound, 404))
  app.onError((error, c) => {
    const { status, body } = toFailure(error, c.req.method, c.req.path)
    return c.json(body, status)
  })

  const listener = getRequestListener(app.fetch)
  return { listener: (request, response) => void listener(request, response), close: auth.close, ...endpoint }
}, discordVariables)
