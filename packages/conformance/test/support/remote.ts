/** A server in remote mode on a real socket, and a small identity provider (IdP) that issues its tokens. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AuthEvent,
  createRemoteOAuth,
  type Fetch,
  type JWTVerifierOptions,
  jwtVerifier,
  type RemoteOAuth,
  type RemoteOAuthOptions,
  type RemoteOAuthProvider,
} from '@mcp-auth/express'
import { onTestFinished } from 'vitest'
import { type Clock, createClock } from './clock.ts'
import { type Changes, encodePart, type ForgeAlgorithm, type ForgeKey, newForgeKey } from './forge.ts'
import { type Calls, type HostOptions, hostFactory } from './hosts.ts'

/** What an IdP that is not well answers. */
export type Fault = '404' | '429' | '500' | '503' | 'html' | 'garbage' | 'empty' | 'redirect' | 'refused' | 'hang'

/** Where {@link Fault} `redirect` leads. Nobody should ever ask there. */
export const elsewhere = 'https://elsewhere.example/stolen'

/** An IdP on an injected `fetch`: metadata, keys, and a pen for tokens. */
export interface TestIdP {
  readonly issuer: string
  readonly jwksURI: string
  readonly fetch: Fetch
  /** Every URL that was asked for, in order. */
  readonly requests: readonly string[]
  /** How often the keys were asked for. */
  keyRequests(): number
  /** The document at its well-known places. */
  readonly metadata: Record<string, unknown>
  /** Headers of the answers, such as `cache-control`. */
  readonly headers: Record<string, string>
  /** The key it signs with. */
  readonly key: ForgeKey & { readonly kid: string }
  /** A token for `audience` as RFC 9068 has it, with changes; a member that is `undefined` is left out. */
  mint(audience: string, changes?: { header?: Changes; payload?: Changes }, key?: ForgeKey): string
  /** Signs with a new key from now on; `keepFormer` publishes the former ones as well, `kid` names it otherwise. */
  rotate(keepFormer?: boolean, kid?: string): void
  /** `whenHanging` hears of each request that gets no answer. */
  fail(what: 'metadata' | 'keys' | '*', fault: Fault, whenHanging?: () => void): void
  recover(): void
}

/** Creates an IdP. `publishes` says at which well-known suffix. */
export function createTestIdP(
  clock: Clock,
  options: {
    readonly issuer?: string
    readonly alg?: ForgeAlgorithm
    readonly publishes?: 'oauth-authorization-server' | 'openid-configuration'
  } = {},
): TestIdP {
  const { issuer = 'https://login.example', alg = 'EdDSA', publishes = 'oauth-authorization-server' } = options
  const jwksURI = `${issuer}/keys`
  let generation = 0
  const newKey = (): TestIdP['key'] => ({ ...newForgeKey(alg), kid: `key-${(generation += 1)}` })
  let key = newKey()
  let published = [key]
  const faults = new Map<string, Fault>()
  let whenHanging = (): void => {}
  const requests: string[] = []
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  const metadata: Record<string, unknown> = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    registration_endpoint: `${issuer}/register`,
    jwks_uri: jwksURI,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['read', 'write'],
  }
  const jwks = (): unknown => ({
    keys: published.map(({ publicJwk, kid }) => ({ ...publicJwk, kid, alg, use: 'sig' })),
  })
  return {
    issuer,
    jwksURI,
    requests,
    metadata,
    headers,
    get key() {
      return key
    },
    keyRequests: () => requests.filter((url) => url === jwksURI).length,
    async fetch(url, init) {
      requests.push(url)
      const isKeys = url === jwksURI
      const isMetadata = url.startsWith(issuer) && url.includes(`/.well-known/${publishes}`)
      const fault = faults.get(isKeys ? 'keys' : 'metadata') ?? faults.get('*')
      if (fault === 'hang') whenHanging()
      if (fault !== undefined) return await failing(fault, init.signal)
      if (isKeys) {
        const keys = jwks()
        await nextTurns()
        return Response.json(keys, { headers })
      }
      return isMetadata ? Response.json(metadata, { headers }) : new Response('not here', { status: 404 })
    },
    mint(audience, { header = {}, payload = {} } = {}, signer = key) {
      const now = clock.now()
      const claims = {
        iss: issuer,
        aud: audience,
        sub: 'user-1',
        client_id: 'client-1',
        scope: 'read',
        iat: now,
        exp: now + 600,
        jti: crypto.randomUUID(),
        ...payload,
      }
      const kid = 'kid' in signer ? signer.kid : key.kid
      const input = `${encodePart({ alg: signer.alg, typ: 'at+jwt', kid, ...header })}.${encodePart(claims)}`
      return `${input}.${signer.sign(input)}`
    },
    rotate(keepFormer = false, kid) {
      key = { ...newKey(), ...(kid === undefined ? {} : { kid }) }
      published = keepFormer ? [key, ...published] : [key]
    },
    fail: (what, fault, hears = (): void => {}) => {
      faults.set(what, fault)
      whenHanging = hears
    },
    recover: () => faults.clear(),
  }
}

