/** What is known of tokens, remembered by their hash: never longer than it counts, never more than a bound. @module */
import { platform } from '#platform'
import { createSingleFlight } from '../discovery/document-cache.ts'
import { OAuthError } from '../errors.ts'
import { makeRoom } from '../limits/bounded-map.ts'

/** What was found out about tokens. */
export interface TokenCache<T> {
  /**
   * What is known of a token, or what `verify` finds out; at most one verification of a token at a time.
   * @throws what `verify` throws; only refusals of the token are kept, for `refusalSeconds`
   */
  get(token: string, audience: string, verify: () => Promise<Kept<T>>, isStillGood?: (value: T) => boolean): Promise<T>
  /** Forgets a token for every audience, because it was revoked; also what is being found out at this moment. */
  forget(token: string): Promise<void>
}

/** A result and how long it counts. */
export interface Kept<T> {
  readonly value: T
  /** Seconds since the epoch. */
  readonly until: number
}

/** Bounds of a cache. */
export interface TokenCacheLimits {
  /** Default 10,000. */
  readonly maxEntries?: number
  /** For so long a token that was refused is refused again unasked, in seconds. Default 0. */
  readonly refusalSeconds?: number
}

/** Anybody can make up tokens, so that few refusals are kept. */
const maxRefusals = 1000

/** Creates an empty cache. `now` in seconds since the epoch. */
export function createTokenCache<T>(
  now: () => number,
  { maxEntries = 10_000, refusalSeconds = 0 }: TokenCacheLimits = {},
): TokenCache<T> {
  const entries = new Map<string, Kept<T>>()
  const refusals = new Map<string, Kept<OAuthError>>()
  const once = createSingleFlight<T>()
  /** How often something was forgotten: what was asked before may be wrong by now. */
  let generation = 0
  const keyOf = async (token: string, audience: string): Promise<string> =>
    `${await platform.sha256(token)} ${audience}`

  const findOut = async (key: string, verify: () => Promise<Kept<T>>): Promise<T> => {
    const begun = generation
    try {
      const kept = await verify()
      if (begun === generation) keep(entries, key, kept, maxEntries, now())
      return kept.value
    } catch (error) {
      const isRefusal = error instanceof OAuthError && error.status === 401
      if (isRefusal && begun === generation) {
        keep(refusals, key, { value: error, until: now() + refusalSeconds }, maxRefusals, now())
      }
      throw error
    }
  }

  return {
    async get(token, audience, verify, isStillGood = () => true) {
      const key = await keyOf(token, audience)
      const known = entries.get(key)
      if (known && known.until > now() && isStillGood(known.value)) return known.value
      entries.delete(key)
      const refused = refusals.get(key)
      if (refused && refused.until > now()) throw refused.value
      return await once(`${generation} ${key}`, async () => await findOut(key, verify))
    },
    async forget(token) {
      generation += 1
      const prefix = await keyOf(token, '')
      for (const known of [entries, refusals]) {
        for (const key of known.keys()) if (key.startsWith(prefix)) known.delete(key)
      }
    },
  }
}

function keep<T>(map: Map<string, Kept<T>>, key: string, kept: Kept<T>, most: number, now: number): void {
  map.delete(key)
  if (kept.until <= now) return
  makeRoom(map, most)
  map.set(key, kept)
}
