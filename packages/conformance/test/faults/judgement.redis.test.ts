/** The judgement of the fault and load harness: it sees what a store does that breaks a promise. */
import { describe, expect, it } from 'vitest'
import { runHarness } from '../../faults/harness.ts'
import { countOperations } from '../../faults/report.ts'
import { patience, seed, violated } from './short-run.ts'

describe('the harness notices a store', () => {
  it.each([
    ['compareAndSwap', 'that looks and writes in two steps', '2 no refresh token has two successors', 90],
    ['onlyIfAbsent', 'that gives one lease to two processes', '3 no upstream refresh token is used twice', 900],
    ['staleReads', 'that answers what was true a moment ago', '5 nothing is accepted of a grant that was ended', 10],
  ])('whose %s is broken, %s', { timeout: patience }, async (broken, _, invariant, racing) => {
    const result = await runHarness({
      store: 'redis',
      seconds: 8,
      operationsAtLeast: 130,
      servers: 2,
      users: 16,
      seed,
      pause: [20, 200],
      faultsAtOnce: 0,
      racing,
      calmSeconds: 5,
      program: 'packages/conformance/faults/broken-server.ts',
      variables: { FAULTS_BROKEN: broken },
    })
    console.log(`${countOperations(result.facts)} operations; violated: ${violated(result).join('; ')}`)
    expect(violated(result)).toContain(invariant)
  })
})
