/** A store in this process: for one process, and for tests. @module */
import { OAuthError } from '../errors.ts'
import type { Store } from '../store.ts'
import { systemClock } from '../surroundings.ts'

/** Options of {@link createMemoryStore}. */
export interface MemoryStoreOptions {
  /** Bound on keys, values and bookkeeping together, in bytes. Default 128 MiB. */
  readonly maxBytes?: number
  /** Seconds since the epoch; for tests. */
  readonly now?: () => number
}

interface Entry {
  readonly value: string
  readonly expiresAt: number
}

/** What an entry costs besides its texts (measured roughly on V8), in bytes. */
const entryOverhead = 160
/** How many entries a write looks at for clean-up, so that no single request pays for all of it. */
const sweepPerWrite = 8
/** How many a write looks at before it refuses for want of room. */
const sweepWhenFull = 4096

/**
 * Creates the store. It never drops a live entry: when it is full, writes are refused with `store_full` (503).
 * JavaScript runs one step at a time, so each method is atomic by not awaiting inside.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { maxBytes = 128 * 1024 * 1024, now = systemClock } = options
  const entries = new Map<string, Entry>()
  let bytes = 0
  let cursor = entries.entries()

  const size = (key: string, entry: Entry): number => key.length + entry.value.length + entryOverhead
  const remove = (key: string, entry: Entry): void => {
    entries.delete(key)
    bytes -= size(key, entry)
  }
  const live = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    if (!entry || entry.expiresAt > now()) return entry
    remove(key, entry)
    return undefined
  }
  const sweep = (count: number): void => {
    const time = now()
    for (let left = Math.min(count, entries.size); left > 0; left -= 1) {
      let next = cursor.next()
      if (next.done) {
        cursor = entries.entries()
        next = cursor.next()
      }
      if (next.done) return
      const [key, entry] = next.value
      if (entry.expiresAt <= time) remove(key, entry)
    }
  }
  const write = (key: string, value: string, ttlSeconds: number): void => {
    if (!(ttlSeconds > 0)) throw new RangeError('ttlSeconds must be greater than zero')
    const entry = { value, expiresAt: now() + ttlSeconds }
    const former = live(key)
    const growth = size(key, entry) - (former ? size(key, former) : 0)
    sweep(sweepPerWrite)
    if (bytes + growth > maxBytes) sweep(sweepWhenFull)
    if (bytes + growth > maxBytes) throw new OAuthError('store_full')
    if (former && entries.has(key)) remove(key, former)
    entries.set(key, entry)
    bytes += size(key, entry)
  }

  return {
    async get(key) {
      return live(key)?.value
    },
    async set(key, value, { ttlSeconds, onlyIfAbsent = false }) {
      if (onlyIfAbsent && live(key)) return false
      write(key, value, ttlSeconds)
      return true
    },
    async delete(key) {
      const entry = entries.get(key)
      if (entry) remove(key, entry)
    },
    async take(key) {
      const entry = live(key)
      if (entry) remove(key, entry)
      return entry?.value
    },
    async compareAndSwap(key, expected, next, { ttlSeconds }) {
      if (live(key)?.value !== expected) return false
      write(key, next, ttlSeconds)
      return true
    },
  }
}
