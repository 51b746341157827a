/** A clock that moves only when told to. */
export interface Clock {
  /** Seconds since the epoch. */
  readonly now: () => number
  readonly advance: (seconds: number) => void
}

export function createClock(start: number = Math.floor(Date.now() / 1000)): Clock {
  let time = start
  return {
    now: () => time,
    advance: (seconds) => {
      time += seconds
    },
  }
}
