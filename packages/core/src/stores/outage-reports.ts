/** When the store goes away and when it is back: told once for each outage, and not without end. @module */
import type { AuthEvent } from '../events.ts'
import { createWindow } from './window.ts'

/** What an operation does: a store may answer one kind and refuse the other. */
export type StoreOperation = 'read' | 'write'

/** Told how every operation ended. */
export interface OutageReports {
  /** The store refused the operation, or did not answer. A store that is full has answered. */
  failed(operation: StoreOperation): void
  /** The store did what it was asked. */
  worked(operation: StoreOperation): void
}

/** An outage that is not over. */
interface Outage {
  /** Seconds since the epoch. */
  readonly since: number
  /** Which operation proves that it is over: while only writes are refused, a read proves nothing. */
  proof: 'write' | 'any'
  isTold: boolean
}

/** A store that works now and then (one shard of many is away, say) has very many outages: so many of them are told in one window. */
const maxOutages = 5
const windowSeconds = 60

/** Creates the reports. `now` in seconds since the epoch. */
export function createOutageReports(emit: (event: AuthEvent) => void, now: () => number): OutageReports {
  let outage: Outage | undefined
  const isNewWindow = createWindow(windowSeconds, now())
  let toldOutages = 0
  let refusedOperations = 0
  const tell = (current: Outage, time: number): void => {
    if (isNewWindow(time)) toldOutages = 0
    if (current.isTold || toldOutages >= maxOutages) return
    current.isTold = true
    toldOutages += 1
    emit({ type: 'store.unavailable', time: Math.round(time * 1000) })
  }
  return {
    failed(operation) {
      const time = now()
      refusedOperations += 1
      outage ??= { since: time, proof: 'write', isTold: false }
      if (operation === 'read') outage.proof = 'any'
      tell(outage, time)
    },
    worked(operation) {
      if (!outage || (outage.proof === 'write' && operation === 'read')) return
      const { since, isTold } = outage
      outage = undefined
      if (!isTold) return
      const time = now()
      const durationSeconds = Math.max(0, Math.round((time - since) * 1000) / 1000)
      emit({ type: 'store.recovered', durationSeconds, refusedOperations, time: Math.round(time * 1000) })
      refusedOperations = 0
    },
  }
}
