/** An MCP server on Hono whose users sign in with Descope. @module */
import { getRequestListener } from '@hono/node-server'
import {
  createDescopeEndpoint,
  descopeVariables,
  notFound,
  readDescopeSettings,
  readiness,
  runServer,
  toFailure,
} from '@mcp-auth/example-kit'
import { createRemoteOAuth, mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/hono'
import { descope } from '@mcp-auth/provider-descope'
import { Hono } from 'hono'

await runServer(async (start) => {
  const provider = descope(await readDescopeSettings(start))
  const auth = createRemoteOAuth({ ...start.remoteOptions, provider })
  await auth.checkProvider() // a wrong project ends the start; a Descope that is down does not
  const endpoint = createDescopeEndpoint({ start, auth }) // three tools

  const app = new Hono()
  app.get('/healthz', (c) => c.json({ status: 'up' }))
  app.get('/readyz', async (c) => {
    const { status, body } = await readiness(start.store, auth)
    return c.json(body, status)
  })
  app.use(mcpAuth(auth)) // discovery: where Descope signs users in
  // 401 and 403 challenges, then both MCP wires
  app.all(endpoint.pathname, requireBearerAuth(auth), async (c) => await endpoint.fetch(c.req.raw, readAuthSession(c)))
  app.notFound((c) => c.json(notFound, 404))
  app.onError((error, c) => {
    const { status, body } = toFailure(error, c.req.method, c.req.path)
    return c.json(body, status)
  })

  const listener = getRequestListener(app.fetch)
  return { listener: (request, response) => void listener(request, response), ...endpoint }
}, descopeVariables)
