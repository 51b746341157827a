/** Grants in the store: read, and change by compare-and-swap. @module */
import type { RevocationReason } from '../events.ts'
import { revokeGrant } from '../proxy/grant.ts'
import type { Lifetimes } from '../proxy/lifetimes.ts'
import { type GrantRecord, serializeRecord } from '../proxy/records.ts'
import type { ChangedRecord, SealedRecord, SealedStore } from '../stores/sealed-store.ts'
import { grantKey } from './handles.ts'

/** A grant as it was read, to be replaced only if nobody was faster. */
export interface StoredGrant {
  readonly id: string
  readonly grant: GrantRecord
  readonly stored: SealedRecord
}

/** Access to grants. Every write is one atomic step on one key. */
export interface GrantRepository {
  find(grantId: string): Promise<StoredGrant | undefined>
  add(grantId: string, grant: GrantRecord): Promise<void>
  /** Resolves to `false` when the grant has changed since it was read. */
  replace(stored: StoredGrant, next: GrantRecord): Promise<boolean>
  /** Applies a change to whatever the grant is by then; `change` returns `undefined` to leave it. */
  update(grantId: string, change: (grant: GrantRecord) => GrantRecord | undefined): Promise<GrantRecord | undefined>
  /** Ends a grant. Resolves to its record before that, or `undefined` when it was over already. */
  revoke(grantId: string, because: RevocationReason): Promise<GrantRecord | undefined>
}

/** Creates the repository. `now` in seconds since the epoch. */
export function createGrantRepository(store: SealedStore, lifetimes: Lifetimes, now: () => number): GrantRepository {
  const ttl = (grant: GrantRecord): number => {
    const time = now()
    if (grant.state === 'code') return Math.max(1, (grant.code?.expiresAt ?? 0) - time)
    // A revoked grant stays known for as long as one of its access tokens could be shown.
    return Math.max(lifetimes.accessToken + 60, grant.state === 'active' ? (grant.refreshUntil ?? 0) - time : 0)
  }
  const change = async (
    grantId: string,
    decide: (grant: GrantRecord) => GrantRecord | undefined,
  ): Promise<ChangedRecord<GrantRecord> | undefined> =>
    await store.update<GrantRecord>(await grantKey(grantId), (grant) => {
      const next = grant && decide(grant)
      return next && { record: next, ttlSeconds: ttl(next) }
    })
  return {
    async find(grantId) {
      const found = await store.find<GrantRecord>(await grantKey(grantId))
      return found && { id: grantId, grant: found.record, stored: found.stored }
    },
    replace: async ({ id, stored }, next) =>
      await store.compareAndSwap(await grantKey(id), stored, serializeRecord(next), ttl(next)),
    async add(grantId, grant) {
      await store.set(await grantKey(grantId), serializeRecord(grant), ttl(grant))
    },
    update: async (grantId, decide) => (await change(grantId, decide))?.after,
    async revoke(grantId, because) {
      const changed = await change(grantId, (grant) =>
        grant.state === 'revoked' ? undefined : revokeGrant(grant, because),
      )
      return changed?.before
    },
  }
}
