/** The habits of one identity provider (IdP): what makes the fake behave like it. @module */
import type { FakeIdPAlgorithm } from './keys.ts'
import type { FakeIdPCall, FakeIdPGrant, FakeIdPSettings, FakeIdPState, FakeIdPTokens, FakeIdPUser } from './state.ts'

/** Endpoints that every fake may have, besides those of its profile's API. */
export type FakeIdPEndpointName = 'authorize' | 'token' | 'revoke' | 'userinfo' | 'introspect' | 'jwks' | 'metadata'

/** Ways in which an application proves who it is, [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1). */
export type FakeIdPClientAuthentication = 'client_secret_basic' | 'client_secret_post' | 'none'

/** Why a request is refused. */
export interface FakeIdPRefusal {
  readonly endpoint: string
  readonly status: number
  /** Code of RFC 6749 or RFC 6750; empty for what these have no word for. */
  readonly error: string
  /** For people. */
  readonly description: string
}

/** A refusal of a profile's own check. */
export interface FakeIdPObjection {
  readonly error: string
  readonly description?: string
  /** Default 400. */
  readonly status?: number
}

/** Whose tokens are made. */
export interface FakeIdPTokenContext {
  readonly grant: FakeIdPGrant
  readonly user: FakeIdPUser
  readonly state: FakeIdPState
  /** Whether they answer a sign-in or a refresh. */
  readonly on: 'code' | 'refresh'
}

/** A call of the profile's API; without `grant` and `user` where the caller is not a user. */
export interface FakeIdPApiCall extends FakeIdPCall {
  readonly grant: FakeIdPGrant | undefined
  readonly user: FakeIdPUser | undefined
  readonly state: FakeIdPState
}

/** An endpoint of the profile's API. */
export interface FakeIdPApiEndpoint {
  /** See {@link FakeIdPProfile.endpoints}. */
  readonly path: string | RegExp
  /** Other methods are answered with 405. Default `GET`. */
  readonly method?: string
  /** Who may call. Default `bearer`: the access token of a user; `client`: our application by its credentials. */
  readonly caller?: 'bearer' | 'client' | 'anyone'
  /** Scope without which a user's token is refused with 403. */
  readonly scope?: string
  /** A response, or what becomes one as JSON; `undefined` is 404. */
  answer(call: FakeIdPApiCall): unknown
}

/**
 * One IdP as data and small functions. What is left out is as RFC 6749 and OpenID Connect have it: codes and refresh
 * tokens work once, opaque access tokens, an `id_token` with scope `openid`, JSON everywhere.
 */
