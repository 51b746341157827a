/** What a server is surrounded by unless it is told otherwise. @module */
import type { AuthEvent, AuthEventListener } from './events.ts'

/** The clock of the machine, in seconds. */
export const systemClock = (): number => Date.now() / 1000

/** A clock that never jumps, in seconds: for lifetimes inside this process. */
export const steadyClock = (): number => (performance.timeOrigin + performance.now()) / 1000

/** A listener's trouble is not the client's. */
export function safeEmitter(listener: AuthEventListener | undefined): (event: AuthEvent) => void {
  return (event) => {
    try {
      const result: unknown = listener?.(event)
      if (result instanceof Promise) result.catch(() => {})
    } catch {
      // An audit log that fails is its owner's to notice; the request must not.
    }
  }
}
