/** Counting the requests that Discord refused, over ten minutes. @module */

/** Seconds over which Discord counts, and the steps in which we forget. */
const windowSeconds = 600
const stepSeconds = 60

/** A count of refusals. */
export interface InvalidRequests {
  add(now: number): void
  /** Whether there was none in the last ten minutes. */
  isEmpty(now: number): boolean
  /** Seconds until there is room for another, or 0 when there is. */
  secondsUntilRoom(now: number): number
}

/** Makes a count that is full at `limit` refusals within ten minutes; it may forget up to a minute late, never early. */
export function createInvalidRequests(limit: number): InvalidRequests {
  /** One entry per minute in which something was refused, oldest first: eleven at most. */
  let steps: { readonly until: number; count: number }[] = []
  const forget = (now: number): void => {
    steps = steps.filter(({ until }) => until + windowSeconds > now)
  }
  return {
    add(now) {
      forget(now)
      const last = steps.at(-1)
      if (last && now < last.until) last.count++
      else steps.push({ until: now + stepSeconds, count: 1 })
    },
    isEmpty(now) {
      forget(now)
      return steps.length === 0
    },
    secondsUntilRoom(now) {
      forget(now)
      let total = steps.reduce((sum, { count }) => sum + count, 0)
      let seconds = 0
      for (const { until, count } of steps) {
        if (total < limit) return seconds
        total -= count
        seconds = until + windowSeconds - now
      }
      return seconds
    },
  }
}
