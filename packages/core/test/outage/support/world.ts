/** Several processes of one server over one database, in front of one identity provider (IdP). @module */
import { randomUUID } from 'node:crypto'
import type { AuthEvent } from '../../../src/events.ts'
import { createFakeIdP, type FakeIdP, type FakeIdPProfile } from '../../../src/mocks/index.ts'
import { createOAuthProxy, type OAuthProxy } from '../../../src/oauth-proxy.ts'
import type { OAuthProxyOptions } from '../../../src/oauth-proxy-options.ts'
import type { OAuthProxyProvider } from '../../../src/provider.ts'
import { classifyOAuthError } from '../../../src/providers/classify-oauth-error.ts'
import type { Store } from '../../../src/store.ts'
import { createMemoryStore, type MemoryStoreOptions } from '../../../src/stores/memory-store.ts'
import { baseUrl, type Lab, secret } from '../../providers/support/lab.ts'
import { type Clock, createClock } from '../../support/clock.ts'
import { testProvider } from '../../support/provider.ts'
import { newPrivateJWK, signByHand } from '../../support/signing.ts'

/** Life of the tokens at the IdP, in seconds. */
export const upstreamSeconds = 600

/** The client that may ask about every token. */
export const resourceServer = {
  client_id: 'resource-server',
  client_secret: 'a-secret-of-the-operator',
  redirect_uris: ['https://rs.example/cb'],
} as const

const assertionKey = await newPrivateJWK('EdDSA')
const { kty, crv, x } = assertionKey

/** A client that proves who it is by assertions. */
const signingClient = {
  client_id: 'signing-client',
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [{ kty, crv, x, alg: 'EdDSA' }] },
  redirect_uris: ['https://rs.example/cb'],
} as const

/** A new assertion of {@link signingClient}. */
export function newAssertion({ clock }: Pick<World, 'clock'>): string {
  const { client_id } = signingClient
  const times = { iat: clock.now(), exp: clock.now() + 60 }
  const claims = { iss: client_id, sub: client_id, aud: baseUrl, jti: randomUUID(), ...times }
  return signByHand({ alg: 'EdDSA', typ: 'client-authentication+jwt' }, claims, assertionKey)
}

/** What all processes share. */
export interface World {
  readonly fake: FakeIdP
  readonly database: Store
  /** The clock of the database and the IdP, and of every process that has none of its own. */
  readonly clock: Clock
}

/** One process. */
export interface Process extends Lab {
  readonly auth: OAuthProxy
  readonly events: AuthEvent[]
}

/** Options of {@link createWorld}. */
export interface WorldOptions extends Omit<MemoryStoreOptions, 'now'> {
  /** Habits of the IdP. Default: its refresh tokens rotate. */
  readonly profile?: FakeIdPProfile
}

/** Creates a world in which nothing runs yet. */
export function createWorld({ profile = {}, ...options }: WorldOptions = {}): World {
  const clock = createClock()
  return {
    clock,
    fake: createFakeIdP({ now: clock.now, settings: { expiresIn: upstreamSeconds }, profile }),
    database: createMemoryStore({ ...options, now: clock.now }),
  }
}

/** Starts a process. */
export function startProcess(world: World, over: Partial<OAuthProxyOptions> = {}): Process {
  const events: AuthEvent[] = []
  const auth = createOAuthProxy({
    baseUrl,
    secret,
    store: world.database,
    provider: providerOf(world.fake),
    clients: [resourceServer, signingClient],
    now: world.clock.now,
    fetch: async (url, init) => await world.fake.fetch(new Request(url, init)),
    onEvent: (event) => events.push(event),
    ...over,
  })
  return { fake: world.fake, auth, clock: world.clock, events }
}

/** The IdP, where revoking one token ends every sign-in of the user, so that all kinds of records are needed. */
export function providerOf(fake: FakeIdP): OAuthProxyProvider {
  const at = (name: 'authorize' | 'revoke' | 'token' | 'userinfo'): string => fake.endpointURL(name) ?? ''
  return {
    ...testProvider,
    clientId: fake.clientId,
    clientSecret: fake.clientSecret,
    authorizationEndpoint: at('authorize'),
    tokenEndpoint: at('token'),
    revocationEndpoint: at('revoke'),
    revocationIsUserWide: true,
    classifyError: classifyOAuthError,
    identify: async (tokens, api) => {
      const user = await api.getJSON(at('userinfo'), tokens.accessToken)
      const subject = typeof user === 'object' && user !== null && 'sub' in user ? String(user.sub) : ''
      return { subject, claims: {} }
    },
  }
}

/** How often each refresh token of the IdP was shown to it. */
export function usesOfRefreshTokens({ fake }: Pick<World, 'fake'>): number[] {
  const uses = new Map<string, number>()
  for (const { form } of fake.requestsTo('refresh')) {
    const token = form['refresh_token'] ?? ''
    uses.set(token, (uses.get(token) ?? 0) + 1)
  }
  return [...uses.values()]
}
