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

/** Bounded calls to the IdP's API, handed to {@link OAuthProxyProvider.identify}. */
export interface UpstreamApi {
  /**
   * GETs a JSON document with the user's access token.
   * @throws UpstreamError classified by the provider: `invalid_token` for a refused token, `unavailable` for an outage.
   */
  getJSON(url: string, accessToken: string): Promise<unknown>
  /** Seconds since the epoch. */
  now(): number
}

/** An IdP in front of which we act as the authorization server. */
export interface OAuthProxyProvider {
  /** Short stable name, for events and logs: `discord`. */
  readonly name: string
  /** How people know it: `Discord`. */
  readonly displayName: string
  readonly clientId: string
  readonly clientSecret: string
  /** How the client secret travels, [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1). */
  readonly tokenEndpointAuthMethod: 'client_secret_basic' | 'client_secret_post'
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  /** [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009), where the IdP has one. */
  readonly revocationEndpoint?: string
  /** `true` where revoking one token ends every token of this user and application. */
  readonly revocationIsUserWide?: boolean
  /** Expected `iss` of the authorization response, [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207). Another value is refused. */
  readonly issuer?: string
  /** Refuse an authorization response without `iss`. */
  readonly requireIssuer?: boolean
  /** Scopes asked for when the client names none. */
  readonly scopes: readonly string[]
  /** Every scope a client may ask for; contains {@link scopes}. */
  readonly supportedScopes: readonly string[]
  /** Scopes always sent, since {@link identify} needs them. */
  readonly identityScopes: readonly string[]
  /** Plain words for the consent page, by scope. */
  readonly scopeDescriptions?: Readonly<Record<string, string>>
  /** Fixed parameters added to the authorization request. */
  readonly authorizationParameters?: Readonly<Record<string, string>>
  /** Fixed headers of every call to the IdP, such as a User-Agent it insists on. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Finds out whose tokens these are, and refuses tokens that were not issued to our application.
   * @throws UpstreamError
   */
  identify(tokens: UpstreamTokens, api: UpstreamApi): Promise<Identity>
  /** Judges an answer that was not a success. Must not throw. */
  classifyError(response: UpstreamErrorResponse): UpstreamFailure
}
