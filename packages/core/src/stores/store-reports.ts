/** What the operator learns of trouble with records: once a minute for each cause, whatever causes it. @module */
import type { AuthEvent, PresentedKind } from '../events.ts'
import type { Unreadable } from '../keys/key-ring.ts'
import { type StoreKey, type StoreKind, storeKinds } from '../store.ts'
import { createOutageReports, type OutageReports } from './outage-reports.ts'
import { createWindow } from './window.ts'

/** Told of trouble with one key, with what a caller showed, and with the store as a whole. */
export interface StoreReports extends OutageReports {
  /** The record there counts as absent. */
  unreadable(key: StoreKey, why: Unreadable): void
  /** There is no room for the record. */
  full(key: StoreKey): void
  /** What a caller showed names a key that is in no ring. */
  unknownKey(kind: PresentedKind, keyId?: string): void
}

/** Seconds in which one cause is told once. */
const windowSeconds = 60
/** Causes told in one window: a database full of foreign records has very many. */
const maxReports = 20

/** Reports nothing. */
export const noReports: StoreReports = { unreadable() {}, full() {}, unknownKey() {}, failed() {}, worked() {} }

/** Creates the reports. `now` in seconds since the epoch. */
export function createStoreReports(emit: (event: AuthEvent) => void, now: () => number): StoreReports {
  const report = createLimit(emit, now)
  // Anybody can make up ids: they must not use up what records are told in.
  const reportShown = createLimit(emit, now)
  return {
    ...createOutageReports(emit, now),
    unreadable: (key, why) => report({ type: 'record.unreadable', kind: kindOf(key), ...why }),
    full: (key) => report({ type: 'store.full', kind: kindOf(key) }),
    unknownKey: (kind, keyId) =>
      reportShown({
        type: 'record.unreadable',
        kind,
        reason: 'key_unknown',
        ...(keyId === undefined ? {} : { keyId }),
      }),
  }
}

type Unreported =
  | ({ readonly type: 'record.unreadable'; readonly kind: StoreKind | PresentedKind } & Unreadable)
  | { readonly type: 'store.full'; readonly kind: StoreKind }

function createLimit(emit: (event: AuthEvent) => void, now: () => number): (event: Unreported) => void {
  const told = new Set<string>()
  const isNewWindow = createWindow(windowSeconds, now())
  return (event) => {
    const time = now()
    if (isNewWindow(time)) told.clear()
    const cause = JSON.stringify(event)
    if (told.has(cause) || told.size >= maxReports) return
    told.add(cause)
    emit({ ...event, time: Math.round(time * 1000) })
  }
}

function kindOf(key: StoreKey): StoreKind {
  return storeKinds.find((kind) => key.startsWith(`${kind}:`)) ?? 'grant'
}
