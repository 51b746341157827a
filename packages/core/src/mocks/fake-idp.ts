/** An identity provider (IdP) with a memory, as one function from request to response. @module */
import { endpointURL, originsOf } from './endpoints.ts'
import { createFaultPlan } from './fault-plan.ts'
import { buildFaultResponse, type FakeIdPFault } from './faults.ts'
import { createFakeIdPKeys, type FakeIdPKeyChoice } from './keys.ts'
import type { FakeIdPEndpointName, FakeIdPProfile } from './profile.ts'
import { refuse } from './refusals.ts'
import { answer, describeCall, readCall } from './requests.ts'
import type {
  FakeIdPGrant,
  FakeIdPRequest,
  FakeIdPSettings,
  FakeIdPState,
  FakeIdPTokens,
  FakeIdPUser,
} from './state.ts'
import { contextOf, createIDToken, createJWTAccessToken, type FakeIdPOverrides, issueTokens } from './tokens.ts'
import { fakeIdPUsers } from './users.ts'

/** Options of {@link createFakeIdP}. What is left out is taken from the profile. */
export interface FakeIdPOptions {
  readonly issuer?: string
  /** The one application the fake knows. */
  readonly clientId?: string
  /** Empty: a public client. */
  readonly clientSecret?: string
  /** Redirect URIs of the application, compared exactly. Default: any. */
  readonly redirectUris?: readonly string[]
  /** Default: {@link fakeIdPUsers}; the first one is signed in. */
  readonly users?: readonly FakeIdPUser[]
  /** First values of {@link FakeIdP.settings}. */
  readonly settings?: Partial<FakeIdPSettings>
  /** Seconds since the epoch. Default: the clock of the machine. */
  readonly now?: () => number
  /** Keep {@link FakeIdP.requests} and {@link FakeIdP.secrets}, which grow without end. Default: `true`. */
  readonly record?: boolean
  /** Default: an IdP as OpenID Connect has it. */
  readonly profile?: FakeIdPProfile
}

/** Who asks for a token that no sign-in led to. */
export interface FakeIdPGrantRequest {
  /** Key of the user. Default: who is signed in. */
  readonly user?: string
  /** Default: `openid`. */
  readonly scopes?: readonly string[]
  /** Parameters as of an authorization request, such as `nonce`, `resource` or `audience`. */
  readonly parameters?: Readonly<Record<string, string>>
}

/** The fake and its controls. */
export interface FakeIdP {
  readonly issuer: string
  /** Every origin the fake answers for; the issuer's first. */
  readonly origins: readonly string[]
  readonly clientId: string
  readonly clientSecret: string
  /** Users by key; take one away and its tokens are dead. */
  readonly users: Map<string, FakeIdPUser>
  readonly settings: FakeIdPSettings
  /** Every request so far, in order of arrival. */
  readonly requests: readonly FakeIdPRequest[]
  /** Every code and token ever issued: none of them may turn up where a client can see it. */
  readonly secrets: readonly string[]
  /** What the endpoints share, for answers of your own. */
  readonly state: FakeIdPState
  /** The IdP's answer. Knows the endpoints by the end of their path, so that any host will do. */
  fetch(request: Request): Promise<Response>
  /** The requests to one endpoint. */
  requestsTo(endpoint: string): FakeIdPRequest[]
  /** Where an endpoint is; `undefined` where there is none. */
  endpointURL(endpoint: FakeIdPEndpointName): string | undefined
  /** Makes an endpoint fail, for the next `times` requests or until {@link recover}. `*`: every endpoint. */
  fail(endpoint: string, fault: FakeIdPFault, times?: number): void
  /** Ends every failure. */
  recover(): void
  /** Lets the requests that hang continue. */
  release(): void
  /** Tokens without a sign-in. */
  issueTokens(grant?: FakeIdPGrantRequest): Promise<FakeIdPTokens>
  /** The IdP forgets every access token: they are answered with 401. */
  dropAccessTokens(): void
  /** The IdP forgets every refresh token: they are answered with `invalid_grant`. */
  dropRefreshTokens(): void
  /** Signs with a new key from now on. The former one is published further only with `keepFormer`. */
  rotateKeys(options?: { readonly keepFormer?: boolean }): Promise<void>
  /** An `id_token` that no sign-in led to, changed as told; `undefined` takes a member away. */
  mintIDToken(
    claims?: FakeIdPOverrides,
    header?: FakeIdPOverrides,
    key?: FakeIdPKeyChoice,
    grant?: FakeIdPGrantRequest,
  ): Promise<string>
  /** A JWT access token that the IdP does not know of, changed as told; `undefined` takes a member away. */
  mintAccessToken(
    claims?: FakeIdPOverrides,
    header?: FakeIdPOverrides,
    key?: FakeIdPKeyChoice,
    grant?: FakeIdPGrantRequest,
  ): Promise<string>
}

