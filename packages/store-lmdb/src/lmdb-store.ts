/** The store: every change is one conditional write of one entry. @module */
import { Buffer } from 'node:buffer'
import { ConfigurationError, type Store, type StoreKey } from '@mcp-auth/core'
import { assertDatabaseFile } from './data-file.ts'
import { openDatabase } from './database.ts'
import { type Entry, hashKey, newVersion } from './entry.ts'
import { createCleanUp } from './expiry.ts'
import { prepareFolder } from './folder.ts'
import { withinBound } from './room.ts'

/** Options of {@link createLMDBStore}. */
export interface LMDBStoreOptions {
  /** Path of the folder with the database; it is created with mode 0700. One on a disk of this machine. */
  readonly folder: string
  /** Bound on the pages in use, in bytes. Default 1 GiB. */
  readonly maxBytes?: number
  /** Seconds since the epoch; for tests. */
  readonly now?: () => number
}

/** A {@link Store} that has files open. */
export interface LMDBStore extends Store {
  /** Rejects when a record cannot be written, as on a full disk; for readiness probes. */
  ping(): Promise<void>
  /** Waits for the operations in progress and closes the files. Every later operation rejects. */
  close(): Promise<void>
}

/** What becomes of an entry, and what the caller is told. */
interface Decision<Result> {
  readonly result: Result
  /** The new entry; `undefined` removes the old one; without this member nothing is written. */
  readonly next?: Entry | undefined
}

/** Makes a decision of the entry that is there, unless it has expired. Called again when the entry has changed. */
type Decide<Result> = (found: Entry | undefined) => Decision<Result>

const leastBytes = 64 * 1024
/** What a probe writes is removed at once; if its process dies before that, it expires after so many seconds. */
const pingSeconds = 60
/** As large as a large record: on a disk that is nearly full a small write still finds a page, and a grant does not. */
const pingValue = 'p'.repeat(16 * 1024)

/**
 * Opens the store, and creates it where there is none. Any number of processes of one machine may have it open.
 *
 * A write resolves once it is on the disk. The store never drops a live entry: at `maxBytes`, new entries are refused
 * with `store_full` (503); on a full disk writes reject, and what is stored stays as it was.
 * @throws {ConfigurationError} `folder` or `maxBytes`, for what cannot work
 * @example
 * const store = createLMDBStore({ folder: './data' })
 */
export function createLMDBStore(options: LMDBStoreOptions): LMDBStore {
  const { folder, maxBytes = 1024 ** 3, now = systemClock } = options
  if (!(maxBytes >= leastBytes)) throw new ConfigurationError('maxBytes', `must be at least ${leastBytes} bytes`)
  const path = prepareFolder(folder)
  assertDatabaseFile(path)
  const database = openDatabase(path)
  const cleanUp = createCleanUp(database, now)
  const replace = withinBound(database, maxBytes, async () => await cleanUp.makeRoom())
  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  const live = (entry: Entry | undefined): Entry | undefined => (entry && entry.expiresAt > now() ? entry : undefined)
  const entryOf = (value: string, ttlSeconds: number): Entry => {
    if (!(ttlSeconds > 0)) throw new RangeError('ttlSeconds must be greater than zero')
    return { value: Buffer.from(value), expiresAt: now() + ttlSeconds, version: newVersion() }
  }
  /** Reads, decides and writes, again if somebody else was faster: the lock is never held while JavaScript runs. */
  const tryUntilDone = async <Result>(hash: Buffer, decide: Decide<Result>): Promise<Result> => {
    for (;;) {
      const found = database.read(hash)
      const decision = decide(live(found))
      if (!('next' in decision) || (await replace(hash, found, decision.next))) return decision.result
    }
  }
  const run = async <Result>(operation: () => Promise<Result>): Promise<Result> => {
    if (closing) throw closed()
    const work = operation()
    running.add(work)
    try {
      return await work
    } finally {
      running.delete(work)
      if (!closing) cleanUp.afterWrite()
    }
  }
  const change = async <Result>(key: StoreKey, decide: Decide<Result>): Promise<Result> =>
    await run(async () => await tryUntilDone(hashKey(key), decide))

  return {
    async get(key) {
      if (closing) throw closed()
      return live(database.read(hashKey(key)))?.value.toString()
    },
    async set(key, value, { ttlSeconds, onlyIfAbsent = false }) {
      return await change(key, (found) =>
        found && onlyIfAbsent ? { result: false } : { result: true, next: entryOf(value, ttlSeconds) },
      )
    },
    async delete(key) {
      await change(key, () => ({ result: undefined, next: undefined }))
    },
    async take(key) {
      return await change(key, (found) =>
        found ? { result: found.value.toString(), next: undefined } : { result: undefined },
      )
    },
    async compareAndSwap(key, expected, next, { ttlSeconds }) {
      const wanted = Buffer.from(expected)
      return await change(key, (found) =>
        found?.value.equals(wanted) ? { result: true, next: entryOf(next, ttlSeconds) } : { result: false },
      )
    },
    async ping() {
      const hash = hashKey('ping')
      await run(async () => {
        const probe = entryOf(pingValue, pingSeconds)
        // Not within the bound: at the bound there are writes that work. Nor again: if somebody was faster, it was written.
        await database.replace(hash, database.read(hash), probe)
        // Pages that the probe kept would be there for the next one when a grant finds none.
        await database.replace(hash, probe, undefined)
      })
    },
    async close() {
      closing ??= (async () => {
        await Promise.allSettled(running)
        await cleanUp.settled()
        await database.close()
      })()
      await closing
    },
  }
}

function closed(): Error {
  return new Error('the store is closed')
}

function systemClock(): number {
  return Date.now() / 1000
}
