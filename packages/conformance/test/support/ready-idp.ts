/** A proxy on a real socket in front of an identity provider (IdP) that has one ready client and knows nothing of MCP. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createOAuthProxy, type FixedProvider, type OAuthProxy, type OAuthProxyOptions } from '@mcp-auth/express'
import { onTestFinished } from 'vitest'
import { type Clock, createClock } from './clock.ts'
import { type Calls, hostFactory } from './hosts.ts'
import { testSecret } from './server.ts'

const origin = 'https://ready.example'

/** What the IdP was asked. */
export interface ReadyRequest {
  readonly endpoint: 'authorize' | 'token' | 'refresh' | 'userinfo'
  readonly parameters: Readonly<Record<string, string>>
  readonly authorization: string | null
}

/** The IdP. */
export interface ReadyIdP {
  readonly requests: readonly ReadyRequest[]
  last(endpoint: ReadyRequest['endpoint']): ReadyRequest | undefined
  fetch(url: string, init?: RequestInit): Promise<Response>
  /** Its pages, for a person's browser. */
  elsewhere(url: string): Promise<Response> | undefined
}

function createReadyIdP(): ReadyIdP {
  const requests: ReadyRequest[] = []
  const scopes = new Map<string, string>()
  let count = 0
  const note = (endpoint: ReadyRequest['endpoint'], parameters: URLSearchParams, request: Request): void => {
    const authorization = request.headers.get('authorization')
    requests.push({ endpoint, parameters: Object.fromEntries(parameters), authorization })
  }
  const idp: ReadyIdP = {
    requests,
    last: (endpoint) => requests.findLast((request) => request.endpoint === endpoint),
    elsewhere: (url) => (url.startsWith(origin) ? idp.fetch(url) : undefined),
    async fetch(url, init) {
      const request = new Request(url, init)
      const { pathname, searchParams } = new URL(url)
      if (pathname === '/authorize') {
        note('authorize', searchParams, request)
        const code = `code~${(count += 1)}`
        scopes.set(code, searchParams.get('scope') ?? '')
        const back = new URL(searchParams.get('redirect_uri') ?? '')
        back.search = new URLSearchParams({ code, state: searchParams.get('state') ?? '' }).toString()
        return new Response(null, { status: 302, headers: { location: back.href } })
      }
      if (pathname === '/token') {
        const form = new URLSearchParams(await request.text())
        const isRefresh = form.get('grant_type') === 'refresh_token'
        note(isRefresh ? 'refresh' : 'token', form, request)
        const scope = scopes.get(form.get('code') ?? '')
        const tokens = { access_token: `access~${(count += 1)}`, refresh_token: `refresh~${count}`, expires_in: 600 }
        return Response.json({ ...tokens, token_type: 'Bearer', ...(scope === undefined ? {} : { scope }) })
      }
      if (pathname !== '/userinfo') return new Response('not here', { status: 404 })
      note('userinfo', searchParams, request)
      return Response.json({ sub: 'user-1', name: 'User One' })
    },
  }
  return idp
}

/** The operator's ready client at the IdP. */
export function readyProvider(over: Partial<FixedProvider> = {}): FixedProvider {
  return {
    name: 'ready',
    displayName: 'Ready IdP',
    clientId: 'ready-client',
    clientSecret: 'ready-secret',
    tokenEndpointAuthMethod: 'client_secret_basic',
    authorizationEndpoint: `${origin}/authorize`,
    tokenEndpoint: `${origin}/token`,
    scopes: ['openid', 'read'],
    supportedScopes: ['openid', 'read', 'write'],
    identityScopes: ['openid'],
    identify: async ({ accessToken }, api) => {
      const user = await api.getJSON(`${origin}/userinfo`, accessToken)
      return { subject: String(Object(user).sub), username: String(Object(user).name), claims: {} }
    },
    classifyError: () => ({ kind: 'protocol' }),
    ...over,
  }
}

/** A proxy in front of the IdP. */
export interface ReadyServer {
  readonly origin: string
  readonly mcpURL: string
  readonly auth: OAuthProxy
  readonly idp: ReadyIdP
  readonly clock: Clock
  readonly calls: Calls
}

/** Starts a proxy for the running test, on the host of this run. */
export async function startReady(options: Partial<OAuthProxyOptions> = {}): Promise<ReadyServer> {
  const clock = createClock()
  const idp = createReadyIdP()
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const calls: Calls = []
  const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const auth = createOAuthProxy({
    baseUrl: here,
    provider: readyProvider(),
    secret: testSecret,
    fetch: async (url, init) => await idp.fetch(url, init),
    now: clock.now,
    ...options,
  })
  server.on(
    'request',
    await hostFactory()(auth, calls, {
      answer: async (session) => ({
        subject: session.subject,
        scopes: session.scopes,
        clientId: session.clientId,
        upstream: await session.getUpstreamAccessToken(),
      }),
    }),
  )
  return { origin: here, mcpURL: auth.metadata.protectedResource.resource, auth, idp, clock, calls }
}