/**
 * Creates a fake IdP that behaves like a real one where it matters: codes work once and for 60 seconds, PKCE, redirect
 * URI and client credentials are checked, `nonce` comes back in the `id_token`, refresh tokens rotate, keys are real.
 * @see [RFC 6749](https://www.rfc-editor.org/rfc/rfc6749), [OpenID Connect Core](https://openid.net/specs/openid-connect-core-1_0.html)
 * @example
 * const fake = createFakeIdP({ issuer: 'https://login.example' })
 * fake.fail('refresh', '503', 1)
 */
export function createFakeIdP(options: FakeIdPOptions = {}): FakeIdP {
  const { record = true, profile = {} } = options
  const requests: FakeIdPRequest[] = []
  const secrets: string[] = []
  const plan = createFaultPlan()
  const state = createState(options, profile, (secret) => {
    if (record) secrets.push(secret)
  })
  const newGrant = (request: FakeIdPGrantRequest = {}): FakeIdPGrant => ({
    id: crypto.randomUUID(),
    user: request.user ?? state.settings.user,
    scopes: request.scopes ?? ['openid'],
    expiresAt: state.now() + state.settings.expiresIn,
    authenticatedAt: state.now(),
    parameters: request.parameters ?? {},
  })
  return {
    issuer: state.issuer,
    origins: originsOf(profile, state.issuer),
    clientId: state.clientId,
    clientSecret: state.clientSecret,
    users: state.users,
    settings: state.settings,
    requests,
    secrets,
    state,
    fetch: async (request) => {
      const call = await readCall(request, profile)
      const entry = describeCall(call)
      if (record) requests.push(entry)
      await state.settings.latency?.(entry)
      const fault = plan.take(call.endpoint)
      if (fault === undefined) return await answer(call, state)
      if (typeof fault === 'function') return await fault(request)
      if (fault === 'lost') {
        await answer(call, state)
        return refuse(call, state, 502, '', 'Bad gateway')
      }
      if (fault !== 'hang') return buildFaultResponse(fault, call, state)
      const isReleased = await plan.hang(request.signal)
      return isReleased ? await answer(call, state) : new Response(null, { status: 504 })
    },
    requestsTo: (endpoint) => requests.filter((request) => request.endpoint === endpoint),
    endpointURL: (endpoint) => endpointURL(profile, state.issuer, endpoint),
    fail: (endpoint, fault, times = Number.POSITIVE_INFINITY) => plan.fail(endpoint, fault, times),
    recover: () => plan.recover(),
    release: () => plan.release(),
    issueTokens: async (grant) => await issueTokens(contextOf(state, newGrant(grant), 'code')),
    dropAccessTokens: () => state.accessTokens.clear(),
    dropRefreshTokens: () => state.refreshTokens.clear(),
    rotateKeys: async (keep) => await state.keys.rotate(keep),
    mintIDToken: async (claims, header, key, grant) =>
      await createIDToken(contextOf(state, newGrant(grant), 'code'), claims, header, key),
    mintAccessToken: async (claims, header, key, grant) =>
      await createJWTAccessToken(contextOf(state, newGrant(grant), 'code'), claims, header, key),
  }
}

function createState(
  options: FakeIdPOptions,
  profile: FakeIdPProfile,
  remember: (secret: string) => void,
): FakeIdPState {
  const issuer = options.issuer ?? profile.issuer ?? 'https://idp.example'
  const clientSecret = options.clientSecret ?? profile.clientSecret ?? 'fake-client-secret'
  const users = options.users ?? profile.users ?? [fakeIdPUsers.nelly, fakeIdPUsers.wumpus]
  return {
    issuer,
    clientId: options.clientId ?? profile.clientId ?? 'fake-client-id',
    clientSecret,
    redirectUris: options.redirectUris,
    settings: {
      user: users[0]?.subject ?? '',
      deny: false,
      interactive: false,
      expiresIn: 3600,
      withheldScopes: [],
      foreignApplication: false,
      issuer: 'right',
      latency: undefined,
      ...profile.settings,
      ...options.settings,
    },
    users: new Map(users.map((user) => [user.subject, user])),
    codes: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    keys: createFakeIdPKeys(issuer, profile.algorithm ?? 'RS256', clientSecret),
    profile,
    now: options.now ?? (() => Date.now() / 1000),
    remember,
  }
}
