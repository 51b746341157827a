/** A Discord that counts: so many requests per window, channel and token, and 429 beyond. @module */

import { fixture, json } from './answers.ts'
import type { Handler } from './bots.ts'
import type { Clock } from './clock.ts'

/** What it saw. */
export interface LimitedDiscord {
  readonly handle: Handler
  /** Requests that came although none was left. */
  readonly tooMany: number
  /** Most requests at the same time. */
  readonly mostAtOnce: number
}

/** @param options `latency` passes before the count, and again before the answer leaves; all in seconds */
export function createLimitedDiscord(
  clock: () => Clock,
  options: { limit: number; windowSeconds: number; latency: number; bucket?: (method: string) => string },
): LimitedDiscord {
  const { limit, windowSeconds, latency, bucket: nameBucket = (method) => `bucket-${method}` } = options
  const windows = new Map<string, { count: number; resetAt: number }>()
  const seen = { tooMany: 0, mostAtOnce: 0, atOnce: 0 }
  return {
    get tooMany() {
      return seen.tooMany
    },
    get mostAtOnce() {
      return seen.mostAtOnce
    },
    async handle({ method, url, headers }) {
      const { now, wait } = clock()
      seen.atOnce++
      seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce)
      await wait(latency)
      const name = nameBucket(method)
      const key = [name, url.pathname.split('/')[4], headers.get('authorization')].join(' ')
      const former = windows.get(key)
      const window = former && former.resetAt > now() ? former : { count: 0, resetAt: now() + windowSeconds }
      windows.set(key, window)
      window.count++
      const left = limit - window.count
      const resetAfter = window.resetAt - now()
      const answerHeaders = {
        'X-RateLimit-Limit': String(limit),
        'X-RateLimit-Remaining': String(Math.max(0, left)),
        'X-RateLimit-Reset-After': resetAfter.toFixed(3),
        'X-RateLimit-Bucket': name,
      }
      await wait(latency)
      seen.atOnce--
      if (left >= 0) return json(fixture('message.create.ok').body, 200, answerHeaders)
      seen.tooMany++
      const refusal = { message: 'You are being rate limited.', retry_after: resetAfter, global: false }
      return json(refusal, 429, { ...answerHeaders, 'X-RateLimit-Scope': 'user' })
    },
  }
}
