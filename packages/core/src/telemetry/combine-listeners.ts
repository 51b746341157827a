/** One event for several listeners. @module */
import type { AuthEventListener } from '../events.ts'
import { safeEmitter } from '../surroundings.ts'

/** A listener that hands each event to all of these, in order. One that throws does not keep it from the others. */
export function combineListeners(...listeners: readonly (AuthEventListener | undefined)[]): AuthEventListener {
  const emitters = listeners.map(safeEmitter)
  return (event) => {
    for (const emit of emitters) emit(event)
  }
}
