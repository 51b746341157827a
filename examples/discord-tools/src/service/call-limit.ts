/** How often one caller may call tools. @module */
import { createBoundedMap } from '../discord/bounded-map.ts'
import { ServiceError } from './service-error.ts'

/** Counts calls. */
export interface CallLimit {
  /** @throws {ServiceError} `too_many_calls`, with the time to wait */
  spend(caller: string): void
}

/** Callers that are remembered; whoever is forgotten starts anew. */
const maxCallers = 10_000

/** A token bucket for each caller. `now` in seconds. */
export function createCallLimit(callsPerMinute: number, now: () => number): CallLimit {
  const callers = createBoundedMap<{ calls: number; at: number }>(maxCallers)
  const perSecond = callsPerMinute / 60
  return {
    spend(caller) {
      const time = now()
      const known = callers.get(caller) ?? { calls: callsPerMinute, at: time }
      const calls = Math.min(callsPerMinute, known.calls + Math.max(0, time - known.at) * perSecond)
      const isAllowed = calls >= 1
      callers.set(caller, { calls: isAllowed ? calls - 1 : calls, at: time })
      if (isAllowed) return
      throw new ServiceError('too_many_calls', { retryAfterSeconds: Math.max(1, Math.ceil((1 - calls) / perSecond)) })
    },
  }
}
