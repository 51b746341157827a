/** What an identity provider package gives to core: data and two functions. @module */

/** Tokens as the identity provider (IdP) issued them. They never leave the store in clear. */
export interface UpstreamTokens {
  readonly accessToken: string
  /** Absent when the IdP issues none; a refresh answer without one keeps the former. */
  readonly refreshToken?: string
  /** End of life of the access token, seconds since the epoch. */
  readonly expiresAt?: number
  /** The scopes the IdP says it granted. */
  readonly scopes?: readonly string[]
  /** Signed identity statement of an OpenID Provider, not yet verified. */
  readonly idToken?: string
}

/** Who logged in, as the IdP says. */
export interface Identity {
  /** Stable, never reassigned identifier at the IdP; becomes the `sub` of our tokens. */
  readonly subject: string
  /** A name people recognise; may change. */
  readonly username?: string
  /** Further facts, typed by the provider package. Kept in the store, never put into a token. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** What a failed call to the IdP means for us. */
export type UpstreamFailureKind =
  /** The code or refresh token is spent, expired or revoked: this grant is over. */
  | 'invalid_grant'
  /** The access token is not accepted (any more). */
  | 'invalid_token'
  /** Our own client id or secret is wrong: only the operator can cure it. */
  | 'invalid_client'
  /** The user or the IdP's policy said no. */
  | 'access_denied'
  /** Rate limit, outage, time-out, a page instead of data: later it may work. */
  | 'unavailable'
  /** An answer that breaks the protocol, or a refusal that says nothing usable. */
  | 'protocol'

/** A failed answer of the IdP, already read and bounded. */
export interface UpstreamErrorResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  /** The body parsed as JSON or form, or `undefined` when it was neither. */
  readonly body: unknown
}

/** Verdict of {@link OAuthProxyProvider.classifyError}. */
export interface UpstreamFailure {
  readonly kind: UpstreamFailureKind
  /** How long to wait, in seconds, when the IdP said so. */
  readonly retryAfterSeconds?: number
}

/** Where an IdP is. Absolute URLs; members in the order of a sign-in. */
export interface UpstreamEndpoints {
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  /** [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009), where the IdP has one. */
  readonly revocationEndpoint?: string | undefined
  /** [OpenID Connect Core §5.3](https://openid.net/specs/openid-connect-core-1_0.html#UserInfo), where the IdP has one. */
  readonly userinfoEndpoint?: string | undefined
  /** Public keys of the IdP, for `id_token`s. */
  readonly jwksURI?: string | undefined
  /** Expected `iss` of the authorization response, [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207). Another value is refused. */
  readonly issuer?: string | undefined
  /** Refuse an authorization response without `iss`. */
  readonly requireIssuer?: boolean | undefined
  /** Scopes to send besides those of the provider, where the IdP's metadata decide about them. Clients never see them. */
  readonly additionalScopes?: readonly string[] | undefined
}

/** What an `id_token` must say, [OpenID Connect Core §3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation). */
export interface IDTokenExpectations {
  /** The exact `iss`, or a judge of it where the IdP has one for each tenant. */
  readonly issuer: string | ((issuer: string, claims: Readonly<Record<string, unknown>>) => boolean)
  /** Our client id. */
  readonly clientId: string
  readonly jwksURI: string
  /** JWS algorithms that are taken. Default: `['RS256']`. */
  readonly algorithms?: readonly string[] | undefined
  /** The value we sent; `undefined` where the token is not the answer to a sign-in, so that a `nonce` and the age do not matter. */
  readonly nonce: string | undefined
}

/** Bounded calls to the IdP's API, handed to {@link OAuthProxyProvider.identify}. */
export interface UpstreamApi {
  /** Where the IdP is, as the provider says or found out. */
  readonly endpoints: UpstreamEndpoints
  /** What was sent as `nonce`, if this is a sign-in of a provider with {@link OAuthProxyProvider.usesNonce}. */
  readonly nonce: string | undefined
  /**
   * GETs a JSON document with the user's access token.
   * @throws UpstreamError classified by the provider: `invalid_token` for a refused token, `unavailable` for an outage.
   */
  getJSON(url: string, accessToken: string): Promise<unknown>
  /**
   * POSTs a JSON document in the name of our application, by HTTP Basic: for what the IdP tells only to it.
   * @throws UpstreamError as {@link getJSON}
   */
  postJSONAsClient(url: string, content: unknown): Promise<unknown>
  /**
   * Verifies an `id_token` and gives its claims.
   * @throws UpstreamError `invalid_token` for one that is not for us, not of this sign-in or not genuine, `unavailable` while the keys cannot be had
   */
  verifyIDToken(idToken: string, expected: IDTokenExpectations): Promise<Readonly<Record<string, unknown>>>
  /** Seconds since the epoch. */
  now(): number
}

