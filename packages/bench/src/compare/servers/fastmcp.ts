/** `fastmcp`: a server with its OAuth proxy and consent page; the protected request is a route behind its `authenticate`. @module */
import type { IncomingMessage } from 'node:http'
import { FastMCP } from 'fastmcp'
import { OAuthProvider } from 'fastmcp/auth'
import { freePort } from '../../../../store-redis/test/support/free-port.ts'
import { origin, redirectURI, type StartServer, scope } from '../server.ts'

const silent = { debug() {}, error() {}, info() {}, log() {}, warn() {} }

/** Starts it. */
export const start: StartServer = async (idp) => {
  const auth = new OAuthProvider({
    baseUrl: origin,
    authorizationEndpoint: `${idp.origin}/authorize`,
    tokenEndpoint: `${idp.origin}/token`,
    clientId: idp.clientId,
    clientSecret: idp.clientSecret,
    scopes: [scope],
    allowedRedirectUriPatterns: [redirectURI],
  })
  const server = new FastMCP({ name: 'bench', version: '1.0.0', auth, logger: silent })
  const app = server.getApp()
  app.get('/tools', async (c) => {
    // FastMCP hands Node's request on as a binding.
    const { incoming } = c.env as { readonly incoming: IncomingMessage }
    const session = await auth.authenticate(incoming).catch(() => undefined)
    return session ? c.json({ caller: session.accessToken }) : c.json({ error: 'invalid_token' }, 401)
  })
  app.get('/open', (c) => c.json({ caller: 'anybody' }))
  const port = await freePort()
  await server.start({
    transportType: 'httpStream',
    httpStream: { port, host: '127.0.0.1', stateless: true },
  })
  return {
    port,
    async stop() {
      auth.getProxy().destroy()
      await server.stop()
    },
  }
}
