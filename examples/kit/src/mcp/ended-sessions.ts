/** Sessions that their clients have ended: their ids are good by themselves, and must count for nothing. @module */

/** Ids of ended sessions. */
export interface EndedSessions {
  add(id: string): void
  has(id: string): boolean
}

/**
 * Creates an empty set that keeps the latest ids.
 * @param max how many; an older one is good again, for its owner alone, who has said that it is not needed
 */
export function createEndedSessions(max = 10_000): EndedSessions {
  const ids = new Set<string>()
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.add(id)
      const [oldest] = ids
      if (ids.size > max && oldest !== undefined) ids.delete(oldest)
    },
  }
}
