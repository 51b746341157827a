/** Reads what Vitest's JSON reporter wrote. @module */

import { readFileSync } from 'node:fs'
import * as z from 'zod/mini'
import type { Tally } from './tally.ts'

const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.nullish(z.array(z.string())) }),
      ),
    }),
  ),
})

/** What a run came to, and what failed in it. */
export interface VitestResult {
  readonly tally: Tally
  /** A line for each failure: the file, the test, the first line of what it said. */
  readonly failures: readonly string[]
}

/** A file that fails without a failed test (it did not load) and a run that fails without a failed file count as one each. */
export function vitestTally(file: string, exitCode: number): VitestResult {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { tally: { passed: 0, failed: 1, skipped: 0 }, failures: ['no report of the tests was written'] }
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = report.parse(json)
  const failedFiles = testResults.filter(({ status }) => status === 'failed')
  const lines = failedFiles.flatMap(({ name, assertionResults }) => {
    const tests = assertionResults.filter(({ status }) => status === 'failed')
    if (tests.length === 0) return [`${name}: did not load`]
    return tests.map((test) => `${name}: ${test.fullName}: ${test.failureMessages?.[0]?.split('\n', 1)[0] ?? ''}`)
  })
  const unloaded = failedFiles.filter((file) => !file.assertionResults.some((test) => test.status === 'failed')).length
  const failures = numFailedTests + unloaded
  const failed = failures === 0 && (exitCode !== 0 || testResults.length === 0) ? 1 : failures
  return {
    tally: { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests },
    failures: failed > lines.length ? [...lines, `the test runner ended with ${exitCode}`] : lines,
  }
}
