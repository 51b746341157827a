/** Fetched documents, kept as long as they say: bounded, one fetch at a time for each, and never an error. @module */

import { OAuthError } from '../errors.ts'
import { makeRoom } from '../limits/bounded-map.ts'

/** A document as it was fetched. Times in seconds since the epoch. */
export interface FetchedDocument<T> {
  readonly value: T
  readonly fetchedAt: number
  readonly freshUntil: number
  /** Whether it may be kept beyond this request. */
  readonly mayKeep: boolean
}

/** What is asked of the cache. */
export interface DocumentRequest<T> {
  /** Whose budget a fetch is paid from: those who share it pay once for requests at the same time. */
  readonly payer: string
  /** @throws {OAuthError} `rate_limited`; told to this payer only */
  readonly pay: () => Promise<void>
  readonly load: () => Promise<FetchedDocument<T>>
  /** Whether a copy that is not fresh any more will do while no other can be had. */
  readonly staleWillDo: boolean
  /** A copy older than this will not do, however fresh it is. Seconds. */
  readonly olderThan?: number | undefined
}

/** Documents by their URL. */
export interface DocumentCache<T> {
  get(url: string, request: DocumentRequest<T>): Promise<T>
  /** Whether a copy is kept, fresh or not. */
  has(url: string): boolean
  /** Forgets one document, or all. */
  clear(url?: string): void
  readonly size: number
}

interface Failure {
  readonly count: number
  readonly until: number
  readonly error: unknown
}

/** Bounds of a cache. */
export interface DocumentCacheLimits {
  /** Default 1000. */
  readonly maxEntries?: number
  /** For so long a document is left alone that failed once, in seconds. Default 0: what failed once may be mended at once. */
  readonly firstPauseSeconds?: number
  /** For so long at most a document that keeps failing is left alone, in seconds. Default 60. */
  readonly maxPauseSeconds?: number
}

/** For so long after it went stale a copy does while its host is down, in seconds. */
export const staleIfErrorSeconds = 86_400
/** Failures further apart than this, in seconds, have nothing to do with each other. */
const failuresForgottenAfter = 600

/** Creates the cache. */
export function createDocumentCache<T extends object>(
  now: () => number,
  { maxEntries = 1000, firstPauseSeconds = 0, maxPauseSeconds = 60 }: DocumentCacheLimits = {},
): DocumentCache<T> {
  const entries = new Map<string, FetchedDocument<T>>()
  const failures = new Map<string, Failure>()
  const payOnce = createSingleFlight<void>()
  const loadOnce = createSingleFlight<T>()

  const freshCopy = (url: string, olderThan = Number.POSITIVE_INFINITY): T | undefined => {
    const entry = entries.get(url)
    return entry && entry.freshUntil > now() && entry.fetchedAt + olderThan > now() ? entry.value : undefined
  }
  const assertWorthTrying = (url: string): void => {
    const { until = 0, error } = failures.get(url) ?? {}
    if (until <= now()) return
    if (!(error instanceof OAuthError) || error.status < 500) throw error
    throw new OAuthError(error.reason, { retryAfterSeconds: Math.ceil(until - now()), cause: error })
  }
  // What keeps failing is left alone for longer and longer.
  const rememberFailure = (url: string, error: unknown): void => {
    const former = failures.get(url)
    const count = former && former.until + failuresForgottenAfter > now() ? former.count + 1 : 1
    const pause = count === 1 ? firstPauseSeconds : Math.min(maxPauseSeconds, 2 ** count)
    setBounded(failures, url, maxEntries, { count, until: now() + pause, error })
  }
  const refresh = async (url: string, load: () => Promise<FetchedDocument<T>>): Promise<T> => {
    try {
      const document = await load()
      failures.delete(url)
      if (document.mayKeep) setBounded(entries, url, maxEntries, document)
      else entries.delete(url)
      return document.value
    } catch (error) {
      if (!isRateLimit(error)) rememberFailure(url, error)
      // What was there is not what is there now.
      if (isVerdict(error)) entries.delete(url)
      throw error
    }
  }

  // Who has paid for the load of a document that is under way, and may join it for nothing.
  const payers = new Map<string, Set<string>>()
  const join = async (url: string, payer: string, load: () => Promise<FetchedDocument<T>>): Promise<T> => {
    payers.set(url, (payers.get(url) ?? new Set()).add(payer))
    return await loadOnce(url, async () => await refresh(url, load).finally(() => payers.delete(url)))
  }

  return {
    has: (url) => entries.has(url),
    clear(url) {
      for (const known of [entries, failures]) {
        if (url === undefined) known.clear()
        else known.delete(url)
      }
    },
    get size() {
      return entries.size
    },
    async get(url, { payer, pay, load, staleWillDo, olderThan }) {
      const fresh = freshCopy(url, olderThan)
      if (fresh) return fresh
      try {
        assertWorthTrying(url)
        if (!payers.get(url)?.has(payer)) {
          await payOnce(JSON.stringify([payer, url]), pay)
          const loaded = freshCopy(url, olderThan)
          if (loaded) return loaded
          // It may have failed for somebody else while this one paid.
          assertWorthTrying(url)
        }
        return await join(url, payer, load)
      } catch (error) {
        const former = entries.get(url)
        if (staleWillDo && former && former.freshUntil + staleIfErrorSeconds > now() && !isVerdict(error))
          return former.value
        throw error
      }
    },
  }
}

function isRateLimit(error: unknown): boolean {
  return error instanceof OAuthError && error.reason === 'rate_limited'
}

/** Whether an error says what the document is, and not merely that it cannot be had now. */
function isVerdict(error: unknown): boolean {
  return error instanceof OAuthError && error.status < 500 && !isRateLimit(error)
}

function setBounded<T>(map: Map<string, T>, key: string, maxEntries: number, value: T): void {
  map.delete(key)
  makeRoom(map, maxEntries)
  map.set(key, value)
}

/** Callers that come while the work for their key is under way share it. */
export function createSingleFlight<T>(): (key: string, work: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>()
  return async (key, work) => {
    const joined = running.get(key)
    if (joined) return await joined
    const started = work().finally(() => running.delete(key))
    running.set(key, started)
    return await started
  }
}
