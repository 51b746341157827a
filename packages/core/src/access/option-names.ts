/** Names of options: a name that only looks like one sets nothing, and has to be said. @module */
import { ConfigurationError } from '../errors.ts'

/**
 * The known name that takes the fewest typing errors, if a few are enough.
 * @param maxErrors letters to insert, delete or replace
 */
export function nearestName(name: string, known: readonly string[], maxErrors = 4): string | undefined {
  const byDistance = known
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .toSorted((a, b) => a.distance - b.distance)
  const [best] = byDistance
  return best && best.distance <= maxErrors ? best.candidate : undefined
}

/** Names of options are short: with more errors than this it is another word. */
const maxOptionErrors = 3

/**
 * Refuses what is no object of options, names that no option has, and values that are missing: what they were meant to
 * set would not be set.
 * @param owner the function whose options these are
 * @throws {ConfigurationError} naming the option
 */
export function assertKnownOptions(owner: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigurationError(owner, `needs an object of options; known are ${known.join(', ')}`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (known.includes(name) && value !== undefined) continue
    if (known.includes(name)) throw new ConfigurationError(name, 'is undefined; give a value, or leave it out')
    const near = nearestName(name, known, maxOptionErrors)
    const advice = near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`
    throw new ConfigurationError(name, `is not an option of ${owner}; ${advice}`)
  }
}

/** Letters to insert, delete or replace to get from one text to the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let line = 0; line < from.length; line += 1) {
    const next = [line + 1]
    for (let column = 0; column < to.length; column += 1) {
      const replaced = (row[column] ?? 0) + (from[line] === to[column] ? 0 : 1)
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
