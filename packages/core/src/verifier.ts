/** Access tokens that others issued: what a verifier gives, and what it works with. @module */
import type { IssuerMetadata } from './provider.ts'

/** What an access token says, once it is known to be genuine, alive and for us. */
export interface VerifiedToken {
  /** The user, or the client where a client acts for itself; unique within {@link issuer}. */
  readonly subject: string
  readonly clientId: string
  readonly scopes: readonly string[]
  /** Seconds since the epoch. */
  readonly expiresAt: number
  /** Who vouches for it; absent for keys of our own. */
  readonly issuer?: string | undefined
  /** A name people recognise; may change. */
  readonly username?: string | undefined
  readonly roles?: readonly string[] | undefined
  /** Everything else it says. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** For what a token must be good. */
export interface VerificationTarget {
  /** Public URL of the protected resource, [RFC 8707](https://www.rfc-editor.org/rfc/rfc8707). */
  readonly resource: string
}

/** Verifies access tokens of one kind. */
export interface TokenVerifier {
  /**
   * @throws OAuthError `token_invalid` or `token_expired` for a decided bad token; `upstream_unavailable` (503) while
   * that cannot be decided: never a statement about the token.
   */
  verify(token: string, target: VerificationTarget): Promise<VerifiedToken>
}

/** What verifiers share within one server. Times in seconds. */
export interface VerifierTools {
  readonly now: () => number
  /** Seconds until a call to the IdP is given up. */
  readonly timeoutSeconds: number
  /** Calls the IdP. @throws UpstreamError `unavailable` when there is no answer in time */
  request(
    url: string,
    init: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string },
  ): Promise<VerifierResponse>
  /** Metadata of an issuer, cached. @throws UpstreamError as UpstreamDiscovery does */
  discover(issuer: string, places?: IssuerPlaces): Promise<IssuerMetadata>
  /** The public keys at a URL, cached; one cache for each server. */
  keys(jwksURI: string): RemoteKeys
}

/** Where the metadata of an issuer is, where that is not a well-known place. */
export interface IssuerPlaces {
  /** Tried in this order. */
  readonly urls?: readonly string[] | undefined
  /** Other issuers that the document may name. Default: none, [RFC 8414 §3.3](https://www.rfc-editor.org/rfc/rfc8414#section-3.3). */
  readonly accepts?: ((issuer: string) => boolean) | undefined
  /** Ends the waiting of this caller; the fetch goes on for the others. */
  readonly signal?: AbortSignal | undefined
}

/** An answer of an IdP, read whole and bounded. */
export interface VerifierResponse {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  /** The body parsed as JSON or form, or `undefined` when it was neither. */
  readonly body: unknown
}

/** Public keys of an IdP that change without notice. */
export interface RemoteKeys {
  /**
   * Verifies a signature with the key the header names. Keys in the token itself are never used or fetched.
   * @throws OAuthError `token_invalid`; `upstream_unavailable` while the keys cannot be had
   */
  verify(token: string, algorithms: readonly string[]): Promise<VerifiedSignature>
  /** Whether the key is still published, by a copy of the keys that is still fresh. Never of a key without a name. */
  has(kid: string | undefined): boolean
}

/** A payload whose signature was verified; nothing else was. */
export interface VerifiedSignature {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
}

/** Makes a verifier for one server. */
export type TokenVerifierFactory = (tools: VerifierTools) => TokenVerifier

/** Forwarded metadata and verification of an IdP that is an authorization server for MCP by itself. */
export interface RemoteOAuthProvider {
  /** Short stable name, for events and logs: `descope`. */
  readonly name: string
  /** How people know it: `Descope`. */
  readonly displayName: string
  /** Issuer identifiers of the IdP. The first is the one that is advertised, unless its metadata name another of these. */
  readonly issuers: readonly [string, ...string[]]
  /** Further authorization servers to advertise, where the verifier takes tokens of several; each is independent of the others. */
  readonly otherAuthorizationServers?: readonly string[] | undefined
  /** Scopes to ask for when the server names none. */
  readonly scopes: readonly string[]
  readonly createVerifier: TokenVerifierFactory
  /**
   * The metadata to serve again on our own origin, for clients that look for it here, and whose `issuer` we
   * advertise. Default: what `issuers[0]` publishes.
   * @throws UpstreamError
   */
  describe?(tools: VerifierTools, signal?: AbortSignal): Promise<IssuerMetadata>
}
