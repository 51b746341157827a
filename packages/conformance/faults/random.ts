/** Chance that can be had again: the same seed makes the same choices. @module */

/** A source of choices. */
export interface Chance {
  /** From 0 on, below 1. */
  next(): number
  /** A number of milliseconds, or of anything else, from `least` to `most`. */
  between(least: number, most: number): number
  /** True so often, of 1. */
  happens(share: number): boolean
  /** One of these, each as likely as its weight says. */
  pick<T>(choices: readonly (readonly [weight: number, choice: T])[]): T
  /** One of these, all of them as likely. */
  any<T>(choices: readonly T[]): T
  /** A source of its own, so that what one does leaves the choices of another alone. */
  fork(name: number): Chance
}

/**
 * Creates a source.
 * @see [mulberry32](https://gist.github.com/tommyettinger/46a874533244883189143505d203312c)
 */
export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
  const last = <T>(choices: readonly T[]): T => {
    const choice = choices.at(-1)
    if (choice === undefined) throw new RangeError('there is nothing to choose from')
    return choice
  }
  return {
    next,
    between: (least, most) => least + next() * (most - least),
    happens: (share) => next() < share,
    pick(choices) {
      let left = next() * choices.reduce((sum, [weight]) => sum + weight, 0)
      for (const [weight, choice] of choices) {
        left -= weight
        if (left < 0) return choice
      }
      return last(choices)[1]
    },
    any: (choices) => choices[Math.floor(next() * choices.length)] ?? last(choices),
    fork: (name) => createChance(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(name + 1, 0x85ebca6b)),
  }
}
