/** Servers that live as long as one test. */
import { type AuthEvent, createOAuthProxy, type OAuthProxyOptions } from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import { createFakeDiscord } from '@mcp-auth/provider-discord/mocks'
import { onTestFinished } from 'vitest'
import { type Browser, createBrowser, type send } from './browser.ts'
import { redirectURI } from './client.ts'
import { createClock } from './clock.ts'
import { startTestServer, type TestServer, type TestServerOptions, testSecret } from './server.ts'

/** A client the operator registered. */
export const knownClient: {
  readonly client_id: string
  readonly client_name: string
  readonly redirect_uris: readonly string[]
} = { client_id: 'known-client', client_name: 'Known Client', redirect_uris: [redirectURI] }

/** Starts a server for the running test. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startTestServer(options)
  onTestFinished(async () => await server.close())
  return server
}

/** A server with an https base URL. */
export interface SecureServer extends TestServer {
  /** Sends a request to it. */
  readonly send: typeof send
  createBrowser(): Browser
}

/**
 * A server behind TLS: its requests are the ones that arrive where TLS ends, so no socket is needed.
 * Its one client is {@link knownClient}, unless others are given.
 */
export function createSecureServer(
  options: Partial<Omit<OAuthProxyOptions, 'provider' | 'now' | 'onEvent' | 'fetch'>> = {},
): SecureServer {
  const clock = createClock()
  const fake = createFakeDiscord({ now: () => clock.now() })
  const events: AuthEvent[] = []
  const auth = createOAuthProxy({
    baseUrl: 'https://mcp.example',
    provider: discord({ clientId: fake.clientId, clientSecret: fake.clientSecret, optionalScopes: ['guilds'] }),
    secret: testSecret,
    clients: [knownClient],
    ...options,
    now: () => clock.now(),
    onEvent: (event) => events.push(event),
    fetch: async (url, init) => await fake.fetch(new Request(url, init)),
  })
  const transport: typeof send = async (url, options) => {
    const { method = 'GET', headers = {}, body } = options ?? {}
    const all = new Headers()
    for (const [name, values] of Object.entries(headers)) {
      for (const value of typeof values === 'string' ? [values] : values) all.append(name, value)
    }
    const request = new Request(url, { method, headers: all, ...(body === undefined ? {} : { body }) })
    const response = (await auth.fetch(request)) ?? new Response('not ours', { status: 404 })
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      text,
      location: response.headers.get('location') ?? undefined,
      json: () => JSON.parse(text) as Record<string, unknown>,
    }
  }
  return {
    origin: new URL(auth.metadata.authorizationServer.issuer).origin,
    mcpURL: auth.metadata.protectedResource.resource,
    auth,
    discord: fake,
    idp: fake,
    clock,
    events,
    calls: [],
    send: transport,
    createBrowser: () => createBrowser(transport),
    async close() {},
  }
}
