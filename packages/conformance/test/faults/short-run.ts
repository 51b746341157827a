/** What short runs of the fault and load harness have in common. */
import type { RunResult } from '../../faults/harness.ts'

/** Processes take their time on a busy machine, in milliseconds. */
export const patience = 300_000

/** The same faults and operations each time, as far as processes and networks allow. */
export const seed = 612

/** Names of the invariants that were violated. */
export function violated({ verdicts }: RunResult): readonly string[] {
  return verdicts.filter(({ violations }) => violations.length > 0).map(({ name }) => name)
}
