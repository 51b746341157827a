/** A clock that moves only when told to. @module */

/** Seconds since the epoch, under a test's control. */
export interface TestClock {
  readonly now: () => number
  /** Lets time pass, in seconds. */
  readonly advance: (seconds: number) => void
}

/**
 * A clock that stands still at `start`, in seconds since the epoch. Default: the time of its creation.
 * @example
 * const clock = createTestClock()
 * const store = createMemoryStore({ now: clock.now })
 * clock.advance(60)
 */
export function createTestClock(start: number = Math.floor(Date.now() / 1000)): TestClock {
  let time = start
  return {
    now: () => time,
    advance: (seconds) => {
      time += seconds
    },
  }
}
