/**
 * Prints how our proxy compares with a floor and with peers: CPU time, throughput, memory, weight.
 * `node src/compare.ts [seconds]`; the rounds take so many seconds, 100 by default, and the rest three minutes.
 * @module
 */
import { cpus } from 'node:os'
import { argv, stdout, version } from 'node:process'
import { measure } from './compare/measure.ts'
import { measureMemory } from './compare/memory.ts'
import {
  formatLogins,
  formatMemory,
  formatPeers,
  formatRequests,
  formatServers,
  formatWeights,
} from './compare/report.ts'
import { measureWeight } from './compare/weight.ts'

const seconds = Number(argv[2] ?? 100)
if (!(seconds >= 0)) throw new TypeError('usage: node src/compare.ts [seconds]')
const isShort = seconds < 60
const users = isShort ? 500 : 1000

print(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0]?.model}), Node ${version}`)
print(formatPeers())
const measurement = await measure(seconds)
print(`${measurement.rounds} rounds.\n\n### Servers\n\n${formatServers(measurement)}`)
print(`### Protected request\n\n${formatRequests(measurement)}`)
print(`### Whole login\n\n${formatLogins(measurement)}`)
print(`### Memory, ${users.toLocaleString('en-US')} users\n\n${formatMemory(await measureMemory(users))}`)
print(`### Weight\n\n${formatWeights(await measureWeight(isShort ? 3 : 7))}`)

function print(text: string): void {
  stdout.write(`${text}\n`)
}
