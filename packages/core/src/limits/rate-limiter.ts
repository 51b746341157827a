/** Limits on work that strangers can cause. @module */

import { OAuthError } from '../errors.ts'
import { addressBlock } from '../protocol/ip-address.ts'
import { makeRoom } from './bounded-map.ts'

/**
 * Kinds of work that are limited: registrations, and fetches of documents that a client named, counted once against
 * whoever made us fetch and once against the host that has to answer.
 */
export type LimitedWork = 'registration' | 'client-document' | 'client-document-host'

/** One piece of work, to be allowed or not. */
export interface RateLimitRequest {
  readonly work: LimitedWork
  /** Whom it is counted against: `source 203.0.113.7`, `source 2001:db8:0:1::/64`, `host client.example`. */
  readonly key: string
}

/**
 * Decides about one piece of work. Replace it to count across processes.
 * Resolves to the seconds to wait, or to `undefined` when the work may be done now.
 */
export type RateLimit = (request: RateLimitRequest) => Promise<number | undefined> | number | undefined

/** Counts work. */
export interface RateLimiter {
  /** @throws {OAuthError} `rate_limited` with the time to wait */
  spend(work: LimitedWork, key: string): Promise<void>
}

interface Allowance {
  readonly burst: number
  readonly perSecond: number
}

/**
 * Generous to people and to services that connect many of them, tight for a loop. A host is asked more often than
 * one source may make us ask, or one stranger could keep everybody else from a client.
 */
const allowances: Readonly<Record<LimitedWork, Allowance>> = {
  registration: { burst: 200, perSecond: 1 },
  'client-document': { burst: 30, perSecond: 0.5 },
  'client-document-host': { burst: 120, perSecond: 2 },
}
const maxBuckets = 10_000

/** Wraps a decision. */
export function createRateLimiter(decide: RateLimit): RateLimiter {
  return {
    async spend(work, key) {
      const wait = await decide({ work, key })
      if (wait !== undefined) throw new OAuthError('rate_limited', { retryAfterSeconds: Math.max(1, Math.ceil(wait)) })
    },
  }
}

/** The key to count a sender's work against. Senders whose address nobody told us share one. */
export function sourceKey(clientAddress: string | undefined): string {
  return clientAddress === undefined ? 'source unknown' : `source ${addressBlock(clientAddress)}`
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
    makeRoom(buckets, maxBuckets)
    const isAllowed = tokens >= 1
    buckets.set(name, { tokens: isAllowed ? tokens - 1 : tokens, at: time })
    return isAllowed ? undefined : (1 - tokens) / perSecond
  }
}
