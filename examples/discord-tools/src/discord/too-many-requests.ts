/** Reading a 429: whose limit it is, and how long it lasts. @module */
import { readNumber } from './bucket.ts'
import type { DiscordAnswer } from './exchange.ts'

/**
 * Seconds until the next try, as the answer says.
 * @see [Exceeding a rate limit](https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit)
 */
export function readRetryAfter({ headers, body }: DiscordAnswer): number | undefined {
  const inBody = typeof body === 'object' && body !== null && 'retry_after' in body ? body.retry_after : undefined
  // The body is exact to the millisecond, the header to the second.
  if (typeof inBody === 'number' && inBody >= 0) return Math.min(inBody, 86_400)
  return readNumber(headers.get('Retry-After'))
}

/** Whether the limit is the one over all routes of a token. */
export function isGlobal({ headers, body }: DiscordAnswer): boolean {
  const inBody = typeof body === 'object' && body !== null && 'global' in body ? body.global : undefined
  return inBody === true || headers.has('X-RateLimit-Global') || headers.get('X-RateLimit-Scope') === 'global'
}

/** Discord names a delay in JSON or sends its own headers; what blocks addresses in front of it does neither. */
export function isOfDiscord({ headers, body }: DiscordAnswer): boolean {
  if (headers.has('X-RateLimit-Scope') || headers.has('X-RateLimit-Bucket') || headers.has('X-RateLimit-Global'))
    return true
  return typeof body === 'object' && body !== null && 'retry_after' in body
}
