/** The user's tokens at the identity provider (IdP): refreshed once, by one of all processes. @module */
import { OAuthError, UpstreamError } from '../errors.ts'
import type { AuthEvent } from '../events.ts'
import type { UpstreamTokens } from '../provider.ts'
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

  const fail = async (grantId: string, grant: GrantRecord, cause: unknown): Promise<never> => {
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
    await grants.revoke(grantId, 'upstream_revoked')
    emit({ ...about(grant), time: now() * 1000, type: 'grant.revoked', reason: 'upstream_revoked' })
    throw new OAuthError('grant_revoked', { cause })
  }

  /** Refreshes under the lease, so that a rotating refresh token is never used twice. */
  const refreshHoldingLease = async (
    grantId: string,
    rejected: string | undefined,
    signal: AbortSignal,
  ): Promise<GrantRecord> => {
    const grant = await activeGrant(grantId)
    if (isFresh(grant.upstream, rejected)) return grant
    let tokens: UpstreamTokens
    try {
      tokens = await upstream.refresh(grant.upstream, signal)
    } catch (cause) {
      return await fail(grantId, grant, cause)
    }
    const updated = await grants.update(grantId, (current) =>
      current.state === 'active' ? { ...current, upstream: tokens } : undefined,
    )
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
      if (isFresh(grant.upstream, rejected)) return grant
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

  const revalidating = new Map<string, Promise<void>>()
  const revalidate = async (grantId: string): Promise<void> => {
    const signal = upstream.deadline()
    let grant = await freshGrant(grantId, undefined, signal)
    const identity = await upstream.identify(grant.upstream, signal).catch(async (cause: unknown) => {
      if (!(cause instanceof UpstreamError)) throw cause
      if (cause.kind !== 'invalid_token') return undefined
      grant = await freshGrant(grantId, grant.upstream.accessToken, signal)
      return undefined
    })
    // An outage of the IdP's API is no reason to log anybody out: what we know stays.
    if (!identity) return
    if (identity.subject !== grant.identity.subject) {
      await grants.revoke(grantId, 'subject_changed')
      emit({ ...about(grant), time: now() * 1000, type: 'grant.revoked', reason: 'subject_changed' })
      throw new OAuthError('grant_revoked')
    }
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
export function unavailable(cause: UpstreamError): OAuthError {
  // A long wait is the IdP's matter with us; a client should look in again sooner.
  const retryAfterSeconds = Math.min(Math.max(1, Math.ceil(cause.retryAfterSeconds ?? 5)), 60)
  return new OAuthError('upstream_unavailable', { retryAfterSeconds, cause })
}
