/** Reads what Vitest's JSON reporter wrote. @module */

import { readFileSync } from 'node:fs'
import * as z from 'zod/mini'
import type { Tally } from './tally.ts'

const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) })),
})

/** A file that fails without a failed test (it did not load) and a run that fails without a failed file count as one each. */
export function vitestTally(file: string, exitCode: number): Tally {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { passed: 0, failed: 1, skipped: 0 }
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = report.parse(json)
  const unloaded = testResults.filter(
    (result) => result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed'),
  ).length
  const failures = numFailedTests + unloaded
  const failed = failures === 0 && (exitCode !== 0 || testResults.length === 0) ? 1 : failures
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests }
}
