/** An MCP server on Express whose users sign in with Descope. @module */
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import {
  createDescopeEndpoint,
  descopeVariables,
  notFound,
  readDescopeSettings,
  readiness,
  runServer,
  toFailure,
} from '@mcp-auth/example-kit'
import { createRemoteOAuth, mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/express'
import { descope } from '@mcp-auth/provider-descope'
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express'

await runServer(async (start) => {
  const provider = descope(await readDescopeSettings(start))
  const auth = createRemoteOAuth({ ...start.remoteOptions, provider })
  await auth.checkProvider() // a wrong project ends the start; a Descope that is down does not
  const endpoint = createDescopeEndpoint({ start, auth }) // three tools

  const mcp: RequestHandler = async (request, response) => {
    const incoming = toWebRequest(request, endpoint.origin, request.originalUrl)
    await writeWebResponse(request, response, await endpoint.fetch(incoming, readAuthSession(request)))
  }

  const app = express()
  app.disable('x-powered-by')
  app.get('/healthz', (_request, response) => void response.json({ status: 'up' }))
  app.get('/readyz', async (_request, response) => {
    const { status, body } = await readiness(start.store, auth)
    response.status(status).json(body)
  })
  app.use(mcpAuth(auth)) // discovery: where Descope signs users in
  app.all(endpoint.pathname, requireBearerAuth(auth), mcp) // 401 and 403 challenges, then both MCP wires
  app.use((_request, response) => void response.status(404).json(notFound))
  app.use(failed)

  return { listener: app, ...endpoint }
}, descopeVariables)

// Express knows a handler of errors by its four parameters.
function failed(error: unknown, request: Request, response: Response, _next: NextFunction): void {
  const { status, body } = toFailure(error, request.method, request.originalUrl)
  if (response.headersSent) response.destroy()
  else response.status(status).json(body)
}
