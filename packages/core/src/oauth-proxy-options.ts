/** The options of an OAuth proxy. @module */
import type { JWK } from 'jose'
import type { ClientDocumentPolicy } from './clients/client-document-policy.ts'
import type { AuthEventListener } from './events.ts'
import type { ConsentRenderer } from './handlers/consent-page.ts'
import type { ProtectedResourceOptions } from './handlers/protected-resource.ts'
import type { RememberConsentOptions } from './handlers/remembered-consent.ts'
import type { RateLimit } from './limits/rate-limiter.ts'
import type { PreRegisteredClient } from './protocol/client-registration.ts'
import type { RedirectURIPolicy } from './protocol/redirect-uri-policy.ts'
import type { OAuthProxyProvider } from './provider.ts'
import type { Lifetimes } from './proxy/lifetimes.ts'
import type { PageMessages } from './proxy/page-messages.ts'
import type { Store } from './store.ts'
import type { Fetch } from './upstream/bounded-fetch.ts'

/** One more resource behind the same issuer. */
export interface ResourceOptions {
  /** Public URL of the resource: its identifier, and the audience of its tokens. */
  readonly resource: string
  /** Scopes a client gets when it names none, and the ones a challenge asks for. Default: `defaultScopes`. */
  readonly scopes?: readonly string[]
  /** How people know it. Default: `serviceName`. */
  readonly name?: string
}

/** Options of `createOAuthProxy`. */
export interface OAuthProxyOptions extends ProtectedResourceOptions {
  /** Public origin of this server, with a path if it has one. The issuer: echoed byte for byte everywhere. */
  readonly baseUrl: string
  /** Public URL of the MCP endpoint. Default: `baseUrl` + `/mcp`. */
  readonly resource?: string
  /** Further resources behind the same issuer; a token for one is refused at every other. */
  readonly otherResources?: readonly ResourceOptions[]
  readonly provider: OAuthProxyProvider
  /**
   * Root secret, at least 32 random bytes as base64url or hex; a list (or a text with commas) is a key ring whose
   * first secret signs. Every key is derived from it. Without one a random secret is made, and everybody has to
   * sign in again after a restart; with a `store` of your own it is required.
   */
  readonly secret?: string | readonly string[] | undefined
  /** Where grants are kept. Default: in the memory of this process. */
  readonly store?: Store
  /** Scopes a client gets when it names none, and the ones a challenge asks for. Default: the provider's. */
  readonly defaultScopes?: readonly string[] | undefined
  /** Scopes of your own, which the IdP does not know. */
  readonly serverScopes?: readonly string[]
  /** Clients registered by hand. */
  readonly clients?: readonly PreRegisteredClient[]
  /** Which redirect URIs clients may register. */
  readonly redirectURIs?: RedirectURIPolicy
  /** Clients whose id is the URL of their metadata. */
  readonly clientIdMetadata?: ClientDocumentPolicy
  /**
   * Takes assertions of clients (`private_key_jwt`) that are addressed to the token endpoint, not only those that are
   * addressed to the issuer. A server that a client trusts wrongly can then get an assertion that is good here.
   * For ChatGPT, which addressed its assertions so in August 2026.
   */
  readonly dangerouslyAllowTokenEndpointAudience?: boolean
  /** Ends clients one by one, however they registered; asked on every use of a client and of its tokens. */
  readonly isClientDenied?: (clientId: string) => boolean | Promise<boolean>
  /**
   * Lets people say that they need not be asked again. Off by default, and dangerous: a remembered consent is one
   * question fewer between a rogue server and its victim. It never applies to clients that are called back on the
   * user's own machine, nor when a web page leads to the authorization endpoint. But a browser that an app opened
   * keeps saying that the person opened the address (`Sec-Fetch-Site: none`) while it follows redirects (measured
   * with Chromium 156): an address that such an app opens and that redirects here is not told apart.
   */
  readonly dangerouslyRememberConsent?: RememberConsentOptions
  /** Limits work that strangers cause. Default: token buckets in this process, by the address of the sender. */
  readonly rateLimit?: RateLimit
  /** Private JWKs with `alg` EdDSA, ES256 or RS256 to sign with, instead of the derived Ed25519 key. */
  readonly signingKeys?: readonly JWK[]
  readonly lifetimes?: Partial<Lifetimes>
  /** Seconds until a request to the IdP is given up. Default 10. */
  readonly upstreamTimeoutSeconds?: number
  /** The name people see on the consent page. Default: the host of `baseUrl`. */
  readonly serviceName?: string
  /** Replaces the consent page; its protective headers stay. */
  readonly renderConsent?: ConsentRenderer
  /** Texts of our pages in other languages, chosen by the browser's Accept-Language; what is left out stays English. */
  readonly pageMessages?: (acceptLanguage: string | null) => Partial<PageMessages> | undefined
  readonly onEvent?: AuthEventListener
  /** Calls the IdP; for tests and proxies. */
  readonly fetch?: Fetch
  /** Seconds since the epoch; for tests. */
  readonly now?: () => number
}
