/** A real server on a real socket of this machine, in front of a fake identity provider (IdP). @module */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AuthEvent,
  createMemoryStore,
  createOAuthProxy,
  type FixedProvider,
  type OAuthProxy,
  type OAuthProxyOptions,
  type RequestInfo,
  type Store,
  UpstreamError,
} from '@mcp-auth/core'
import { createFakeIdP, type FakeIdP } from '@mcp-auth/core/mocks'
import { onTestFinished } from 'vitest'
import { createTestClock } from '../support/clock.ts'
import type { AdapterCall, AdapterHost } from './host.ts'

/** A running server under test. */
export interface AdapterServer {
  readonly origin: string
  readonly mcpURL: string
  readonly http: Server
  readonly auth: OAuthProxy
  readonly idp: FakeIdP
  readonly events: readonly AuthEvent[]
  /** Calls that reached the MCP endpoint. */
  readonly calls: readonly AdapterCall[]
}

/** Settings of {@link startHost}. */
export interface HostOptions extends Pick<OAuthProxyOptions, 'allowedHosts' | 'allowedOrigins'> {
  /** One of {@link AdapterHost.parsers}. */
  readonly parser?: string
  /** A base path such as `/team-a`. */
  readonly path?: string
  /** Where people reach the server, when that is not where it listens. */
  readonly publicOrigin?: string
  readonly serverOptions?: ServerOptions
  readonly wrapStore?: (store: Store) => Store
  /** Learns what the adapter tells core about a request. */
  readonly onFetch?: (request: Request, info?: RequestInfo) => void
}

/** 32 bytes, base64url. */
const rootSecret = 'YWRhcHRlci1jb250cmFjdC1yb290LXNlY3JldC0zMmI'

/** Starts a server on a host for the running test. The IdP is no server: nothing leaves this machine. */
export async function startHost(host: AdapterHost, options: HostOptions = {}): Promise<AdapterServer> {
  const { parser, path = '', publicOrigin, serverOptions = {}, wrapStore, onFetch, ...rest } = options
  const clock = createTestClock()
  const idp = createFakeIdP({ now: clock.now })
  let answer: RequestListener = (_request, response) => void response.writeHead(503).end()
  const server = createServer(serverOptions, (request, response) => answer(request, response))
  const origin = await listen(server)
  const events: AuthEvent[] = []
  const calls: AdapterCall[] = []
  const store = createMemoryStore({ now: clock.now })
  const auth = createOAuthProxy({
    baseUrl: (publicOrigin ?? origin) + path,
    provider: providerOf(idp),
    secret: rootSecret,
    store: wrapStore ? wrapStore(store) : store,
    now: clock.now,
    onEvent: (event) => events.push(event),
    fetch: async (url, init) => await idp.fetch(new Request(url, init)),
    ...rest,
  })
  answer = await host.listener(onFetch ? watched(auth, onFetch) : auth, calls, parser)
  return { origin, mcpURL: auth.metadata.protectedResource.resource, http: server, auth, idp, events, calls }
}

/** Listens on a free port until the running test is finished. */
async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    if (!server.listening) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function watched(auth: OAuthProxy, onFetch: NonNullable<HostOptions['onFetch']>): OAuthProxy {
  return {
    ...auth,
    async fetch(request, info) {
      onFetch(request, info)
      return await auth.fetch(request, info)
    },
  }
}

/** The scopes are those that {@link AdapterHost} has at its gates. */
function providerOf({ issuer, clientId, clientSecret }: FakeIdP): FixedProvider {
  return {
    name: 'fake',
    displayName: 'Fake',
    clientId,
    clientSecret,
    tokenEndpointAuthMethod: 'client_secret_basic',
    authorizationEndpoint: `${issuer}/authorize`,
    tokenEndpoint: `${issuer}/token`,
    revocationEndpoint: `${issuer}/revoke`,
    issuer,
    scopes: ['identify'],
    supportedScopes: ['identify', 'guilds'],
    identityScopes: ['identify'],
    async identify(tokens, api) {
      const { sub } = Object(await api.getJSON(`${issuer}/userinfo`, tokens.accessToken)) as { readonly sub?: unknown }
      if (typeof sub !== 'string') throw new UpstreamError('protocol')
      return { subject: sub, claims: {} }
    },
    classifyError: () => ({ kind: 'protocol' }),
  }
}
