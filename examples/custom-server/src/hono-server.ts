/** The same rules in a Hono application, without MCP. @module */
import { getRequestListener } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { discordVariables, notFound, readDiscordSettings, readiness, runServer, toFailure } from '@mcp-auth/example-kit'
import { createOAuthProxy, mcpAuth, readAuthSession, requireBearerAuth, requireScopes } from '@mcp-auth/hono'
import { discord } from '@mcp-auth/provider-discord'
import { Hono } from 'hono'
import { serveNotes } from './api.ts'
import { createNotes } from './notes.ts'

await runServer(async (start) => {
  const settings = await readDiscordSettings(start)
  const auth = createOAuthProxy({ ...start.options, provider: discord(settings.provider), roles: settings.roles })
  const { resource } = auth.metadata.protectedResource
  const options = { auth, notes: createNotes(), discordURL: settings.apiUrl }

  const app = new Hono()
  app.get('/healthz', (c) => c.json({ status: 'up' }))
  app.get('/readyz', async (c) => {
    const { status, body } = await readiness(start.store)
    return c.json(body, status)
  })
  app.use(mcpAuth(auth, { clientAddress: (c) => getConnInfo(c).remote.address }))
  // A rule at the gate of a route: who passes has both scopes.
  app.get('/api/profile', requireBearerAuth(auth, { canAccess: requireScopes('identify', 'guilds') }), (c) => {
    const { subject, identity, scopes } = readAuthSession(c)
    return c.json({ subject, username: identity.username ?? null, scopes })
  })
  // Or inside a handler, where the rule depends on what is asked for.
  app.all('/api/*', async (c) => (await serveNotes(c.req.raw, options)) ?? c.json(notFound, 404))
  app.notFound((c) => c.json(notFound, 404))
  app.onError((error, c) => {
    const { status, body } = toFailure(error, c.req.method, c.req.path)
    return c.json(body, status)
  })

  const listener = getRequestListener(app.fetch)
  return { listener: (request, response) => void listener(request, response), close: auth.close, resource }
}, discordVariables)
