/** The bound on what is stored. @module */
import { OAuthError } from '@mcp-auth/core'
import type { Database } from './database.ts'
import type { Entry } from './entry.ts'

/** A write within the bound; the same as {@link Database.replace}. */
export type Replace = Database['replace']

/**
 * Refuses to put new entries where `maxBytes` are in use already. What takes no more room than before always fits, so
 * that a full store still rotates, revokes and forgets.
 * @throws {OAuthError} `store_full`
 */
export function withinBound(database: Database, maxBytes: number, makeRoom: () => Promise<void>): Replace {
  let bytesOnTheirWay = 0
  const isFull = (): boolean => database.usedBytes() + bytesOnTheirWay >= maxBytes
  return async (hash, found, next) => {
    const growth = sizeOf(next) - sizeOf(found)
    if (growth <= 0) return await database.replace(hash, found, next)
    if (isFull()) await makeRoom()
    // Nothing is awaited from here to the sum, so that many callers at once do not all see the same room.
    if (isFull()) throw new OAuthError('store_full')
    bytesOnTheirWay += growth
    try {
      return await database.replace(hash, found, next)
    } finally {
      bytesOnTheirWay -= growth
    }
  }
}

/** Bytes of an entry in both tables, roughly. */
function sizeOf(entry: Entry | undefined): number {
  return entry === undefined ? 0 : entry.value.length + entryOverhead
}

const entryOverhead = 160
