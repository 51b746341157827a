/** Who is calling: what a verified access token gives to a server and its tools. @module */
import type { Identity } from './provider.ts'

/** How to ask for the user's token at the identity provider (IdP). */
export interface UpstreamAccessTokenOptions {
  /** A token the IdP just refused: it is refreshed even if it looks alive. */
  readonly rejected?: string
}

/**
 * A caller whose access token was verified on this request.
 * Has the members of the MCP SDK's `AuthInfo`, so that it can be handed to its transports as it is.
 */
export interface AuthSession {
  /** The access token itself, empty when {@link anonymous}. Never show it, never forward it. */
  readonly token: string
  readonly clientId: string
  readonly scopes: string[]
  /** Seconds since the epoch. */
  readonly expiresAt: number
  /** The resource the token was issued for, [RFC 8707](https://www.rfc-editor.org/rfc/rfc8707). */
  readonly resource: URL
  /** Where the resource's metadata is, for challenges built later. */
  readonly resourceMetadataUrl: string
  /** `sub` of the token: the user's id at the IdP. Empty when {@link anonymous}. */
  readonly subject: string
  readonly roles: readonly string[]
  /** `true` where the gate lets requests without a token pass: nobody is signed in, and `subject` is empty. */
  readonly anonymous: boolean
  readonly identity: Identity
  /** Serializable facts for handlers that only see the SDK's `AuthInfo`. No secrets. */
  readonly extra: Record<string, unknown>
  /**
   * The user's own access token at the IdP, refreshed when it is about to expire.
   * @throws {OAuthError} `upstream_unavailable` (503) or `grant_revoked` (401).
   * @throws {TypeError} where there is none: the session is anonymous, or its token was not issued by this server.
   */
  getUpstreamAccessToken(options?: UpstreamAccessTokenOptions): Promise<string>
  /**
   * The Authorization header for a request to an API of one's own that `dangerouslyForwardTokenTo` names.
   * @throws {TypeError} for every other URL
   */
  forwardedAuthorization(url: string | URL): string
}
