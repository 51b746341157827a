/** Which grants a user has, for identity providers (IdPs) where revoking one token ends them all. @module */
import { platform } from '#platform'
import { type GrantRecord, recordVersion, type SubjectRecord } from '../proxy/records.ts'
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
    const changed = await store.update<SubjectRecord>(await keyOf(grant.identity.subject), (former) => {
      const time = now()
      const next = apply((former?.grants ?? []).filter(({ until }) => until > time)).slice(-maxGrants)
      const ttlSeconds = Math.max(60, ...next.map(({ until }) => until - time))
      return { record: { version: recordVersion, grants: next }, ttlSeconds }
    })
    return changed?.after.grants ?? []
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
