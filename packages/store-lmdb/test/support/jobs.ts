/** What a test and the process it starts have to agree about. */

/** What {@link startNeighbour} can be asked for. */
export type Job = 'take' | 'swap' | 'add' | 'count' | 'write' | 'fill'

/** Sizes. */
export const race = {
  /** Callers at once in each process: half of fifty. */
  callers: 25,
  /** Rounds of a race. */
  keys: 40,
  /** A value that can be told from every other one, of many pages now and then. */
  value: (name: string): string =>
    `${name}:`.repeat(1 + ((name.length * 31 + name.charCodeAt(name.length - 1) * 97) % 2000)),
}
