/** Our proxy on Express. @module */
import { mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/express'
import express from 'express'
import { listen, type StartServer } from '../server.ts'
import { createOurs } from './ours.ts'

/** Starts it. */
export const start: StartServer = async (idp) => {
  const auth = createOurs(idp)
  const app = express()
  app.use(mcpAuth(auth))
  app.get('/mcp', requireBearerAuth(auth), (request, response) => {
    response.json({ caller: readAuthSession(request).subject })
  })
  app.get('/open', (_request, response) => {
    response.json({ caller: 'anybody' })
  })
  return await listen(app)
}
