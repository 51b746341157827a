/** A real server on a real socket, with Discord mocked at the edge of the network. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AuthEvent,
  combineListeners,
  createMemoryStore,
  createOAuthProxy,
  mcpAuth,
  type OAuthProxy,
  type OAuthProxyOptions,
  readAuthSession,
  requireBearerAuth,
  type Store,
} from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import { createFakeDiscord, discordHandlers, type FakeDiscord } from '@mcp-auth/provider-discord/mocks'
import express, { type RequestHandler } from 'express'
import { http, passthrough } from 'msw'
import { setupServer } from 'msw/node'
import { type Clock, createClock } from './clock.ts'
import { hostFactory } from './hosts.ts'

/** Root secret of the tests: 32 bytes, base64url. */
export const testSecret = 'dGVzdC1yb290LXNlY3JldC1mb3ItbWNwLWF1dGgtMDE'

/** A running server under test. */
export interface TestServer {
  readonly origin: string
  readonly mcpURL: string
  readonly auth: OAuthProxy
  readonly discord: FakeDiscord
  /** Where the client of the tests signs users in: Discord as well. */
  readonly idp: FakeDiscord
  readonly clock: Clock
  readonly events: AuthEvent[]
  /** Calls that reached the protected endpoint. */
  readonly calls: { method: string; subject: string }[]
  close(): Promise<void>
}

/** A {@link TestServer} and its Node server. */
export interface ListeningServer extends TestServer {
  readonly http: Server
}

/** Settings of {@link startTestServer}. `path` is a base path such as `/team-a`. */
export interface TestServerOptions extends Partial<Omit<OAuthProxyOptions, 'baseUrl' | 'provider' | 'now'>> {
  readonly path?: string
  /** Wraps the memory store, for instance with latency. */
  readonly wrapStore?: (store: Store) => Store
  /** Default scopes of the provider; clients may also ask for `guilds` and `email`. */
  readonly discordScopes?: readonly string[]
  /** What stands behind the gate, on Express. Default: answers with facts of the session, on the host of this run. */
  readonly mcp?: RequestHandler
  /** What answers requests, instead of Express. */
  readonly listener?: (auth: OAuthProxy, calls: TestServer['calls']) => RequestListener | Promise<RequestListener>
  /** Where people reach the server, when that is not where it listens. */
  readonly publicOrigin?: string
  readonly serverOptions?: ServerOptions
  /** Names under which https servers of this machine may be reached. Default: none. */
  readonly httpsHosts?: readonly string[]
}

/** Starts a server. Any request that is neither for it nor for the mocked Discord fails. */
export async function startTestServer(options: TestServerOptions = {}): Promise<ListeningServer> {
  const { path = '', wrapStore = (store: Store) => store, discordScopes = ['identify'], mcp, ...others } = options
  const { listener, publicOrigin, serverOptions = {}, httpsHosts = [], onEvent, ...rest } = others
  const clock = createClock()
  const fake = createFakeDiscord({ now: clock.now })
  const network = setupServer(
    ...discordHandlers(fake),
    http.all(/^http:\/\/(127\.0\.0\.1|localhost|\[::1\]):\d+\//, () => passthrough()),
    ...httpsHosts.map((host) =>
      http.all(new RegExp(`^https://${host.replaceAll('.', '\\.')}:\\d+/`), () => passthrough()),
    ),
  )
  network.listen({ onUnhandledFrame: 'error' })

  let answer: RequestListener = (_request, response) => void response.writeHead(503).end()
  const server = createServer(serverOptions, (request, response) => answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const events: AuthEvent[] = []
  const calls: TestServer['calls'] = []
  const auth = createOAuthProxy({
    baseUrl: (publicOrigin ?? origin) + path,
    provider: discord({
      clientId: fake.clientId,
      clientSecret: fake.clientSecret,
      scopes: discordScopes,
      optionalScopes: ['guilds', 'email'],
    }),
    secret: testSecret,
    store: wrapStore(createMemoryStore({ now: clock.now })),
    now: clock.now,
    onEvent: combineListeners((event) => events.push(event), onEvent),
    ...rest,
  })
  const mcpURL = auth.metadata.protectedResource.resource
  answer = mcp ? expressWith(mcp, auth, calls) : await (listener ?? hostFactory())(auth, calls)
  return {
    origin,
    mcpURL,
    http: server,
    auth,
    discord: fake,
    idp: fake,
    clock,
    events,
    calls,
    async close() {
      network.close()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function expressWith(mcp: RequestHandler, auth: OAuthProxy, calls: TestServer['calls']): RequestListener {
  const app = express()
  app.disable('x-powered-by')
  app.use(mcpAuth(auth))
  const { pathname } = new URL(auth.metadata.protectedResource.resource)
  app.all(pathname, requireBearerAuth(auth), async (request, response, next) => {
    calls.push({ method: request.method, subject: readAuthSession(request).subject })
    await mcp(request, response, next)
  })
  return app
}
