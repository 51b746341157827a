/** Express applications on real sockets, in front of an identity provider (IdP) that agrees to everything. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Express } from 'express'
import { onTestFinished } from 'vitest'
import { type AuthEvent, createOAuthProxy, type OAuthProxy, type OAuthProxyProvider } from '../../src/index.ts'

const provider: OAuthProxyProvider = {
  name: 'idp',
  displayName: 'Example',
  clientId: 'proxy',
  clientSecret: 'proxy-secret',
  tokenEndpointAuthMethod: 'client_secret_post',
  authorizationEndpoint: 'https://idp.example/authorize',
  tokenEndpoint: 'https://idp.example/token',
  scopes: ['profile'],
  supportedScopes: ['profile'],
  identityScopes: ['profile'],
  identify: async () => ({ subject: 'user-1', username: 'User', claims: {} }),
  classifyError: () => ({ kind: 'protocol' }),
}

/** A running application. */
export interface TestApp {
  readonly origin: string
  /** `Host` line of a request to it. */
  readonly host: string
  readonly auth: OAuthProxy
  readonly http: Server
  readonly events: readonly AuthEvent[]
  /** What reached the application's error handler. */
  readonly errors: readonly unknown[]
}

/** Starts an application for the running test. `path` is the issuer's path; `build` mounts what the test is about. */
export async function startApp(
  build: (app: Express, auth: OAuthProxy) => void,
  { path = '' }: { readonly path?: string } = {},
): Promise<TestApp> {
  const app = express()
  const http = createServer(app)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(async () => {
    http.closeAllConnections()
    if (!http.listening) return
    http.close()
    await once(http, 'close')
  })
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const events: AuthEvent[] = []
  const auth = createOAuthProxy({
    baseUrl: origin + path,
    provider,
    onEvent: (event) => events.push(event),
    fetch: async () => Response.json({ access_token: 'upstream', token_type: 'Bearer', scope: 'profile' }),
  })
  const errors: unknown[] = []
  build(app, auth)
  app.use((_request: express.Request, response: express.Response) => {
    response.status(404).send('nothing here')
  })
  app.use((error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    errors.push(error)
    response.status(500).send('handled')
  })
  return { origin, host: new URL(origin).host, auth, http, events, errors }
}
