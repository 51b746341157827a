/**
 * Prints what the deployment page is based on: bytes of an active grant, operations of each flow, CPU time as ratios.
 * `node src/sizing.ts [users]`; 20,000 users by default take some minutes.
 * @module
 */
import { cpus, totalmem } from 'node:os'
import { argv, stdout, version } from 'node:process'
import * as client from './client.ts'
import { runSteps, type Step, signInSteps } from './flows.ts'
import { cannedIdP } from './idps.ts'
import { createLab } from './lab.ts'
import { describeOperations } from './recording-store.ts'
import { measureRedis } from './redis.ts'
import { fillMemory, type GrantBytes, measureLMDB, measureMemory } from './sizes.ts'
import { measureSpeed } from './speed.ts'
import { formatTable } from './table.ts'
import { recordTraffic, type Traffic } from './traffic.ts'

const users = Number(argv[2] ?? 20_000)
const longTokens = { createIdP: () => cannedIdP({ tokenCharacters: 1500 }) }

print(`${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${version}`)
await printOperations()
await printLengths()
const traffic = await recordTraffic()
await printSizes(traffic)
await printRedis('Discord', traffic)
await printCluster(traffic)
await printRedis('an IdP whose two tokens have 1,500 characters each', await recordTraffic(longTokens))
await printSpeed()

async function printOperations(): Promise<void> {
  print('\n## Operations at the store\n')
  const discord = await runSteps()
  const other = await runSteps({ createIdP: () => cannedIdP({ tokenCharacters: 32, expiresIn: 1800 }) })
  const rows = discord.map((step, n) => [step.name, ...counts(step), counts(other[n] ?? step)[0] ?? 0, inWords(step)])
  const head = ['step', 'all', 'reads', 'writes', 'all, without `subject`', 'which']
  print(formatTable(head, rows))
  const signIn = discord.filter(({ name }) => signInSteps.includes(name)).flatMap(counts)
  print(`A sign-in: ${sum(signIn, 0)} operations, ${sum(signIn, 1)} reads and ${sum(signIn, 2)} writes.`)
}

function counts({ operations }: Step): [number, number, number] {
  const reads = operations.filter(({ name }) => name === 'get').length
  return [operations.length, reads, operations.length - reads]
}

function sum(all: readonly number[], column: number): number {
  return all.filter((_, n) => n % 3 === column).reduce((total, one) => total + one, 0)
}

function inWords({ operations }: Step): string {
  return describeOperations(operations).join(', ')
}

async function printLengths(): Promise<void> {
  print('\n## Lengths\n')
  const short = await recordTraffic()
  const long = await recordTraffic(longTokens)
  print(
    formatTable(
      ['what', 'characters'],
      [
        ['client id of a registration with one redirect URI', (await client.register(createLab())).length],
        ['grant, before its first refresh (Discord)', short.grantCharacters[0]],
        ['grant, after it (Discord)', short.grantCharacters[1]],
        ['grant, before, with two IdP tokens of 1,500 characters', long.grantCharacters[0]],
        ['grant, after, with two IdP tokens of 1,500 characters', long.grantCharacters[1]],
      ],
    ),
  )
}

async function printSizes(recorded: Traffic): Promise<void> {
  print(`\n## Bytes for each signed-in user (Discord, ${users.toLocaleString('en-US')} users with one grant each)\n`)
  const row = (name: string, { afterSignIn, afterRefresh, afterMore }: GrantBytes): (string | number)[] => [
    name,
    Math.round(afterSignIn),
    Math.round(afterRefresh),
    Math.round(afterMore),
  ]
  const head = ['store', 'after sign-in', 'after the first refresh', 'after two more']
  const memory = row('memory (heap of V8)', await measureMemory(recorded, users))
  const lmdb = row('LMDB (file)', await measureLMDB(recorded, users))
  print(formatTable(head, [memory, lmdb]))
  const fits = await fillMemory(recorded)
  print(`The memory store of 128 MiB takes ${fits.toLocaleString('en-US')} of these users, then it refuses sign-ins.`)
}

async function printRedis(idp: string, recorded: Traffic): Promise<void> {
  print(`\n## Redis, ${idp}\n`)
  const sizes = await measureRedis(recorded, users)
  if (!sizes) return print('There is no redis-server on this machine: Redis is left out.')
  const { version: release, afterSignIn, afterRefresh, byKind, microsecondsByOperation } = sizes
  const keys = Object.entries(byKind).map(([kind, bytes]) => [`MEMORY USAGE of a key: ${kind}`, bytes])
  const growth = [
    ['used_memory for each user, right after sign-in', Math.round(afterSignIn)],
    ['used_memory for each user, refreshed', Math.round(afterRefresh)],
  ]
  print(formatTable([`Redis ${release}`, 'bytes'], [...growth, ...keys]))
  print(`CPU time of Redis for each operation: ${microsecondsByOperation.toFixed(1)} µs.`)
}

async function printCluster(recorded: Traffic): Promise<void> {
  const sizes = await measureRedis(recorded, users, 'cluster')
  if (!sizes) return
  const [first, refreshed] = [sizes.afterSignIn, sizes.afterRefresh].map((bytes) => Math.round(bytes))
  print(`The same in a node of a cluster: ${first} bytes right after sign-in, ${refreshed} refreshed.`)
}

async function printSpeed(): Promise<void> {
  print('\n## CPU time, as a ratio\n')
  const { speeds, floorMicroseconds } = await measureSpeed(12, 200)
  const rows = speeds.map(({ name, median, low, high }) => [name, median, `${low.toFixed(1)}–${high.toFixed(1)}`])
  print(formatTable(['step', 'floors', 'middle half'], rows))
  print('One floor is: seal and open 1,500 bytes (AES-256-GCM), and sign 600 bytes (Ed25519), with node:crypto.')
  print(`Here it took ${floorMicroseconds.toFixed(0)} µs of CPU time.`)
}

function print(text: string): void {
  stdout.write(`${text}\n`)
}
