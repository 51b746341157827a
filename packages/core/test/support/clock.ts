/** A clock that moves only when told to. @module */

/** Seconds since the epoch, under a test's control. */
export interface Clock {
  readonly now: () => number
  readonly advance: (seconds: number) => void
}

/** A clock that stands at `start`. */
export function createClock(start = 1_700_000_000): Clock {
  let time = start
  return {
    now: () => time,
    advance: (seconds) => {
      time += seconds
    },
  }
}
