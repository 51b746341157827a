/** The fault and load harness in its short form: a few seconds of faults on each store, and then everything must hold. */
import { describe, expect, it } from 'vitest'
import { runHarness } from '../../faults/harness.ts'
import { factsOf } from '../../faults/history.ts'
import { countOperations, formatReport } from '../../faults/report.ts'
import { storeNames } from '../../faults/stores.ts'
import { patience, seed, violated } from './short-run.ts'

/** With this seed one Redis and a server are killed by the first two faults, and connections are cut by the next two. */
const faultsAtLeast = 4
/** Enough to meet what can go wrong; a slow machine gets the time for them. */
const operationsAtLeast = 101

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
