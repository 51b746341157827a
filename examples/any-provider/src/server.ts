/** An MCP server on Hono whose identity provider is chosen by the environment. @module */
import { getRequestListener } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { notFound, readiness, runServer, toFailure } from '@mcp-auth/example-kit'
import { createAnyProviderEndpoint, readProvider } from '@mcp-auth/example-kit/any-provider'
import { createOAuthProxy, createRemoteOAuth, mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/hono'
import { Hono } from 'hono'

await runServer(async (start) => {
  const { roles, check, ...idp } = await readProvider(start) // MCP_AUTH_PROVIDER and the variables of that provider
  const auth =
    idp.mode === 'proxy'
      ? createOAuthProxy({ ...start.options, provider: idp.provider, roles }) // we issue the tokens
      : createRemoteOAuth({ ...start.remoteOptions, provider: idp.provider, roles }) // the provider does
  await check(auth) // a wrong setting ends the start; a provider that is down does not
  const endpoint = createAnyProviderEndpoint({ start, auth }) // two tools

  const app = new Hono()
  app.get('/healthz', (c) => c.json({ status: 'up' }))
  app.get('/readyz', async (c) => {
    const { status, body } = await readiness(start.store, idp.mode === 'remote' ? auth : undefined)
    return c.json(body, status)
  })
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
})
