/** Leases: of all processes at most one does a piece of work, and never for longer than it said. @module */
import { randomId } from '../grants/handles.ts'
import type { StoreKey } from '../store.ts'
import type { SealedStore } from './sealed-store.ts'

/** A lease that was taken. */
export interface Lease {
  /** Whether it is certainly ours still: somebody else may have it once this is false. */
  isSafe(): boolean
  /** Gives it back, unless somebody else has it by now. */
  release(): Promise<void>
}

/** What {@link takeLease} needs. */
export interface LeaseOptions {
  /** Id of this process: what it took itself, and then lost the answer of the store, it may take again. */
  readonly owner: string
  readonly ttlSeconds: number
  /** How long after it was asked for the lease may be relied on, in seconds. */
  readonly safeSeconds: number
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** A lease that was given back. It is not deleted: a delete could hit the lease of whoever took it meanwhile. */
const free = 'free'
const freeSeconds = 1

/**
 * Takes the lease at `key`; `undefined` when somebody else has it.
 * Within one process the caller must not ask twice at the same time.
 */
export async function takeLease(store: SealedStore, key: StoreKey, options: LeaseOptions): Promise<Lease | undefined> {
  const { owner, ttlSeconds, safeSeconds, now } = options
  const askedAt = now()
  const mark = `${owner} ${randomId()}`
  const takeOver = async (): Promise<boolean> => {
    const found = await store.get(key)
    const isOurs = found?.text === free || found?.text.startsWith(`${owner} `) === true
    return found !== undefined && isOurs && (await store.compareAndSwap(key, found, mark, ttlSeconds))
  }
  if (!(await store.add(key, mark, ttlSeconds)) && !(await takeOver())) return undefined
  return {
    isSafe() {
      const age = now() - askedAt
      // A clock that was put back cannot tell.
      return age >= 0 && age <= safeSeconds
    },
    async release() {
      const found = await store.get(key)
      if (found?.text === mark) await store.compareAndSwap(key, found, free, freeSeconds)
    },
  }
}
