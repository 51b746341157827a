/** Counts of what passed, failed and was left out. @module */

export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export const passed: Tally = { passed: 1, failed: 0, skipped: 0 }
export const failed: Tally = { passed: 0, failed: 1, skipped: 0 }
export const skipped: Tally = { passed: 0, failed: 0, skipped: 1 }

export function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }),
    { passed: 0, failed: 0, skipped: 0 },
  )
}

/** The closing line: `3 passed, 0 failed`, and what was skipped where something was. */
export function closingLine(tally: Tally): string {
  const line = `${tally.passed} passed, ${tally.failed} failed`
  return tally.skipped > 0 ? `${line}, ${tally.skipped} skipped` : line
}
