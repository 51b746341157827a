/** The options of remote OAuth. @module */
import type { AuthEventListener } from './events.ts'
import type { ProtectedResourceOptions } from './handlers/protected-resource.ts'
import type { ResourceOptions } from './oauth-proxy-options.ts'
import type { IssuerMetadata } from './provider.ts'
import type { Fetch } from './upstream/bounded-fetch.ts'
import type { RemoteOAuthProvider } from './verifier.ts'

/** Options of `createRemoteOAuth`. */
export interface RemoteOAuthOptions extends ProtectedResourceOptions {
  /** Public origin of this server, with a path if it has one. */
  readonly baseUrl: string
  /** Public URL of the MCP endpoint: its identifier, and the audience of its tokens. Default: `baseUrl` + `/mcp`. */
  readonly resource?: string | undefined
  /** Further resources; a token for one is refused at every other, unless the provider is told to expect another audience. */
  readonly otherResources?: readonly ResourceOptions[]
  /** The authorization server: `descope(…)`, `remoteOIDC(…)` or one of your own. */
  readonly provider: RemoteOAuthProvider
  /** Scopes that a challenge asks for. Default: the provider's. */
  readonly defaultScopes?: readonly string[] | undefined
  /** The name people see. */
  readonly serviceName?: string
  /**
   * Metadata of the authorization server, given whole, where it publishes none or none that clients understand. It is
   * served on our origin, and nothing is fetched; its `issuer` is advertised.
   */
  readonly authorizationServerMetadata?: IssuerMetadata | undefined
  /** Further members of the protected resource metadata, such as `resource_documentation`, [RFC 9728 §2](https://www.rfc-editor.org/rfc/rfc9728#section-2). */
  readonly resourceMetadata?: Readonly<Record<string, unknown>> | undefined
  /** Seconds until a request to the IdP is given up. Default 5, which is also the most. */
  readonly upstreamTimeoutSeconds?: number | undefined
  readonly onEvent?: AuthEventListener
  /** Calls the IdP; for tests and proxies. */
  readonly fetch?: Fetch
  /** Seconds since the epoch; for tests. */
  readonly now?: () => number
}
