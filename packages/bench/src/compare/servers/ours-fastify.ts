/** Our proxy on Fastify. @module */
import { mcpAuth, readAuthSession, requireBearerAuth } from '@mcp-auth/fastify'
import { fastify } from 'fastify'
import { runningServer, type StartServer } from '../server.ts'
import { createOurs } from './ours.ts'

/** Starts it. */
export const start: StartServer = async (idp) => {
  const auth = createOurs(idp)
  const app = fastify()
  await app.register(mcpAuth(auth))
  app.get('/mcp', { onRequest: requireBearerAuth(auth) }, async (request) => ({
    caller: readAuthSession(request).subject,
  }))
  app.get('/open', async () => ({ caller: 'anybody' }))
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { ...runningServer(app.server), stop: async () => await app.close() }
}
