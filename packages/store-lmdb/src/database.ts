/** The two tables: entries by key, and an index of them by expiry. @module */
import { Buffer } from 'node:buffer'
import { ConfigurationError } from '@mcp-auth/core'
import { open, type RootDatabase, type Database as Table } from 'lmdb'
import { type Due, decodeEntry, dueBefore, type Entry, encodeEntry, hashOf, indexKey } from './entry.ts'

/** What the store and its clean-up do with the files. */
export interface Database {
  /** The newest entry, whoever wrote it, expired or not. */
  read(hash: Buffer): Entry | undefined
  /**
   * Puts `next` in the place of `found`, or removes it where there is no `next`. Resolves once it is on the disk; to
   * `false` when another entry is there by now.
   */
  replace(hash: Buffer, found: Entry | undefined, next: Entry | undefined): Promise<boolean>
  /** Entries that have expired by `time` (seconds since the epoch), the oldest first, without their values. */
  due(time: number, limit: number): readonly Due[]
  /** Removes an entry that is still the one which was due. */
  expire(due: Due): Promise<void>
  /** Bytes of all pages in use, of every process. Room that was given back counts as free. */
  usedBytes(): number
  close(): Promise<void>
}

type Bytes = Table<Buffer, Buffer>

/** Pages of a table, by what they hold. */
interface TableStatistics {
  readonly pageSize: number
  readonly treeBranchPageCount: number
  readonly treeLeafPageCount: number
  readonly overflowPages: number
}

/** The smallest value that LMDB takes without a question. */
const mark = Buffer.from([0])

/**
 * Opens the files in a folder that is there.
 * @throws {ConfigurationError} for files that cannot be opened, or are not a database
 */
export function openDatabase(folder: string): Database {
  const root = openRoot(folder)
  const entries: Bytes = root.openDB({ ...tableOptions, name: 'entries' })
  const index: Bytes = root.openDB({ ...tableOptions, name: 'index' })
  return {
    read(hash) {
      // A snapshot is kept for a turn of the event loop otherwise, in which another process may have revoked something.
      root.resetReadTxn()
      const { value, version = 0 } = entries.getEntry(hash) ?? {}
      return value && decodeEntry(value, version)
    },
    async replace(hash, found, next) {
      if (!found && !next) return true
      const change = (): void => {
        if (found) void index.remove(indexKey(hash, found.expiresAt))
        if (!next) return void entries.remove(hash)
        void entries.put(hash, encodeEntry(next), next.version)
        void index.put(indexKey(hash, next.expiresAt), mark, next.version)
      }
      return await committed(found ? entries.ifVersion(hash, found.version, change) : entries.ifNoExists(hash, change))
    },
    due(time, limit) {
      root.resetReadTxn()
      const range = index.getRange({ end: dueBefore(time), limit, versions: true })
      return Array.from(range, ({ key, version = 0 }) => ({ hash: hashOf(key), place: key, version }))
    },
    async expire({ hash, place, version }) {
      const change = (): void => {
        void entries.remove(hash)
        void index.remove(place)
      }
      if (await committed(entries.ifVersion(hash, version, change))) return
      await committed(index.remove(place, version))
    },
    usedBytes: () => sizeOf(entries) + sizeOf(index),
    close: async () => await root.close(),
  }
}

const tableOptions = { encoding: 'binary', keyEncoding: 'binary', useVersions: true } as const

function openRoot(folder: string): RootDatabase<Buffer, Buffer> {
  const options = {
    path: folder,
    // Otherwise a folder with a point in its name is taken for a file.
    noSubdir: false,
    // A commit is on the disk before it counts, as in LMDB itself.
    overlappingSync: false,
    eventTurnBatching: false,
    permissionsMode: 0o600,
    maxDbs: 2,
    maxReaders: 512,
  }
  try {
    return open<Buffer, Buffer>(options)
  } catch (cause) {
    const code = cause instanceof Error ? cause.message.split(':', 1)[0] : 'unknown error'
    throw new ConfigurationError('folder', `holds no database that this process can open (${code})`, { cause })
  }
}

function sizeOf(table: Bytes): number {
  const pages = table.getStats() as TableStatistics
  return pages.pageSize * (pages.treeBranchPageCount + pages.treeLeafPageCount + pages.overflowPages)
}

/** What a write came to. */
async function committed(write: Promise<boolean>): Promise<boolean> {
  try {
    return await write
  } catch (cause) {
    // The driver gives the reason as a second promise, whose rejection would end the process if nobody took it.
    if (cause instanceof Error && 'commitError' in cause) void Promise.resolve(cause.commitError).catch(() => {})
    throw new Error('the write was not committed', { cause })
  }
}
