/** Waiting for a rate limit: first come, first served, and never longer than was said. @module */
import { type Bucket, secondsUntilTurn, take } from './bucket.ts'
import { DiscordError } from './errors.ts'

/** Waits so many seconds; rejects when the signal ends it. */
export type Wait = (seconds: number, signal: AbortSignal) => Promise<void>

/** How long one call is ready to wait. */
export interface Patience {
  /** Seconds since the epoch. */
  readonly now: () => number
  readonly wait: Wait
  /** Seconds since the epoch. */
  readonly deadline: number
  readonly signal: AbortSignal
  /** Most calls that wait for the same thing. */
  readonly maxWaiting: number
}

/** Below this a clock may not move, and the wait would have no end. */
const shortestWait = 0.001

/**
 * Waits until a request may be sent, and counts it as sent.
 * @returns the limit that the request counts for
 * @throws {DiscordError} `rate_limited` when the turn would come too late, `overloaded` when too many wait, `cancelled`
 */
export async function enter(bucket: Bucket, patience: Patience): Promise<Bucket> {
  if (bucket.waiting >= patience.maxWaiting) {
    throw new DiscordError('overloaded', { retryAfterSeconds: patience.deadline - patience.now() })
  }
  const before = bucket.tail
  const { promise: gone, resolve: leave } = defer()
  bucket.tail = before.then(async () => await gone)
  bucket.waiting++
  try {
    await untilAborted(before, patience.signal)
    return await takeTurn(bucket, patience)
  } finally {
    bucket.waiting--
    leave()
  }
}

async function takeTurn(bucket: Bucket, patience: Patience): Promise<Bucket> {
  for (;;) {
    if (bucket.sameAs) return await enter(bucket.sameAs, patience)
    const seconds = secondsUntilTurn(bucket, patience.now())
    if (seconds === 0) {
      take(bucket)
      return bucket
    }
    const { promise: woken, resolve } = defer()
    bucket.wake = resolve
    await pause(seconds, patience, woken)
  }
}

/**
 * Waits, if the end is within the patience of the caller.
 * @param seconds Infinity when only `woken` ends it
 * @throws {DiscordError} `rate_limited`, `cancelled`
 */
export async function pause(seconds: number, patience: Patience, woken?: Promise<void>): Promise<void> {
  const left = patience.deadline - patience.now()
  if (left <= 0 || (seconds > left && seconds !== Infinity)) {
    throw new DiscordError('rate_limited', { retryAfterSeconds: seconds === Infinity ? shortestWait : seconds })
  }
  const over = new AbortController()
  const time = patience.wait(
    Math.max(Math.min(seconds, left), shortestWait),
    AbortSignal.any([patience.signal, over.signal]),
  )
  try {
    await (woken === undefined ? time : Promise.race([woken, time]))
  } catch (error) {
    if (patience.signal.aborted) throw new DiscordError('cancelled')
    throw error
  } finally {
    over.abort()
  }
}

async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, resolve } = defer()
  signal.addEventListener('abort', resolve)
  try {
    await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', resolve)
  }
  if (signal.aborted) throw new DiscordError('cancelled')
}

function defer(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
