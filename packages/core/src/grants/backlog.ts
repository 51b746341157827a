/** What the store did not take, tried again in the background. @module */
import { makeRoom } from '../limits/bounded-map.ts'

/** Work by grant; of one grant the last one counts. */
export interface Backlog<T> {
  get(grantId: string): T | undefined
  /** From now on until it succeeds or is settled, it is tried again. */
  keep(grantId: string, item: T): void
  settle(grantId: string): void
  /** Tries at once, and resolves when nothing is left, or was given up. */
  readonly flush: () => Promise<void>
}

/** Grants that wait at the same time; more than that only in a long outage. */
const maxItems = 1000
/**
 * First and longest pause before an attempt, in milliseconds. Short, since others may meet what is missing once the
 * store is back; and a process that is told to end has little time left for what a broken connection refused.
 */
const [firstPause, longestPause] = [100, 1000]
/** After so many attempts the work waits for the next use of its grant. */
const maxAttempts = 900

/** Creates it. `work` rejects while the store does not take it. */
export function createBacklog<T>(work: (grantId: string, item: T) => Promise<unknown>): Backlog<T> {
  const items = new Map<string, T>()
  let trying: Promise<void> | undefined

  const tryAll = async (): Promise<void> => {
    const waiting = [...items]
    for (const [grantId, item] of waiting) {
      // Who fails is the last one next time.
      items.delete(grantId)
      items.set(grantId, item)
      await work(grantId, item)
      if (items.get(grantId) === item) items.delete(grantId)
    }
  }
  const keepTrying = async (): Promise<void> => {
    for (let attempt = 0; items.size > 0 && attempt < maxAttempts; attempt += 1) {
      const pause = Math.min(longestPause, firstPause * 2 ** attempt)
      await new Promise((resolve) => setTimeout(resolve, pause))
      await tryAll().catch(() => {})
    }
    trying = undefined
  }

  return {
    get: (grantId) => items.get(grantId),
    keep(grantId, item) {
      items.delete(grantId)
      makeRoom(items, maxItems)
      items.set(grantId, item)
      trying ??= keepTrying()
    },
    settle: (grantId) => void items.delete(grantId),
    async flush() {
      await tryAll().catch(() => {})
      if (items.size > 0) await trying
    },
  }
}
