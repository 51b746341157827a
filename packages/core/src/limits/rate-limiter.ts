/** Limits on work that strangers can cause. @module */
import { OAuthError } from '../errors.ts'

/** Kinds of work that are limited. */
export type LimitedWork = 'registration' | 'client-document'

/** One piece of work, to be allowed or not. */
export interface RateLimitRequest {
  readonly work: LimitedWork
  /** Whom it is counted against: `source 203.0.113.7`, `host client.example`. */
  readonly key: string
}

/**
 * Decides about one piece of work. Replace it to count across processes.
 * Resolves to the seconds to wait, or to `undefined` when the work may be done now.
 */
export type RateLimit = (request: RateLimitRequest) => Promise<number | undefined> | number | undefined

/** Counts work against all of its keys. */
export interface RateLimiter {
  /** @throws {OAuthError} `rate_limited` with the time to wait */
  spend(work: LimitedWork, keys: readonly (string | undefined)[]): Promise<void>
}

interface Allowance {
  readonly burst: number
  readonly perSecond: number
}

/** Generous to people and to services that connect many of them, tight for a loop. */
const allowances: Readonly<Record<LimitedWork, Allowance>> = {
  registration: { burst: 200, perSecond: 1 },
  'client-document': { burst: 30, perSecond: 0.5 },
}
const maxBuckets = 10_000

/** Wraps a decision. */
export function createRateLimiter(decide: RateLimit): RateLimiter {
  return {
    async spend(work, keys) {
      for (const key of keys) {
        const wait = key === undefined ? undefined : await decide({ work, key })
        if (wait !== undefined)
          throw new OAuthError('rate_limited', { retryAfterSeconds: Math.max(1, Math.ceil(wait)) })
      }
    },
  }
}

/** Token buckets in this process, one for each key; a bounded number of them. `now` in seconds. */
export function createTokenBuckets(now: () => number): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>()
  return ({ work, key }) => {
    const { burst, perSecond } = allowances[work]
    const name = `${work} ${key}`
    const time = now()
    const bucket = buckets.get(name) ?? { tokens: burst, at: time }
    const tokens = Math.min(burst, bucket.tokens + Math.max(0, time - bucket.at) * perSecond)
    buckets.delete(name)
    for (const oldest of buckets.keys()) {
      if (buckets.size < maxBuckets) break
      buckets.delete(oldest)
    }
    const isAllowed = tokens >= 1
    buckets.set(name, { tokens: isAllowed ? tokens - 1 : tokens, at: time })
    return isAllowed ? undefined : (1 - tokens) / perSecond
  }
}
