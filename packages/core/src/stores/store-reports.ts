/** What the operator learns of trouble with records: once a minute for each cause, whatever causes it. @module */
import type { AuthEvent } from '../events.ts'
import type { Unreadable } from '../keys/key-ring.ts'
import { type StoreKey, type StoreKind, storeKinds } from '../store.ts'

/** Told of trouble with one key. */
export interface StoreReports {
  /** The record there counts as absent. */
  unreadable(key: StoreKey, why: Unreadable): void
  /** There is no room for the record. */
  full(key: StoreKey): void
}

/** Seconds in which one cause is told once. */
const windowSeconds = 60
/** Causes told in one window: a database full of foreign records has very many. */
const maxReports = 20

/** Reports nothing. */
export const noReports: StoreReports = { unreadable() {}, full() {} }

/** Creates the reports. `now` in seconds since the epoch. */
export function createStoreReports(emit: (event: AuthEvent) => void, now: () => number): StoreReports {
  const told = new Set<string>()
  let since = now()
  const report = (event: Unreported): void => {
    const time = now()
    // A clock that was put back starts anew.
    if (time - since >= windowSeconds || time < since) {
      told.clear()
      since = time
    }
    const cause = JSON.stringify(event)
    if (told.has(cause) || told.size >= maxReports) return
    told.add(cause)
    emit({ ...event, time: Math.round(time * 1000) })
  }
  return {
    unreadable: (key, why) => report({ type: 'record.unreadable', kind: kindOf(key), ...why }),
    full: (key) => report({ type: 'store.full', kind: kindOf(key) }),
  }
}

type Unreported =
  | ({ readonly type: 'record.unreadable'; readonly kind: StoreKind } & Unreadable)
  | { readonly type: 'store.full'; readonly kind: StoreKind }

function kindOf(key: StoreKey): StoreKind {
  return storeKinds.find((kind) => key.startsWith(`${kind}:`)) ?? 'grant'
}
