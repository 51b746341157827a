/** A second process of the same server: another socket and another proxy, one store. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AuthEvent,
  createOAuthProxy,
  mcpAuth,
  type OAuthProxyOptions,
  readAuthSession,
  requireBearerAuth,
  type Store,
} from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import express, { type RequestHandler } from 'express'
import { type TestServer, testSecret } from './server.ts'

/** Settings of {@link startTwin}. */
export interface TwinOptions
  extends Partial<Omit<OAuthProxyOptions, 'baseUrl' | 'provider' | 'now' | 'onEvent' | 'store'>> {
  /** The store both work on. */
  readonly store: Store
  /** What stands behind the gate. Default: answers with facts of the session. */
  readonly mcp?: RequestHandler
}

/**
 * Starts it. Issuer and resource are the first server's, so its documents name the first socket; the twin's own
 * addresses stand in what is returned, so that a client of the tests talks to the twin.
 */
export async function startTwin(first: TestServer, options: TwinOptions): Promise<TestServer> {
  const { mcp, ...rest } = options
  const events: AuthEvent[] = []
  const calls: TestServer['calls'] = []
  const { issuer } = first.auth.metadata.authorizationServer
  const auth = createOAuthProxy({
    baseUrl: issuer,
    resource: first.auth.metadata.protectedResource.resource,
    provider: discord({
      clientId: first.discord.clientId,
      clientSecret: first.discord.clientSecret,
      scopes: ['identify'],
      optionalScopes: ['guilds', 'email'],
    }),
    secret: testSecret,
    now: () => first.clock.now(),
    onEvent: (event) => events.push(event),
    ...rest,
  })
  const app = express()
  app.use(mcpAuth(auth))
  const { resource } = auth.metadata.protectedResource
  app.all(new URL(resource).pathname, requireBearerAuth(auth), async (request, response, next) => {
    const session = readAuthSession(request)
    calls.push({ method: request.method, subject: session.subject })
    if (mcp) await mcp(request, response, next)
    else response.json({ subject: session.subject, scopes: session.scopes, clientId: session.clientId })
  })
  const server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const own = (url: string): string => url.replace(new URL(issuer).origin, origin)
  const documents = auth.metadata.authorizationServer
  const authorizationServer = {
    ...documents,
    authorization_endpoint: own(documents.authorization_endpoint),
    token_endpoint: own(documents.token_endpoint),
    revocation_endpoint: own(String(documents.revocation_endpoint)),
    registration_endpoint: own(String(documents.registration_endpoint)),
  }
  return {
    ...first,
    origin,
    mcpURL: own(resource),
    auth: { ...auth, metadata: { ...auth.metadata, authorizationServer } },
    events,
    calls,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
