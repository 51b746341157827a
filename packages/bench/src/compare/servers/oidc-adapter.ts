/** A store for `oidc-provider` made of a map: its own one in memory ends at 1,000 entries. @module */
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

/** Creates what creates the adapter of each model. */
export function createMapAdapter(entries: Map<string, AdapterPayload>): AdapterFactory {
  const byGrant = new Map<string, Set<string>>()
  return (model) => createAdapter(entries, byGrant, model)
}

function createAdapter(
  entries: Map<string, AdapterPayload>,
  byGrant: Map<string, Set<string>>,
  model: string,
): Adapter {
  const keyOf = (id: string): string => `${model}:${id}`
  const find = (id: string): AdapterPayload | undefined => {
    const found = entries.get(keyOf(id))
    return found?.exp === undefined || found.exp > Date.now() / 1000 ? found : undefined
  }
  return {
    async upsert(id, payload) {
      entries.set(keyOf(id), payload)
      if (model === 'Session' && payload.uid !== undefined) entries.set(`uid:${payload.uid}`, payload)
      if (payload.grantId === undefined || model === 'Interaction') return
      const members = byGrant.get(payload.grantId) ?? new Set()
      byGrant.set(payload.grantId, members.add(keyOf(id)))
    },
    find: async (id) => find(id),
    findByUid: async (uid) => entries.get(`uid:${uid}`),
    findByUserCode: async () => undefined,
    async consume(id) {
      const found = find(id)
      if (found) found['consumed'] = Math.floor(Date.now() / 1000)
    },
    async destroy(id) {
      const found = entries.get(keyOf(id))
      entries.delete(keyOf(id))
      if (model === 'Session' && found?.uid !== undefined) entries.delete(`uid:${found.uid}`)
    },
    async revokeByGrantId(grantId) {
      for (const key of byGrant.get(grantId) ?? []) entries.delete(key)
      byGrant.delete(grantId)
    },
  }
}