export interface FakeIdPProfile {
  /** Name on the login page. Default `Example`. */
  readonly displayName?: string
  /** Default `https://idp.example`. */
  readonly issuer?: string
  /** Default `fake-client-id`. */
  readonly clientId?: string
  /** Default `fake-client-secret`. */
  readonly clientSecret?: string
  /** Name of the other application with `settings.foreignApplication`. */
  readonly foreignClientId?: string
  readonly users?: readonly FakeIdPUser[]
  /** First values of the settings. */
  readonly settings?: Partial<FakeIdPSettings>
  /**
   * Where the endpoints are: an absolute URL, the end of a path below the issuer, or a pattern on the URL without its query.
   * `false`: the IdP has none. Default: `/authorize`, `/token`, `/revoke`, `/userinfo`, `/introspect`, `/jwks`.
   */
  readonly endpoints?: Partial<Record<FakeIdPEndpointName, string | RegExp | false>>
  /** Further origins, where an endpoint is given as a pattern. */
  readonly origins?: readonly string[]
  /** Further endpoints, by name; looked at before the others. */
  readonly api?: Readonly<Record<string, FakeIdPApiEndpoint>>
  /** Documents that exist. Default: both. */
  readonly wellKnown?: readonly ('oauth-authorization-server' | 'openid-configuration')[]
  /** Changes the metadata; members that are `undefined` are left out. */
  readonly metadata?: (
    document: Readonly<Record<string, unknown>>,
    call: FakeIdPCall,
    state: FakeIdPState,
  ) => Readonly<Record<string, unknown>>
  /** Default: basic and post, or `none` for a fake without a client secret. */
  readonly clientAuthentication?: readonly FakeIdPClientAuthentication[]
  /** Beginnings of codes and opaque tokens, such as `gho_`. */
  readonly secretPrefixes?: { readonly access?: string; readonly code?: string; readonly refresh?: string }
  /** Default RS256. */
  readonly algorithm?: FakeIdPAlgorithm
  /** Default: opaque. */
  readonly accessTokens?: 'opaque' | 'jwt' | ((context: FakeIdPTokenContext) => 'opaque' | 'jwt')
  /** Claims of JWT access tokens; members that are `undefined` are left out. */
  readonly accessTokenClaims?: (
    claims: Readonly<Record<string, unknown>>,
    context: FakeIdPTokenContext,
  ) => Readonly<Record<string, unknown>>
  /** Header of JWT access tokens besides `alg` and `kid`. Default: `typ: at+jwt`. */
  readonly accessTokenHeader?: Readonly<Record<string, unknown>>
  /** Claims of `id_token`s; members that are `undefined` are left out. */
  readonly idTokenClaims?: (
    claims: Readonly<Record<string, unknown>>,
    context: FakeIdPTokenContext,
  ) => Readonly<Record<string, unknown>>
  /** Answer of userinfo. Default: `sub` and the user's claims. */
  readonly userinfo?: (
    claims: Readonly<Record<string, unknown>>,
    context: { readonly grant: FakeIdPGrant; readonly user: FakeIdPUser; readonly state: FakeIdPState },
  ) => Readonly<Record<string, unknown>>
  /** Default: with scope `openid`, on refresh as well. */
  readonly issuesIDToken?: (context: FakeIdPTokenContext) => boolean
  /** Default: always. Without rotation it is asked at sign-in only. */
  readonly issuesRefreshToken?: (context: FakeIdPTokenContext) => boolean
  /** Default `true`: each works once, and its answer brings the next one. */
  readonly rotatesRefreshTokens?: boolean
  /** What revoking one token ends. Default: every token of its sign-in. */
  readonly revokes?: 'token' | 'grant' | 'user'
  /** Scopes of the grant. Default: what was asked for; `settings.withheldScopes` are taken away afterwards. */
  readonly grantScopes?: (requested: readonly string[], parameters: URLSearchParams) => readonly string[]
  /** `scope` of the token response; `undefined` for none. Default: separated by spaces. */
  readonly writeScopes?: (context: FakeIdPTokenContext) => string | undefined
  /** Changes the token response before it is written. */
  readonly tokens?: (tokens: FakeIdPTokens, context: FakeIdPTokenContext) => FakeIdPTokens
  /** Writes the token response. Default: JSON. */
  readonly writeTokens?: (tokens: FakeIdPTokens, call: FakeIdPCall) => Response
  /** Writes a refusal, that of a fault included; `undefined` where it looks as RFC 6749 has it. */
  readonly writeRefusal?: (refusal: FakeIdPRefusal, call: FakeIdPCall) => Response | undefined
  /** First check of every request, whatever the endpoint. */
  readonly checkRequest?: (call: FakeIdPCall, state: FakeIdPState) => FakeIdPObjection | Response | undefined
  /** Check of an authorization request that is good otherwise. An objection is sent back with the redirect. */
  readonly checkAuthorization?: (
    parameters: URLSearchParams,
    state: FakeIdPState,
  ) => FakeIdPObjection | Response | undefined
  /** Check of a token or refresh request of our application. */
  readonly checkToken?: (call: FakeIdPCall, state: FakeIdPState) => FakeIdPObjection | Response | undefined
}
