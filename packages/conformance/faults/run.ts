/**
 * Servers, users and faults on a store, and a judgement afterwards: a long run of the fault and load harness.
 * Exit code 1 when an invariant was violated.
 * @module
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runHarness } from './harness.ts'
import { countViolations, formatReport } from './report.ts'
import { storeNames } from './stores.ts'

const { values } = parseArgs({
  options: {
    store: { type: 'string', multiple: true, default: [...storeNames] },
    seconds: { type: 'string', default: '200' },
    servers: { type: 'string', default: '3' },
    users: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    facts: { type: 'string' },
  },
})

function wholeNumber(name: 'seconds' | 'servers' | 'users' | 'seed'): number {
  const value = Number(values[name])
  if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`--${name} must be a whole number from 1 on`)
  return value
}

const stores = values.store.map((given) => {
  const store = storeNames.find((name) => name === given)
  if (!store) throw new RangeError(`--store must be one of ${storeNames.join(', ')}`)
  return store
})
// An end in good order, which takes the servers and Redis along.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
for (const store of stores) {
  const result = await runHarness({
    store,
    seconds: wholeNumber('seconds'),
    servers: wholeNumber('servers'),
    users: wholeNumber('users'),
    seed: wholeNumber('seed'),
  })
  console.log(`${formatReport(result)}\n`)
  if (values.facts !== undefined) {
    const lines = result.facts.toSorted((a, b) => a.at - b.at).map((fact) => JSON.stringify(fact))
    writeFileSync(`${values.facts}.${store}.jsonl`, `${lines.join('\n')}\n`)
  }
  if (countViolations(result.verdicts) > 0) process.exitCode = 1
}
