/** What the proxy stores. Each record is sealed as a whole; STORAGE.md lists keys and lifetimes. @module */
import type { RevocationReason } from '../events.ts'
import type { AuthorizationRequest } from '../protocol/authorization-request.ts'
import type { Identity, UpstreamTokens } from '../provider.ts'

/** Version written into every record; records of another version count as absent. */
export const recordVersion = 1

/** A consent page that waits for an answer. Lives sealed in the page itself: it costs the server nothing. */
export interface PendingConsent {
  readonly version: number
  /** Random id of this flow; names the cookie that binds it to a browser. */
  readonly flow: string
  readonly request: AuthorizationRequest
  /** Seconds since the epoch, for consent and sign-in together. */
  readonly expiresAt: number
}

/** An approved flow on its way through the IdP. */
export interface Transaction extends PendingConsent {
  /** PKCE verifier of the leg towards the IdP. */
  readonly upstreamVerifier: string
  /** The person asked not to be asked this again. */
  readonly remember?: boolean
  /** Nobody was asked: the consent was remembered, and is this subject's only. */
  readonly rememberedSubject?: string
}

/** What the unspent authorization code of a grant is bound to. */
export interface CodeBinding {
  readonly challenge: string
  readonly redirectURI: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** What makes one answer with tokens different from another one for the same grant. */
export interface IssuedTokens {
  /** `jti` of the access token. */
  readonly tokenId: string
  /** `iat` of the access token, seconds since the epoch. */
  readonly issuedAt: number
  readonly refreshToken?: string
}

/** What a retried refresh is answered with, while its successor is unused. */
export interface RefreshGrace {
  /** Hash of the token that was rotated away. */
  readonly hash: string
  /** The scope parameter of the request that was answered. */
  readonly scope: string
  /** Seconds since the epoch. */
  readonly until: number
  /** The tokens of the answer, to be given again. */
  readonly issued: IssuedTokens
}

/** Who granted what to whom: one record, one state, so that every step is one atomic write. */
export interface GrantRecord {
  readonly version: number
  /** `code`: the code is not redeemed yet. `revoked`: kept until every token of it has expired. */
  readonly state: 'code' | 'active' | 'revoked'
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly resource: string
  readonly identity: Identity
  readonly upstream: UpstreamTokens
  /** Kept when the code is spent, so that its replay is known. */
  readonly codeHash: string
  /** Absent once the code is spent. */
  readonly code?: CodeBinding
  /** Whether refresh tokens are issued. */
  readonly refreshable: boolean
  /** Hash of the current refresh token. */
  readonly refreshHash?: string
  /** The current refresh token dies then, unless it is used before. Seconds since the epoch. */
  readonly refreshUntil?: number
  readonly grace?: RefreshGrace
  /** The grant ends here, however often it is refreshed. Seconds since the epoch. */
  readonly expiresAt: number
  readonly revokedBecause?: RevocationReason
}

/** The grants of one user. */
export interface SubjectRecord {
  readonly version: number
  /** `until`: the grant cannot be alive after that, seconds since the epoch. */
  readonly grants: readonly { readonly id: string; readonly until: number }[]
}

/** Everything that is stored or sealed as a record. */
export type StoredRecord = PendingConsent | Transaction | GrantRecord | SubjectRecord

/** Text of a record, for the store. */
export function serializeRecord(record: StoredRecord): string {
  return JSON.stringify(record)
}

/**
 * Reads a record we sealed ourselves: authenticated, so its shape is not checked again, only its version.
 * @returns `undefined` for another version
 */
export function parseRecord<T extends StoredRecord>(text: string): T | undefined {
  const record: unknown = JSON.parse(text)
  return isCurrent<T>(record) ? record : undefined
}

function isCurrent<T>(record: unknown): record is T {
  return typeof record === 'object' && record !== null && 'version' in record && record.version === recordVersion
}