/** Finds out where an IdP is, handed to {@link DiscoveringProvider.discover}. */
export interface UpstreamDiscovery {
  /**
   * The metadata of an issuer, from the cache of this server. Its `issuer` is exactly the one asked for.
   * `accepts` judges other issuers that the document may name, where an IdP has several names for one.
   * @throws UpstreamError `unavailable` while it cannot be had, `protocol` for a document of another issuer
   */
  discover(issuer: string, places?: { readonly accepts?: (issuer: string) => boolean }): Promise<IssuerMetadata>
}

/** Metadata of an issuer: [RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414#section-2), [OpenID Connect Discovery §3](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata). Further members as published. */
export interface IssuerMetadata {
  readonly [member: string]: unknown
  readonly issuer: string
  readonly authorization_endpoint?: string | undefined
  readonly token_endpoint?: string | undefined
  readonly revocation_endpoint?: string | undefined
  readonly introspection_endpoint?: string | undefined
  readonly userinfo_endpoint?: string | undefined
  readonly registration_endpoint?: string | undefined
  readonly jwks_uri?: string | undefined
  readonly scopes_supported?: readonly string[] | undefined
  readonly id_token_signing_alg_values_supported?: readonly string[] | undefined
  readonly authorization_response_iss_parameter_supported?: boolean | undefined
}

/** What every provider says about its IdP, wherever that is. */
export interface ProviderDescription {
  /** Short stable name, for events and logs: `discord`. */
  readonly name: string
  /** How people know it: `Discord`. */
  readonly displayName: string
  readonly clientId: string
  /** Empty with `tokenEndpointAuthMethod: 'none'`. */
  readonly clientSecret: string
  /** How the client secret travels, [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1); `none` for a public client. */
  readonly tokenEndpointAuthMethod: 'client_secret_basic' | 'client_secret_post' | 'none'
  /** `true` where revoking one token ends every token of this user and application. */
  readonly revocationIsUserWide?: boolean
  /** Scopes asked for when the client names none. */
  readonly scopes: readonly string[]
  /** Every scope a client may ask for; contains {@link scopes}. */
  readonly supportedScopes: readonly string[]
  /** Scopes always sent, since {@link identify} needs them. */
  readonly identityScopes: readonly string[]
  /** Plain words for the consent page, by scope. */
  readonly scopeDescriptions?: Readonly<Record<string, string>>
  /** What stands between scopes in requests. Default: a space, [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3). */
  readonly scopeSeparator?: ' ' | ','
  /** How the IdP writes a scope that clients know under a shorter name. Default: the same. */
  toUpstreamScope?(scope: string): string
  /** The name clients know for a scope the IdP granted. Default: the same. */
  fromUpstreamScope?(scope: string): string
  /**
   * What the IdP's word about granted scopes means, given as clients know them; `undefined` where it means nothing.
   * Default: what it says.
   */
  readGrantedScopes?(scopes: readonly string[]): readonly string[] | undefined
  /** Fixed parameters added to the authorization request. They never replace one of ours. */
  readonly authorizationParameters?: Readonly<Record<string, string>>
  /** Fixed parameters added to every token request, the refreshing ones included. */
  readonly tokenParameters?: Readonly<Record<string, string>>
  /** Sends the granted scopes again on refresh, where the IdP insists on it. */
  readonly refreshSendsScope?: boolean
  /** Sends a `nonce` at sign-in, to be found again in the `id_token`. */
  readonly usesNonce?: boolean
  /** Fixed headers of every call to the IdP, such as a User-Agent it insists on. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Finds out whose tokens these are, and refuses tokens that were not issued to our application. Asked at sign-in and
   * before a session is prolonged.
   * @throws UpstreamError `access_denied` for a user who may not, or no longer, sign in: it ends the session. Another
   * failure before a session is prolonged ends nothing.
   */
  identify(tokens: UpstreamTokens, api: UpstreamApi): Promise<Identity>
  /** Judges an answer that was not a success, whatever its status. Must not throw. */
  classifyError(response: UpstreamErrorResponse): UpstreamFailure
}

/** An IdP whose endpoints are known beforehand. */
export interface FixedProvider extends ProviderDescription, UpstreamEndpoints {}

/** An IdP that publishes where its endpoints are. */
export interface DiscoveringProvider extends ProviderDescription {
  /** Asked whenever an endpoint is needed; the answer is kept by {@link UpstreamDiscovery}. @throws UpstreamError */
  discover(discovery: UpstreamDiscovery): Promise<UpstreamEndpoints>
}

/** An IdP in front of which we act as the authorization server. */
export type OAuthProxyProvider = FixedProvider | DiscoveringProvider
