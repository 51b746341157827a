/** Verified tokens, remembered until they end, by their hash: never longer, never more than a bound. @module */
import { platform } from '#platform'
import { createSingleFlight } from '../discovery/document-cache.ts'
import { makeRoom } from '../limits/bounded-map.ts'

/** What was found out about tokens. */
export interface TokenCache<T> {
  /**
   * What is known of a token, or what `verify` finds out; at most one verification of a token at a time.
   * What it throws is not kept.
   */
  get(token: string, audience: string, verify: () => Promise<Kept<T>>, isStillGood?: (value: T) => boolean): Promise<T>
  /** Forgets a token, because it was refused or revoked. */
  forget(token: string, audience: string): Promise<void>
}

/** A result and how long it counts. */
export interface Kept<T> {
  readonly value: T
  /** Seconds since the epoch. */
  readonly until: number
}

const defaultMaxEntries = 10_000

/** Creates an empty cache. `now` in seconds since the epoch. */
export function createTokenCache<T>(now: () => number, maxEntries: number = defaultMaxEntries): TokenCache<T> {
  const entries = new Map<string, Kept<T>>()
  const once = createSingleFlight<T>()
  const digestOf = async (token: string, audience: string): Promise<string> =>
    await platform.sha256(JSON.stringify([audience, token]))
  return {
    async get(token, audience, verify, isStillGood = () => true) {
      const digest = await digestOf(token, audience)
      const known = entries.get(digest)
      if (known && known.until > now() && isStillGood(known.value)) return known.value
      entries.delete(digest)
      return await once(digest, async () => {
        const kept = await verify()
        makeRoom(entries, maxEntries)
        if (kept.until > now()) entries.set(digest, kept)
        return kept.value
      })
    },
    async forget(token, audience) {
      entries.delete(await digestOf(token, audience))
    },
  }
}
