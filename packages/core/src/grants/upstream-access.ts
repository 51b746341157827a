/** The user's tokens at the identity provider (IdP): refreshed once, by one of all processes. @module */

import { OAuthError, UpstreamError } from '../errors.ts'
import type { AuthEvent } from '../events.ts'
import { makeRoom } from '../limits/bounded-map.ts'
import type { Identity, UpstreamTokens } from '../provider.ts'
import { revokeGrant } from '../proxy/grant.ts'
import type { GrantRecord } from '../proxy/records.ts'
import type { StoreKey } from '../store.ts'
import type { SealedStore } from '../stores/sealed-store.ts'
import type { UpstreamClient } from '../upstream/upstream-client.ts'
import type { GrantRepository } from './grant-repository.ts'
import { grantKey, randomId } from './handles.ts'

/** Keeps upstream tokens and identity of grants current. */
export interface UpstreamAccess {
  /**
   * A token the IdP should accept now. `rejected` names one it just refused.
   * @throws {OAuthError} `grant_revoked` when the IdP ended the grant, `upstream_unavailable` during an outage
   */
  accessToken(grantId: string, rejected?: string): Promise<string>
  /**
   * Makes sure that the IdP still stands behind the grant, before it is prolonged.
   * @throws {OAuthError} as {@link accessToken}
   */
  revalidate(grantId: string): Promise<void>
}

/** What {@link createUpstreamAccess} needs. */
export interface UpstreamAccessOptions {
  readonly grants: GrantRepository
  readonly store: SealedStore
  readonly upstream: UpstreamClient
  readonly timeoutSeconds: number
  readonly now: () => number
  readonly emit: (event: AuthEvent) => void
}

/** A token with less life left than this, in seconds, is refreshed before it is used. */
const freshnessMargin = 60
const leasePollMilliseconds = 50
/** Grants whose renewed tokens wait for the store at the same time; more than that only in a long outage. */
const maxUnsaved = 1000

