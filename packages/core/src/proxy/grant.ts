/** The life of a grant, as decisions on a record: nothing here reads a clock or a store. @module */
import type { RevocationReason } from '../events.ts'
import { matchResource } from '../protocol/resource.ts'
import { formatScope, missingScopes } from '../protocol/scope.ts'
import type { RefusalReason } from '../refusals.ts'
import type { GrantRecord, IssuedTokens } from './records.ts'

/** Compares secrets' hashes in constant time. */
export type Equal = (a: string, b: string) => boolean

/** What a client shows to redeem a code. Hashes and challenge are SHA-256, base64url. */
export interface PresentedCode {
  readonly clientId: string
  readonly hash: string
  readonly challenge: string
  readonly redirectURI: string | undefined
  readonly resources: readonly string[]
}

/** What to do about a presented code. */
export type CodeDecision =
  | { readonly kind: 'redeem' }
  /** Refuse, and end the grant: the code leaked, or was replayed. */
  | { readonly kind: 'revoke'; readonly reason: RefusalReason; readonly because: RevocationReason }
  | { readonly kind: 'refuse'; readonly reason: RefusalReason }

/**
 * Judges a code. A stranger's client never changes anything. The owner's replay ends the grant, and so does the
 * owner's wrong verifier: whoever holds the code without the verifier gets one try.
 * @see [RFC 6749 §4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3), [RFC 7636 §4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6)
 */
export function judgeCode(
  grant: GrantRecord | undefined,
  presented: PresentedCode,
  now: number,
  equal: Equal,
): CodeDecision {
  const refuse = (reason: RefusalReason): CodeDecision => ({ kind: 'refuse', reason })
  if (!grant || grant.clientId !== presented.clientId || !equal(grant.codeHash, presented.hash)) {
    return refuse('code_invalid')
  }
  if (grant.state === 'active') return { kind: 'revoke', reason: 'code_invalid', because: 'code_replayed' }
  const { code } = grant
  if (grant.state === 'revoked' || !code || Math.min(code.expiresAt, grant.expiresAt) <= now) {
    return refuse('code_invalid')
  }
  if (presented.redirectURI !== undefined && presented.redirectURI !== code.redirectURI) {
    return refuse('redirect_uri_mismatch')
  }
  if (!sameResource(grant, presented.resources)) return refuse('resource_mismatch')
  if (!equal(code.challenge, presented.challenge)) {
    return { kind: 'revoke', reason: 'code_verifier_mismatch', because: 'code_verifier_mismatch' }
  }
  return { kind: 'redeem' }
}

/** What a client shows to refresh. */
export interface PresentedRefreshToken {
  readonly clientId: string
  readonly hash: string
  /** Empty for the scope of the grant. */
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}

/** What to do about a presented refresh token that we certainly issued. */
export type RefreshDecision =
  | { readonly kind: 'rotate'; readonly scopes: readonly string[] }
  /** The answer got lost on its way: give it again. */
  | { readonly kind: 'retry'; readonly scopes: readonly string[]; readonly issued: IssuedTokens }
  | { readonly kind: 'revoke'; readonly reason: RefusalReason; readonly because: RevocationReason }
  | { readonly kind: 'refuse'; readonly reason: RefusalReason }

/**
 * Judges a refresh token whose authenticity was checked: one that is neither the current one nor inside the grace
 * was rotated away earlier, and showing it again means that it leaked.
 * @see [RFC 9700 §4.14.2](https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2)
 */
export function judgeRefreshToken(
  grant: GrantRecord | undefined,
  presented: PresentedRefreshToken,
  now: number,
  equal: Equal,
): RefreshDecision {
  const refuse = (reason: RefusalReason): RefreshDecision => ({ kind: 'refuse', reason })
  if (!grant || grant.clientId !== presented.clientId || grant.state !== 'active')
    return refuse('refresh_token_invalid')
  if (Math.min(grant.expiresAt, grant.refreshUntil ?? 0) <= now) return refuse('refresh_token_invalid')
  if (!sameResource(grant, presented.resources)) return refuse('refresh_resource_mismatch')
  if (missingScopes(grant.scopes, presented.scopes).length > 0) return refuse('scope_exceeds_grant')
  const scopes = presented.scopes.length > 0 ? presented.scopes : grant.scopes
  if (grant.refreshHash !== undefined && equal(grant.refreshHash, presented.hash)) return { kind: 'rotate', scopes }
  const { grace } = grant
  if (grace && equal(grace.hash, presented.hash) && now < grace.until) {
    // Another scope is not a retry of the same request, but no sign of theft either.
    const same = grace.scope === formatScope(presented.scopes)
    return same ? { kind: 'retry', scopes, issued: grace.issued } : refuse('refresh_token_invalid')
  }
  return { kind: 'revoke', reason: 'refresh_token_invalid', because: 'refresh_token_reused' }
}

function sameResource(grant: GrantRecord, requested: readonly string[]): boolean {
  return requested.every((resource) => matchResource(resource, [grant.resource]) !== undefined)
}

/** The record of a grant whose code is spent: nothing is asked of it any more but whether it comes again. */
export function activateGrant(grant: GrantRecord): GrantRecord {
  const { code: _code, ...rest } = grant
  return { ...rest, state: 'active' }
}

/** The record of a grant that is over: what could still be used is gone from it. */
export function revokeGrant(grant: GrantRecord, because: RevocationReason): GrantRecord {
  const { code: _code, refreshHash: _hash, grace: _grace, ...rest } = grant
  return { ...rest, state: 'revoked', revokedBecause: because, upstream: { accessToken: '' } }
}
