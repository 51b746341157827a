/** Clean-up: expired entries go by and by, the oldest first. @module */
import type { Database } from './database.ts'

/** What removes expired entries. */
export interface CleanUp {
  /** To be called after each write; now and then it removes a few entries in the background. */
  afterWrite(): void
  /** Removes many entries, for a write that finds no room. */
  makeRoom(): Promise<void>
  /** When what is going on in the background is over. */
  settled(): Promise<void>
}

/** The fewest entries that are worth a slice. */
const leastSlice = 32
/** The most, so that a slice holds up nobody: some milliseconds. */
const mostSlice = 512
/** Expired entries that are removed for each write: more than one, so that they become fewer. */
const entriesPerWrite = 4

/** Watches over the entries of a database. `now` gives seconds since the epoch. */
export function createCleanUp(database: Database, now: () => number): CleanUp {
  let owed = 0
  let background: Promise<void> | undefined
  const sweep = async (limit: number): Promise<number> => {
    const due = database.due(now(), limit)
    await Promise.all(due.map(async (one) => await database.expire(one)))
    return due.length
  }
  const payOff = async (): Promise<void> => {
    while (owed >= leastSlice) {
      // Under load a slice waits for as many writes as are in its batch, and so has to be as large.
      const slice = Math.min(owed, mostSlice)
      owed -= slice
      if ((await sweep(slice)) < slice) owed = 0
    }
  }
  return {
    afterWrite() {
      owed += entriesPerWrite
      if (background || owed < leastSlice) return
      background = payOff()
        // It is nobody's request; the next one finds the same entries.
        .catch(() => {})
        .finally(() => {
          background = undefined
        })
    },
    async makeRoom() {
      await sweep(mostSlice)
    },
    settled: async () => await background,
  }
}
