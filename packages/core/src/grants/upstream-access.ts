/** The user's tokens at the identity provider (IdP): refreshed once, by one of all processes. @module */
import { OAuthError, UpstreamError } from '../errors.ts'
import type { AuthEvent } from '../events.ts'
import type { Identity, UpstreamTokens } from '../provider.ts'
import { revokeGrant } from '../proxy/grant.ts'
import type { GrantRecord } from '../proxy/records.ts'
import type { StoreKey } from '../store.ts'
import { type Lease, takeLease } from '../stores/lease.ts'
import type { SealedStore } from '../stores/sealed-store.ts'
import type { UpstreamClient } from '../upstream/upstream-client.ts'
import { createBacklog } from './backlog.ts'
import type { GrantRepository } from './grant-repository.ts'
import { grantKey, randomId } from './handles.ts'
import { isDecision, statusOf, unavailable } from './upstream-failures.ts'

/** Keeps upstream tokens and identity of grants current. */
export interface UpstreamAccess {
  /**
   * A token the IdP should accept now. `rejected` names one it just refused.
   * @throws {OAuthError} `grant_revoked` when the IdP ended the grant, `upstream_unavailable` during an outage
   */
  accessToken(grantId: string, rejected?: string): Promise<string>
  /**
   * Makes sure that the IdP still stands behind the grant, before it is prolonged. Resolves to whether that changed
   * the grant.
   * @param grant as it was read a moment ago
   * @throws {OAuthError} as {@link accessToken}
   */
  revalidate(grantId: string, grant: GrantRecord): Promise<boolean>
  /** Resolves when the store has all that it did not take before. */
  flush(): Promise<void>
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

/** Tokens of the IdP that replace others. */
interface ReplacedTokens {
  /** The access token they replace: where the grant has another one, they are of no use any more. */
  readonly former: string
  readonly tokens: UpstreamTokens
}

/** A token with less life left than this, in seconds, is refreshed before it is used. */
const freshnessMargin = 60
const leasePollMilliseconds = 50
/**
 * A lease lasts longer than a request to the IdP may, by so many seconds. Within these the request must have begun,
 * or somebody else could get the lease while it is under way.
 */
const leaseMargin = 10

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
      ...statusOf(cause),
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

  /** Writes tokens over the very ones they replace: whoever was faster, or ended the grant, has won. */
  const save = async (grantId: string, { former, tokens }: ReplacedTokens): Promise<GrantRecord | undefined> =>
    await grants.update(grantId, (current) =>
      current.state === 'active' && current.upstream.accessToken === former
        ? { ...current, upstream: tokens }
        : undefined,
    )
  // The IdP will not issue them again, and another process would use the token they replace as soon as it can.
  const unsaved = createBacklog(save)

  /** @throws {OAuthError} 503 while the store takes no write; the tokens are kept then */
  const saveOrKeep = async (grantId: string, replaced: ReplacedTokens): Promise<GrantRecord | undefined> => {
    try {
      const saved = await save(grantId, replaced)
      unsaved.settle(grantId)
      return saved
    } catch (error) {
      unsaved.keep(grantId, replaced)
      throw error
    }
  }

  /** Refreshes under the lease, so that a rotating refresh token is never used twice. */
  const refreshHoldingLease = async (
    grantId: string,
    rejected: string | undefined,
    lease: Lease,
  ): Promise<GrantRecord> => {
    const grant = await activeGrant(grantId)
    if (isFresh(grant.upstream, rejected)) return grant
    let tokens: UpstreamTokens
    try {
      await upstream.endpoints()
      // Nobody else may be at it before the IdP has answered, or its time is over.
      if (!lease.isSafe()) throw new OAuthError('upstream_unavailable', { retryAfterSeconds: 1 })
      // The whole time, however long we waited: an answer that comes too late is lost, with the token in it.
      tokens = await upstream.refresh(grant.upstream, upstream.deadline())
    } catch (cause) {
      return await fail(grantId, grant, cause)
    }
    emit({ ...about(grant), time: now() * 1000, type: 'upstream.refreshed' })
    const saved = await saveOrKeep(grantId, { former: grant.upstream.accessToken, tokens })
    return saved ?? (await activeGrant(grantId))
  }

