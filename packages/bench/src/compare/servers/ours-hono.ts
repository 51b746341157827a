/** Our proxy on Hono. @module */
import { getRequestListener } from '@hono/node-server'
import { mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/hono'
import { Hono } from 'hono'
import { listen, type StartServer } from '../server.ts'
import { createOurs } from './ours.ts'

/** Starts it. */
export const start: StartServer = async (idp) => {
  const auth = createOurs(idp)
  const app = new Hono()
  app.use(mcpAuth(auth))
  app.get('/mcp', requireBearerAuth(auth), (c) => c.json({ caller: readAuthSession(c).subject }))
  app.get('/open', (c) => c.json({ caller: 'anybody' }))
  return await listen(getRequestListener(app.fetch))
}