/** Creates the service. */
export function createUpstreamAccess(options: UpstreamAccessOptions): UpstreamAccess {
  const { grants, store, upstream, now, emit } = options
  const running = new Map<string, Promise<GrantRecord>>()

  const isFresh = (tokens: UpstreamTokens, rejected: string | undefined): boolean =>
    tokens.accessToken !== rejected && (tokens.expiresAt === undefined || tokens.expiresAt - now() > freshnessMargin)

  const activeGrant = async (grantId: string): Promise<GrantRecord> => {
    const stored = await grants.find(grantId)
    if (stored?.grant.state !== 'active') throw new OAuthError('grant_revoked')
    return stored.grant
  }

  const fail = async (grantId: string, grant: GrantRecord, cause: unknown): Promise<GrantRecord> => {
    if (!(cause instanceof UpstreamError)) throw cause
    emit({
      ...about(grant),
      time: now() * 1000,
      type: 'upstream.failed',
      kind: cause.kind,
      endpoint: 'token',
      ...status(cause),
    })
    if (cause.kind !== 'invalid_grant') throw unavailable(cause)
    const isSame = (current: GrantRecord): boolean => current.upstream.accessToken === grant.upstream.accessToken
    const ended = await grants.update(grantId, (current) =>
      isSame(current) ? revokeGrant(current, 'upstream_revoked') : undefined,
    )
    // Another process, which took over a lease that had ended, was faster: the IdP's word is about tokens it replaced.
    if (!ended) return await activeGrant(grantId)
    emit({ ...about(grant), time: now() * 1000, type: 'grant.revoked', reason: 'upstream_revoked' })
    throw new OAuthError('grant_revoked', { cause })
  }

  // Tokens that the store did not take, by the access token they replace: the IdP will not issue them again.
  const unsaved = new Map<string, UpstreamTokens>()

  /** Refreshes under the lease, so that a rotating refresh token is never used twice. */
  const refreshHoldingLease = async (
    grantId: string,
    rejected: string | undefined,
    signal: AbortSignal,
  ): Promise<GrantRecord> => {
    const grant = await activeGrant(grantId)
    if (isFresh(grant.upstream, rejected)) return grant
    const former = grant.upstream.accessToken
    let tokens = unsaved.get(former) ?? grant.upstream
    try {
      if (!isFresh(tokens, rejected)) tokens = await upstream.refresh(tokens, signal)
    } catch (cause) {
      return await fail(grantId, grant, cause)
    }
    makeRoom(unsaved, maxUnsaved)
    unsaved.set(former, tokens)
    const updated = await grants.update(grantId, (current) =>
      current.state === 'active' ? { ...current, upstream: tokens } : undefined,
    )
    unsaved.delete(former)
    if (!updated) throw new OAuthError('grant_revoked')
    emit({ ...about(grant), time: now() * 1000, type: 'upstream.refreshed' })
    return updated
  }

  const refresh = async (grantId: string, rejected: string | undefined, signal: AbortSignal): Promise<GrantRecord> => {
    const lease: StoreKey = `lease:${(await grantKey(grantId)).slice('grant:'.length)}`
    const leaseSeconds = options.timeoutSeconds + 10
    while (!signal.aborted) {
      const grant = await activeGrant(grantId)
      if (isFresh(grant.upstream, rejected)) return grant
      if (await store.add(lease, randomId(), leaseSeconds)) {
        try {
          return await refreshHoldingLease(grantId, rejected, signal)
        } finally {
          await store.delete(lease)
        }
      }
      // Another process is at it.
      await new Promise((resolve) => setTimeout(resolve, leasePollMilliseconds))
    }
    throw new OAuthError('upstream_unavailable')
  }

  /** At most one refresh of a grant in this process; everybody who asks meanwhile gets its result. */
  const refreshOnce = async (
    grantId: string,
    rejected: string | undefined,
    signal: AbortSignal,
  ): Promise<GrantRecord> => {
    const pending = running.get(grantId)
    if (pending) {
      const grant = await pending
      // New a moment ago, however short its life.
      if (grant.upstream.accessToken !== rejected) return grant
    }
    const started = refresh(grantId, rejected, signal).finally(() => {
      if (running.get(grantId) === started) running.delete(grantId)
    })
    running.set(grantId, started)
    return await started
  }

  const freshGrant = async (
    grantId: string,
    rejected: string | undefined,
    signal: AbortSignal,
  ): Promise<GrantRecord> => {
    const grant = await activeGrant(grantId)
    return isFresh(grant.upstream, rejected) ? grant : await refreshOnce(grantId, rejected, signal)
  }

  /** Whose tokens these are, or why the IdP does not say. */
  const identify = async (tokens: UpstreamTokens, signal: AbortSignal): Promise<Identity | UpstreamError> => {
    try {
      return await upstream.identify(tokens, signal)
    } catch (cause) {
      if (cause instanceof UpstreamError) return cause
      throw cause
    }
  }

  const revalidating = new Map<string, Promise<void>>()
  const revalidate = async (grantId: string): Promise<void> => {
    const signal = upstream.deadline()
    let grant = await freshGrant(grantId, undefined, signal)
    let identity = await identify(grant.upstream, signal)
    if (identity instanceof UpstreamError && identity.kind === 'invalid_token') {
      grant = await freshGrant(grantId, grant.upstream.accessToken, signal)
      identity = await identify(grant.upstream, signal)
    }
    const end = async (reason: 'upstream_revoked' | 'subject_changed'): Promise<never> => {
      await grants.revoke(grantId, reason)
      emit({ ...about(grant), time: now() * 1000, type: 'grant.revoked', reason })
      throw new OAuthError('grant_revoked')
    }
    // The provider itself decided that the user may not sign in (any more), such as a former member of an organization.
    if (isDecision(identity)) return await end('upstream_revoked')
    // A refusal of the IdP's API, or its outage, is no reason to log anybody out: what we know stays.
    if (identity instanceof UpstreamError) return
    if (identity.subject !== grant.identity.subject) return await end('subject_changed')
    if (JSON.stringify(identity) === JSON.stringify(grant.identity)) return
    await grants.update(grantId, (current) => (current.state === 'active' ? { ...current, identity } : undefined))
  }

  return {
    async accessToken(grantId, rejected) {
      return (await freshGrant(grantId, rejected, upstream.deadline())).upstream.accessToken
    },
    async revalidate(grantId) {
      const pending = revalidating.get(grantId)
      if (pending) return await pending
      const started = revalidate(grantId).finally(() => revalidating.delete(grantId))
      revalidating.set(grantId, started)
      await started
    },
  }
}

function about(grant: GrantRecord): { clientId: string; subject: string } {
  return { clientId: grant.clientId, subject: grant.identity.subject }
}

function status(error: UpstreamError): { status?: number } {
  return error.status === undefined ? {} : { status: error.status }
}

/** Our answer when the IdP is in trouble: come back later, nothing is lost. */
function unavailable(cause: UpstreamError): OAuthError {
  // A long wait is the IdP's matter with us; a client should look in again sooner.
  const retryAfterSeconds = Math.min(Math.max(1, Math.ceil(cause.retryAfterSeconds ?? 5)), 60)
  return new OAuthError('upstream_unavailable', { retryAfterSeconds, cause })
}

/** Whether `identify` denied the user by a rule of its own; what merely classifies an answer has that answer's status. */
function isDecision(outcome: Identity | UpstreamError): boolean {
  return outcome instanceof UpstreamError && outcome.kind === 'access_denied' && outcome.status === undefined
}
