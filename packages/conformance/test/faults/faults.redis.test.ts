/** The fault and load harness in its short form: a few seconds of faults on each store, and then everything must hold. */
import { describe, expect, it } from 'vitest'
import { type RunResult, runHarness } from '../../faults/harness.ts'
import { factsOf } from '../../faults/history.ts'
import { countOperations, formatReport } from '../../faults/report.ts'
import { storeNames } from '../../faults/stores.ts'

/** Processes take their time on a busy machine, in milliseconds. */
const patience = 300_000

/** With this one Redis and a server are killed by the first two faults, and connections are cut by the next two. */
const seed = 612
const faultsAtLeast = 4
/** Enough to meet what can go wrong; a slow machine gets the time for them. */
const operationsAtLeast = 101

/** Names of the invariants that were violated. */
function violated({ verdicts }: RunResult): readonly string[] {
  return verdicts.filter(({ violations }) => violations.length > 0).map(({ name }) => name)
}

describe('two servers that are killed, and whose store, clients and identity provider fail them', () => {
  it.each(storeNames)('keep every promise on %s', { timeout: patience }, async (store) => {
    // Few users who do much: what is queued on a slow machine after an outage takes as long as there are users.
    const size = { servers: 2, users: 12, pause: [50, 500], faultPause: [500, 2000], faultsAtOnce: 1 } as const
    const result = await runHarness({ store, seconds: 12, faultsAtLeast, operationsAtLeast, seed, ...size })
    console.log(formatReport(result))
    expect(violated(result)).toEqual([])
    expect(countOperations(result.facts)).toBeGreaterThan(100)
    const faults = factsOf(result.facts, 'fault').map(({ fault }) => fault)
    expect(faults).toContain('server SIGKILL')
    expect(faults.includes('Redis SIGKILL')).toBe(store !== 'lmdb')
  })
})

describe('the harness notices a store', () => {
  it.each([
    ['compareAndSwap', 'that looks and writes in two steps', '2 no refresh token has two successors', 90],
    ['onlyIfAbsent', 'that gives one lease to two processes', '3 no upstream refresh token is used twice', 900],
    ['staleReads', 'that answers what was true a moment ago', '5 nothing is accepted of a grant that was ended', 10],
  ])('whose %s is broken, %s', { timeout: patience }, async (broken, _, invariant, racing) => {
    const result = await runHarness({
      store: 'redis',
      seconds: 8,
      operationsAtLeast,
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
