/** An identity provider (IdP) with a memory, as one function from request to response. @module */
import { createFakeDesk, type FakeControls, type FakeOptions } from './controls.ts'
import { endpointURL, originsOf } from './endpoints.ts'
import { buildFaultResponse, type FakeIdPFault, type FakeIdPFaultWord } from './faults.ts'
import { createFakeIdPKeys, type FakeIdPKeyChoice } from './keys.ts'
import type { FakeIdPEndpointName, FakeIdPProfile } from './profile.ts'
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
export interface FakeIdPOptions extends FakeOptions<FakeIdPUser, FakeIdPSettings> {
  readonly issuer?: string
  /** The one application the fake knows. */
  readonly clientId?: string
  /** Empty: a public client. */
  readonly clientSecret?: string
  /** Redirect URIs of the application, compared exactly. Default: any. */
  readonly redirectUris?: readonly string[]
  /** Default: {@link fakeIdPUsers}; the first one is signed in. */
  readonly users?: readonly FakeIdPUser[]
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
export interface FakeIdP extends FakeControls<FakeIdPRequest, FakeIdPFault> {
  readonly issuer: string
  /** Every origin the fake answers for; the issuer's first. */
  readonly origins: readonly string[]
  readonly clientId: string
  readonly clientSecret: string
  /** Users by key; take one away and its tokens are dead. */
  readonly users: Map<string, FakeIdPUser>
  readonly settings: FakeIdPSettings
  /** What the endpoints share, for answers of your own. */
  readonly state: FakeIdPState
  /** The IdP's answer. Knows the endpoints by the end of their path, so that any host will do. */
  fetch(request: Request): Promise<Response>
  /** Where an endpoint is; `undefined` where there is none. */
  endpointURL(endpoint: FakeIdPEndpointName): string | undefined
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
  const desk = createFakeDesk<FakeIdPRequest, FakeIdPFaultWord>(record)
  const state = createState(options, profile, desk.remember)
  const newGrant = (request: FakeIdPGrantRequest = {}): FakeIdPGrant => ({
    id: crypto.randomUUID(),
    user: request.user ?? state.settings.user,
    scopes: request.scopes ?? ['openid'],
    expiresAt: state.now() + state.settings.expiresIn,
    authenticatedAt: state.now(),
    parameters: request.parameters ?? {},
  })
  return {
    ...desk.controls,
    issuer: state.issuer,
    origins: originsOf(profile, state.issuer),
    clientId: state.clientId,
    clientSecret: state.clientSecret,
    users: state.users,
    settings: state.settings,
    state,
    fetch: async (request) => {
      const call = await readCall(request, profile)
      return await desk.handle({
        request,
        entry: describeCall(call),
        latency: state.settings.latency,
        answer: async () => await answer(call, state),
        answerFault: (fault) => buildFaultResponse(fault, call, state),
      })
    },
    endpointURL: (endpoint) => endpointURL(profile, state.issuer, endpoint),
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
