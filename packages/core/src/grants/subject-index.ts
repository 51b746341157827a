/** Which grants a user has, for identity providers (IdPs) where revoking one token ends them all. @module */
import { platform } from '#platform'
import { OAuthError } from '../errors.ts'
import { type GrantRecord, parseRecord, recordVersion, type SubjectRecord, serializeRecord } from '../proxy/records.ts'
import type { StoreKey } from '../store.ts'
import type { SealedStore } from '../stores/sealed-store.ts'
import type { GrantRepository } from './grant-repository.ts'

/** Knows the grants of a user. */
export interface SubjectIndex {
  /** `until`: the grant cannot be alive after that, unless it is added again. */
  add(grantId: string, grant: GrantRecord, until: number): Promise<void>
  /** Takes a grant that is over out; resolves to whether it was the user's last one. */
  remove(grantId: string, grant: GrantRecord): Promise<boolean>
}

/** More grants of one user than this are not counted; the oldest ones go first. */
const maxGrants = 50
const maxAttempts = 100

/** Creates the index. `now` in seconds since the epoch. */
export function createSubjectIndex(
  store: SealedStore,
  grants: GrantRepository,
  issuer: string,
  now: () => number,
): SubjectIndex {
  const keyOf = async (subject: string): Promise<StoreKey> =>
    `subject:${await platform.sha256(JSON.stringify([issuer, subject]))}`

  /** Applies a change and resolves to the grants there are after it. */
  const change = async (
    grant: GrantRecord,
    apply: (record: SubjectRecord['grants']) => SubjectRecord['grants'],
  ): Promise<SubjectRecord['grants']> => {
    const key = await keyOf(grant.identity.subject)
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const stored = await store.get(key)
      const former = stored && parseRecord<SubjectRecord>(stored.text)
      const kept = (former?.grants ?? []).filter(({ until }) => until > now())
      const next = apply(kept).slice(-maxGrants)
      const text = serializeRecord({ version: recordVersion, grants: next })
      const ttl = Math.max(60, ...next.map(({ until }) => until - now()))
      const isWritten = stored ? await store.compareAndSwap(key, stored, text, ttl) : await store.add(key, text, ttl)
      if (isWritten) return next
    }
    throw new OAuthError('store_unavailable', { retryAfterSeconds: 1 })
  }

  return {
    async add(grantId, grant, until) {
      await change(grant, (all) => [...all.filter(({ id }) => id !== grantId), { id: grantId, until }])
    },
    async remove(grantId, grant) {
      const others = await change(grant, (all) => all.filter(({ id }) => id !== grantId))
      const states = await Promise.all(others.map(async ({ id }) => (await grants.find(id))?.grant.state))
      // A sign-in whose code is still on its way is one that must not end.
      return !states.includes('active') && !states.includes('code')
    },
  }
}
