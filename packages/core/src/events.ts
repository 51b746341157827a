/** What happened, for audit logs and alarms. Redacted by construction: no member can hold a secret. @module */
import type { UpstreamFailureKind } from './provider.ts'
import type { RefusalReason } from './refusals.ts'
import type { StoreKind } from './store.ts'

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

/** Why a stored record does not open. */
export type UnreadableReason =
  /** The secret that sealed it is not in the ring, or not any more. */
  | 'key_unknown'
  /** Another version of this software wrote it. */
  | 'version_unknown'
  /** It was changed, or put where another one belongs. */
  | 'damaged'

/** What a caller shows, and only a key of ours opens or verifies. */
export type PresentedKind = 'access_token' | 'refresh_token' | 'client_id' | 'consent_page' | 'remembered_consent'

/** Why an access rule denies; stable, for events and audit logs. */
export type DenialReason =
  /** Nobody is signed in: a login may cure it. */
  | 'sign_in_required'
  /** The session has ended: a new token cures it. */
  | 'session_expired'
  /** A scope is missing: step-up may cure it. */
  | 'scope_missing'
  /** The user has none of the roles. */
  | 'role_missing'
  /** A rule of one's own said no. */
  | 'rule_denied'
  /** A rule threw, or did not say what a rule may say. */
  | 'rule_failed'
  /** The rule asks for nothing: it is a mistake, and never grants. */
  | 'rule_empty'

/**
 * Why a call failed, as whoever served it said (`explainFailure`, `LoggedCall.called`). Where nobody did: `tool_error`;
 * `invalid_params`, `method_not_found`, `internal_error` or `protocol_error` for an error of the protocol; `cancelled`.
 */
export type CallReason = string & Record<never, never>

/** What a client can call on an MCP server, each with a rule of its own. */
export type OperationKind = 'tool' | 'resource' | 'prompt' | 'completion'

/** Where a request belongs in a trace — [W3C Trace Context](https://www.w3.org/TR/trace-context/). */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string
  /** The caller's span: 16 lower-case hexadecimal digits. */
  readonly parentId: string
}

/** One call of a tool, resource, prompt or completion, for the audit log. */
export interface OperationEventBase {
  /** Of the tool or the prompt, or the resource's URI; at most 256 characters. */
  readonly name: string
  /** Ours, unique: the same in everything that is said about one call. */
  readonly requestId: string
  /** Between the request's arrival and its answer. */
  readonly durationMilliseconds: number
  readonly trace?: TraceContext
  /** Parameters that a rule names, redacted by that rule; values of all others are never here. */
  readonly parameters?: Readonly<Record<string, unknown>>
}

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
    /** Who called the resource is named where a token has proven it, even one that is not good any more. */
    | { readonly type: 'request.refused'; readonly reason: RefusalReason; readonly endpoint: string }
    | { readonly type: 'server.failed'; readonly endpoint: string; readonly error: string }
    | { readonly type: 'configuration.warning'; readonly message: string }
    /**
     * A stored record counts as absent since it does not open, or what a caller showed is refused since its key is in
     * no ring. Each cause is told once a minute. What callers show can be made up, except for a refresh token.
     */
    | {
        readonly type: 'record.unreadable'
        readonly kind: StoreKind | PresentedKind
        readonly reason: UnreadableReason
        /** Id of the root secret that sealed it, which tells nothing about the secret. Of an access token its `kid`. */
        readonly keyId?: string
      }
    /** The store has no room for a record; told once a minute for each kind. */
    | { readonly type: 'store.full'; readonly kind: StoreKind }
    /** The store began to refuse operations, or not to answer; told once for each outage, at most five in a minute. */
    | { readonly type: 'store.unavailable' }
    /** That is over. */
    | {
        readonly type: 'store.recovered'
        /** Since the first operation that was refused. */
        readonly durationSeconds: number
        /** Also those of shorter outages since the last event of this type, which were not told. */
        readonly refusedOperations: number
      }
    | (OperationEventBase & {
        readonly type: `${OperationKind}.called`
        readonly outcome: 'ok' | 'error'
        /** Why it failed, where that is known. */
        readonly reason?: CallReason
      })
    | (OperationEventBase & {
        readonly type: `${OperationKind}.denied`
        /** Of the rules, or of what ran and found that the caller may not do this. */
        readonly reason: DenialReason | CallReason
        readonly missingScopes: readonly string[]
        readonly missingRoles: readonly string[]
      })
  )

/** Receives events. It must not throw; what it throws is dropped, and no request waits for it. */
export type AuthEventListener = (event: AuthEvent) => void
