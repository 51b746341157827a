/** What every handler works with: the proxy's parts, wired once. @module */
import type { ClientRegistry } from '../clients/client-registry.ts'
import type { AuthEvent } from '../events.ts'
import type { GrantRepository } from '../grants/grant-repository.ts'
import type { SubjectIndex } from '../grants/subject-index.ts'
import type { TokenService } from '../grants/token-service.ts'
import type { UpstreamAccess } from '../grants/upstream-access.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { RateLimiter } from '../limits/rate-limiter.ts'
import type { AuthorizationPolicy } from '../protocol/authorization-request.ts'
import type { AuthorizationServerMetadata, Endpoints } from '../protocol/authorization-server-metadata.ts'
import type { ProtectedResourceMetadata } from '../protocol/protected-resource-metadata.ts'
import type { OAuthProxyProvider } from '../provider.ts'
import type { Lifetimes } from '../proxy/lifetimes.ts'
import type { PageMessages } from '../proxy/page-messages.ts'
import type { SealedStore } from '../stores/sealed-store.ts'
import type { StoreReports } from '../stores/store-reports.ts'
import type { UpstreamClient } from '../upstream/upstream-client.ts'
import type { ConsentRenderer } from './consent-page.ts'
import type { RememberConsentOptions } from './remembered-consent.ts'

/** A resource and everything about it that never changes. */
export interface ProtectedResourceDescription {
  readonly resource: string
  /** What a client gets when it names no scope, and what a challenge asks for. */
  readonly scopes: readonly string[]
  readonly metadata: ProtectedResourceMetadata
  readonly metadataURL: string
}

/** What the gate in front of a resource works with, whoever issues its tokens. */
export interface ResourceContext {
  /** Public URL of this server, whose host and origin are its own. */
  readonly baseURL: string
  /** The resources; the first is the one meant when a request names none. */
  readonly resources: readonly [ProtectedResourceDescription, ...ProtectedResourceDescription[]]
  /** Scopes that a client can get at all, where that is known: asking for others would never end. */
  readonly grantableScopes?: readonly string[] | undefined
  /** Seconds since the epoch. */
  readonly now: () => number
  readonly emit: (event: AuthEvent) => void
}

/** The parts of one proxy. */
export interface ProxyContext extends ResourceContext {
  readonly issuer: string
  /** Origin of the issuer, as browsers send it in `Origin`. */
  readonly origin: string
  readonly endpoints: Endpoints & { readonly consent: string; readonly callback: string }
  /** How people know this server; shown on the consent page. */
  readonly serviceName: string
  readonly pages: {
    readonly messages: (request: Request) => PageMessages
    readonly renderConsent: ConsentRenderer | undefined
  }
  readonly policy: AuthorizationPolicy
  /** Present when consent may be remembered at all. */
  readonly rememberConsent: RememberConsentOptions | undefined
  readonly provider: OAuthProxyProvider
  readonly lifetimes: Lifetimes
  readonly authorizationServerMetadata: AuthorizationServerMetadata
  readonly limiter: RateLimiter
  readonly isAllowedRedirectURI: (uri: string) => boolean
  readonly keys: () => Promise<KeyRing>
  readonly store: SealedStore
  /** Told of keys that are in no ring. */
  readonly reports: StoreReports
  readonly clients: ClientRegistry
  readonly grants: GrantRepository
  readonly tokens: TokenService
  /** Present where revoking one token at the IdP ends every sign-in of the user. */
  readonly subjects: SubjectIndex | undefined
  readonly upstream: UpstreamClient
  readonly upstreamAccess: UpstreamAccess
}

/** An event without its time, which {@link emitNow} adds. */
export type TimelessEvent = AuthEvent extends infer Event
  ? Event extends AuthEvent
    ? Omit<Event, 'time'>
    : never
  : never

/** Emits an event that happens now. */
export function emitNow(context: Pick<ResourceContext, 'now' | 'emit'>, event: TimelessEvent): void {
  context.emit({ ...event, time: Math.round(context.now() * 1000) })
}