  const owner = randomId()
  const leaseOf = async (grantId: string): Promise<Lease | undefined> => {
    const key: StoreKey = `lease:${(await grantKey(grantId)).slice('grant:'.length)}`
    const ttlSeconds = options.timeoutSeconds + leaseMargin
    return await takeLease(store, key, { owner, ttlSeconds, safeSeconds: leaseMargin, now })
  }
  /** The work is done, or did not begin: a lease that cannot be given back now ends by itself. */
  const giveBack = async (grantId: string, lease: Lease): Promise<void> => {
    if (!unsaved.get(grantId)) await lease.release().catch(() => {})
  }

  const refresh = async (grantId: string, rejected: string | undefined, signal: AbortSignal): Promise<GrantRecord> => {
    while (!signal.aborted) {
      const grant = await activeGrant(grantId)
      if (isFresh(grant.upstream, rejected)) return grant
      const waiting = unsaved.get(grantId)
      if (waiting?.former === grant.upstream.accessToken) {
        await saveOrKeep(grantId, waiting)
        continue
      }
      const lease = await leaseOf(grantId)
      if (lease) {
        try {
          return await refreshHoldingLease(grantId, rejected, lease)
        } finally {
          await giveBack(grantId, lease)
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
    for (let pending = running.get(grantId); pending; pending = running.get(grantId)) {
      const grant = await pending
      // New a moment ago, however short its life.
      if (grant.upstream.accessToken !== rejected) return grant
    }
    const started = refresh(grantId, rejected, signal).finally(() => running.delete(grantId))
    running.set(grantId, started)
    return await started
  }

  const freshGrant = async (
    grantId: string,
    grant: GrantRecord,
    signal: AbortSignal,
    rejected?: string,
  ): Promise<GrantRecord> => (isFresh(grant.upstream, rejected) ? grant : await refreshOnce(grantId, rejected, signal))

  /** Whose tokens these are, or why the IdP does not say. */
  const identify = async (tokens: UpstreamTokens, signal: AbortSignal): Promise<Identity | UpstreamError> => {
    try {
      return await upstream.identify(tokens, signal)
    } catch (cause) {
      if (cause instanceof UpstreamError) return cause
      throw cause
    }
  }

  const revalidating = new Map<string, Promise<boolean>>()
  const revalidate = async (grantId: string, known: GrantRecord): Promise<boolean> => {
    const signal = upstream.deadline()
    let grant = await freshGrant(grantId, known, signal)
    let identity = await identify(grant.upstream, signal)
    if (identity instanceof UpstreamError && identity.kind === 'invalid_token') {
      grant = await freshGrant(grantId, await activeGrant(grantId), signal, grant.upstream.accessToken)
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
    if (identity instanceof UpstreamError) return grant !== known
    if (identity.subject !== grant.identity.subject) return await end('subject_changed')
    if (JSON.stringify(identity) === JSON.stringify(grant.identity)) return grant !== known
    await grants.update(grantId, (current) => (current.state === 'active' ? { ...current, identity } : undefined))
    return true
  }

  return {
    flush: unsaved.flush,
    async accessToken(grantId, rejected) {
      const grant = await freshGrant(grantId, await activeGrant(grantId), upstream.deadline(), rejected)
      return grant.upstream.accessToken
    },
    async revalidate(grantId, grant) {
      const pending = revalidating.get(grantId)
      if (pending) return await pending
      const started = revalidate(grantId, grant).finally(() => revalidating.delete(grantId))
      revalidating.set(grantId, started)
      return await started
    },
  }
}

function about(grant: GrantRecord): { clientId: string; subject: string } {
  return { clientId: grant.clientId, subject: grant.identity.subject }
}