/** Latency after the read, so that requests at the same time overlap. */
async function nextTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

async function failing(fault: Fault, signal: AbortSignal | null | undefined): Promise<Response> {
  const page = '<html><body>Maintenance. at inside (/srv/idp/server.js:1:1)</body></html>'
  if (fault === 'refused') throw new TypeError('fetch failed: connect ECONNREFUSED 10.0.0.7:443')
  if (fault === 'hang') {
    return await new Promise((_resolve, reject) => {
      if (signal?.aborted) reject(signal.reason)
      signal?.addEventListener('abort', () => reject(signal.reason))
    })
  }
  if (fault === 'html') return new Response(page, { headers: { 'content-type': 'text/html' } })
  if (fault === 'garbage') return Response.json({ error: 'oops', at: '/srv/idp/server.js:1:1' })
  if (fault === 'empty') return new Response('')
  if (fault === 'redirect') return new Response(null, { status: 302, headers: { location: elsewhere } })
  return new Response(page, { status: Number(fault), headers: { 'content-type': 'text/html' } })
}

/** A running server in remote mode. */
export interface RemoteServer {
  readonly origin: string
  readonly mcpURL: string
  readonly auth: RemoteOAuth
  readonly idp: TestIdP
  readonly clock: Clock
  readonly events: AuthEvent[]
  readonly calls: Calls
  /** A good token of its IdP, with changes. */
  mint(changes?: { header?: Changes; payload?: Changes }, key?: ForgeKey): string
  close(): Promise<void>
}

/** Settings of {@link startRemoteServer}. */
export interface RemoteServerOptions extends Partial<Omit<RemoteOAuthOptions, 'baseUrl' | 'now' | 'onEvent'>> {
  /** Base path such as `/team-a`. */
  readonly path?: string
  /** Where people reach it, when that is not where it listens. */
  readonly publicOrigin?: string
  readonly clock?: Clock
  readonly idp?: TestIdP
  /** Beyond the issuer. */
  readonly verifier?: Partial<JWTVerifierOptions>
  readonly host?: HostOptions
}

/** The simplest provider in front of an IdP. */
export function providerOf(idp: TestIdP, verifier: Partial<JWTVerifierOptions> = {}): RemoteOAuthProvider {
  return {
    name: 'test',
    displayName: 'Test IdP',
    issuers: [idp.issuer],
    scopes: ['read'],
    createVerifier: jwtVerifier({ issuer: idp.issuer, ...verifier }),
  }
}

/** Starts a server on the host of this run. Nothing is asked of the IdP before a request needs it. */
export async function startRemoteServer(options: RemoteServerOptions = {}): Promise<RemoteServer> {
  const {
    path = '',
    publicOrigin,
    clock = createClock(),
    idp = createTestIdP(clock),
    verifier,
    host,
    ...rest
  } = options
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const events: AuthEvent[] = []
  const calls: Calls = []
  const auth = createRemoteOAuth({
    baseUrl: (publicOrigin ?? origin) + path,
    provider: providerOf(idp, verifier),
    fetch: async (url, init) => await idp.fetch(url, init),
    now: clock.now,
    onEvent: (event) => events.push(event),
    ...rest,
  })
  server.on('request', await hostFactory()(auth, calls, host))
  const mcpURL = auth.metadata.protectedResource.resource
  return {
    origin,
    mcpURL,
    auth,
    idp,
    clock,
    events,
    calls,
    mint: (changes, key) => idp.mint(mcpURL, changes, key),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Starts a server for the running test. */
export async function startRemote(options: RemoteServerOptions = {}): Promise<RemoteServer> {
  const server = await startRemoteServer(options)
  onTestFinished(async () => await server.close())
  return server
}
