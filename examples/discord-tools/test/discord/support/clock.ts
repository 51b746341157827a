/** Time that passes only when everybody waits. @module */

/** A clock without wall time. Times are seconds. */
export interface Clock {
  now: () => number
  wait: (seconds: number, signal?: AbortSignal) => Promise<void>
  /** Moves on, for tests that wait for nothing themselves. */
  pass: (seconds: number) => void
}

interface Timer {
  readonly at: number
  readonly settle: () => void
}

/** So many turns of the event loop without a new timer, and nobody has anything to do any more. */
const quietTurns = 20

export function createClock(start = 1_795_000_000): Clock {
  let time = start
  let timers: Timer[] = []
  let isRunning = false

  const run = async (): Promise<void> => {
    while (timers.length > 0) {
      for (let turn = 0; turn < quietTurns; turn++) await new Promise((resolve) => setImmediate(resolve))
      const [next] = timers.toSorted((one, other) => one.at - other.at)
      if (!next) continue
      time = Math.max(time, next.at)
      timers = timers.filter((timer) => timer !== next)
      next.settle()
    }
    isRunning = false
  }

  return {
    now: () => time,
    wait: async (seconds, signal) =>
      await new Promise<void>((resolve, reject) => {
        signal?.throwIfAborted()
        const timer = { at: time + seconds, settle: resolve }
        timers.push(timer)
        signal?.addEventListener('abort', () => {
          timers = timers.filter((other) => other !== timer)
          reject(new Error('ended'))
        })
        if (!isRunning) {
          isRunning = true
          void run()
        }
      }),
    pass: (seconds) => {
      time += seconds
    },
  }
}
