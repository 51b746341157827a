/** One rate limit of Discord, and the calls that wait for it. @module */

/** What the headers of an answer say about a rate limit. */
export interface RateLimitHeaders {
  /** Name of the limit, the same for every route that shares it. */
  readonly bucket?: string | undefined
  readonly remaining?: number | undefined
  /** Seconds. */
  readonly resetAfter?: number | undefined
}

/** What is known of one limit. Times are seconds since the epoch. */
export interface Bucket {
  /** What Discord calls it; unknown until the first answer. */
  name?: string | undefined
  /** How many more may be sent before {@link resetAt}, those on the way counted; unknown at first and after a reset. */
  remaining?: number | undefined
  resetAt: number
  /** Discord said 429: nothing before this. */
  blockedUntil: number
  inFlight: number
  waiting: number
  /** Settles when everybody who came earlier has gone. */
  tail: Promise<void>
  /** Wakes the first in the queue. */
  wake: () => void
  /** This turned out to be the same limit as another one that was known already. */
  sameAs?: Bucket | undefined
}

/** A limit of which nothing is known. */
export function createBucket(): Bucket {
  return { resetAt: 0, blockedUntil: 0, inFlight: 0, waiting: 0, tail: Promise.resolve(), wake: () => {} }
}

/** The limit that this one has turned out to be. */
export function rootOf(bucket: Bucket): Bucket {
  let root = bucket
  while (root.sameAs) root = root.sameAs
  return root
}

/** Whether forgetting the bucket would let somebody past it. */
export function isBusy(bucket: Bucket): boolean {
  return bucket.inFlight > 0 || bucket.waiting > 0
}

/** Seconds until a request may be sent: 0 for now, Infinity for when an answer has come. */
export function secondsUntilTurn(bucket: Bucket, now: number): number {
  if (bucket.blockedUntil > now) return bucket.blockedUntil - now
  if (bucket.remaining !== undefined && bucket.resetAt <= now) bucket.remaining = undefined
  // While nothing is known one request goes ahead, and its answer says how many may follow.
  if (bucket.remaining === undefined) return bucket.inFlight === 0 ? 0 : Infinity
  return bucket.remaining > 0 ? 0 : bucket.resetAt - now
}

/** A request goes out. */
export function take(bucket: Bucket): void {
  bucket.inFlight++
  if (bucket.remaining !== undefined) bucket.remaining--
}

/**
 * An answer came, or none will.
 * @param about the limit that the headers are about, where it is not the one that the request was sent under
 */
export function giveBack(bucket: Bucket, headers: RateLimitHeaders, now: number, about: Bucket = bucket): void {
  bucket.inFlight--
  note(about, headers, now)
  bucket.wake()
  about.wake()
}

function note(bucket: Bucket, { remaining, resetAfter }: RateLimitHeaders, now: number): void {
  if (remaining === undefined || resetAfter === undefined) return
  const resetAt = now + resetAfter
  // Those still on the way may not be in Discord's count yet. Answers overtake each other, so that within one window
  // only a smaller number is news.
  const left = Math.max(0, remaining - bucket.inFlight)
  const isSameWindow = bucket.remaining !== undefined && bucket.resetAt > now
  bucket.remaining = isSameWindow ? Math.min(bucket.remaining ?? left, left) : left
  bucket.resetAt = isSameWindow ? Math.max(bucket.resetAt, resetAt) : resetAt
}

/** Discord said 429. */
export function block(bucket: Bucket, until: number): void {
  bucket.blockedUntil = Math.max(bucket.blockedUntil, until)
}

/** Reads the headers; what is not a sensible number counts as absent. */
export function readRateLimitHeaders(headers: Headers): RateLimitHeaders {
  return {
    bucket: headers.get('X-RateLimit-Bucket')?.slice(0, 100) || undefined,
    remaining: readNumber(headers.get('X-RateLimit-Remaining')),
    resetAfter: readNumber(headers.get('X-RateLimit-Reset-After')),
  }
}

/** A number of at most a day in seconds, or of requests. */
export function readNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Math.min(Number(text), 86_400) : undefined
}
