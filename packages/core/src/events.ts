/** What happened, for audit logs and alarms. Redacted by construction: no member can hold a secret. @module */
import type { UpstreamFailureKind } from './provider.ts'
import type { RefusalReason } from './refusals.ts'

/** Members every event may carry. */
export interface AuthEventBase {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly clientId?: string
  readonly subject?: string
}

/** Why a grant ended. */
export type RevocationReason =
  | 'code_replayed'
  | 'code_verifier_mismatch'
  | 'refresh_token_reused'
  | 'upstream_revoked'
  | 'client_request'
  | 'subject_changed'

/** Everything core reports through `onEvent`. */
export type AuthEvent = AuthEventBase &
  (
    | { readonly type: 'client.registered' }
    | { readonly type: 'consent.approved' }
    | { readonly type: 'consent.denied' }
    | { readonly type: 'login.succeeded' }
    | { readonly type: 'login.failed'; readonly kind: UpstreamFailureKind | 'issuer_mismatch' }
    | { readonly type: 'token.issued'; readonly scope: string }
    | { readonly type: 'token.refreshed'; readonly scope: string; readonly retried: boolean }
    | { readonly type: 'upstream.refreshed' }
    | {
        readonly type: 'upstream.failed'
        readonly kind: UpstreamFailureKind
        readonly endpoint: 'authorization' | 'token' | 'revocation' | 'api'
        readonly status?: number
      }
    | { readonly type: 'grant.revoked'; readonly reason: RevocationReason }
    | { readonly type: 'request.refused'; readonly reason: RefusalReason; readonly endpoint: string }
    | { readonly type: 'server.failed'; readonly endpoint: string; readonly error: string }
    | { readonly type: 'configuration.warning'; readonly message: string }
  )

/** Receives events. It must not throw; what it throws is dropped, and no request waits for it. */
export type AuthEventListener = (event: AuthEvent) => void
