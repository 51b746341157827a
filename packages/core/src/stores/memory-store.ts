/** A store in this process: for one process, and for tests. @module */
import { OAuthError } from '../errors.ts'
import type { Store, StoreKind } from '../store.ts'
import { steadyClock } from '../surroundings.ts'

/** Options of {@link createMemoryStore}. */
export interface MemoryStoreOptions {
  /** Bound on keys, values and bookkeeping together, in bytes. Default 128 MiB. */
  readonly maxBytes?: number
  /** Seconds since the epoch; for tests. Default: a clock that does not jump. */
  readonly now?: () => number
}

interface Entry {
  readonly value: string
  readonly expiresAt: number
  /** The room that is set aside for it. */
  readonly bytes: number
}

/** What an entry costs besides its texts (measured roughly on V8), in bytes. */
const entryOverhead = 160
/**
 * A grant grows when it is refreshed for the first time, by the tokens that are kept for a retry. It gets that room,
 * in bytes, when it begins: who has a grant is never refused for want of room.
 */
const grantGrowth = 1024
/** What begins something new. */
const beginnings: readonly StoreKind[] = ['transaction', 'consent']
/** The share of the room that is left to what has begun already. */
const reservedShare = 1 / 16
/** How many entries a write looks at for clean-up, so that no single request pays for all of it. */
const sweepPerWrite = 8
/** How many a write looks at before it refuses for want of room. */
const sweepWhenFull = 4096

/**
 * Creates the store. It never drops a live entry: when it is full, new work is refused with `store_full` (503).
 * JavaScript runs one step at a time, so each method is atomic by not awaiting inside.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { maxBytes = 128 * 1024 * 1024, now = steadyClock } = options
  const entries = new Map<string, Entry>()
  let bytes = 0
  let cursor = entries.entries()

  const remove = (key: string, entry: Entry): void => {
    entries.delete(key)
    bytes -= entry.bytes
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
    const former = live(key)
    const entry = { value, expiresAt: now() + ttlSeconds, bytes: roomFor(key, value, former) }
    const growth = entry.bytes - (former?.bytes ?? 0)
    const most = former || !isBeginning(key) ? maxBytes : maxBytes * (1 - reservedShare)
    sweep(sweepPerWrite)
    if (bytes + growth > most) sweep(sweepWhenFull)
    if (growth > 0 && bytes + growth > most) throw new OAuthError('store_full')
    if (former && entries.has(key)) remove(key, former)
    entries.set(key, entry)
    bytes += entry.bytes
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

function roomFor(key: string, value: string, former: Entry | undefined): number {
  const bytes = sizeOf(key) + sizeOf(value) + entryOverhead
  if (!key.startsWith('grant:')) return bytes
  return former ? Math.max(bytes, former.bytes) : bytes + grantGrowth
}

/** Bytes of a text in memory: engines keep one for each character as long as every one of them fits, or else two. */
function sizeOf(text: string): number {
  return /[\u0100-\uffff]/.test(text) ? 2 * text.length : text.length
}

function isBeginning(key: string): boolean {
  return beginnings.some((kind) => key.startsWith(`${kind}:`))
}
