/** What Discord has refused a moment ago, and would refuse again: asking it once more would only be counted. @module */
import { readCode } from './answer-errors.ts'
import { createBoundedMap } from './bounded-map.ts'
import type { DiscordAnswer } from './exchange.ts'

/** Refusals that are remembered. */
export interface KnownRefusals {
  /** The answer that Discord gave to the same request. `now` in seconds since the epoch. */
  find(request: string, now: number): DiscordAnswer | undefined
  /** Remembers an answer, if it is one that the next request would get as well. */
  note(request: string, answer: DiscordAnswer, now: number): void
}

/** Unknown channel and server, missing access and permission: they are about the bot and the place, not about the moment. */
const lasting: readonly unknown[] = [10_003, 10_004, 50_001, 50_013]

/**
 * Makes the memory.
 * @param max refusals that are remembered
 * @param seconds for how long: whoever gives the bot a permission shall not wait long for it to count
 */
export function createKnownRefusals(max: number, seconds: number): KnownRefusals {
  const refusals = createBoundedMap<{ readonly answer: DiscordAnswer; readonly until: number }>(max)
  return {
    find(request, now) {
      const known = refusals.get(request)
      return known && known.until > now ? known.answer : undefined
    },
    note(request, { status, body }, now) {
      const code = readCode(body)
      if (status < 400 || !lasting.includes(code)) return
      // No more than is needed: bodies are long, and headers speak of limits as they were.
      refusals.set(request, { answer: { status, headers: new Headers(), body: { code } }, until: now + seconds })
    },
  }
}
