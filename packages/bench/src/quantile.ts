/** Medians and quartiles. @module */

/** The value that a share of all values lies below: 0.5 for the median. Zero when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
