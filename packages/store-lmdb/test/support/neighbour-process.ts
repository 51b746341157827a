/** What another process does with the store, by the name of the job. */
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import type { StoreKey } from '@mcp-auth/core'
import { createLMDBStore } from '../../src/index.ts'
import { type Job, race } from './jobs.ts'

const [job = '', folder = ''] = process.argv.slice(2)
const store = createLMDBStore({ folder })
const ttlSeconds = 3600
const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

/** Written at once: a line that waits in memory is lost with the process. */
function report(line: string): void {
  writeSync(1, `${line}\n`)
}

/** Says that it is ready and waits until it is told to begin. */
async function begin(): Promise<void> {
  report('ready')
  await input.next()
}

/** As many callers at once as half of fifty; the other half is in the other process. */
async function everybody<T>(work: (caller: number) => Promise<T>): Promise<T[]> {
  return await Promise.all(Array.from({ length: race.callers }, async (_, caller) => await work(caller)))
}

/** Answers that come late: what was read is old by then, which is where races are lost. */
async function late<T>(operation: Promise<T>): Promise<T> {
  const result = await operation
  await setImmediate()
  return result
}

const jobs: Readonly<Record<Job, () => Promise<void>>> = {
  async take() {
    await begin()
    for (let n = 0; n < race.keys; n += 1) {
      const taken = await everybody(async () => await late(store.take(`grant:${n}`)))
      for (const value of taken) if (value !== undefined) report(`${n} ${value}`)
    }
  },
  async swap() {
    await begin()
    for (let n = 0; n < race.keys; n += 1) {
      const key: StoreKey = `grant:${n}`
      const swapped = await everybody(async (caller) => {
        const value = await late(store.get(key))
        const next = `${process.pid} ${caller}`
        return value === 'a' && (await late(store.compareAndSwap(key, 'a', next, { ttlSeconds }))) ? next : undefined
      })
      for (const next of swapped) if (next !== undefined) report(`${n} ${next}`)
    }
  },
  async add() {
    await begin()
    for (let n = 0; n < race.keys; n += 1) {
      const next = `${process.pid}`
      const added = await everybody(async () => await store.set(`lease:${n}`, next, { ttlSeconds, onlyIfAbsent: true }))
      for (const one of added) if (one) report(`${n} ${next}`)
    }
  },
  async count() {
    await begin()
    await everybody(async () => {
      for (let done = false; !done; ) {
        const count = (await late(store.get('grant:count'))) ?? ''
        done = await store.compareAndSwap('grant:count', count, String(Number(count) + 1), { ttlSeconds })
      }
    })
  },
  /** Writes and takes until it is killed, and reports what it was told is done. */
  async write() {
    await everybody(async (caller) => {
      for (let n = 0; ; n += 1) {
        const name = `${process.pid}-${caller}-${n}`
        await store.set(`grant:${name}`, race.value(name), { ttlSeconds })
        report(`set ${name}`)
        if (n % 3 !== 0) continue
        report(`taking ${name}`)
        await store.take(`grant:${name}`)
        report(`took ${name}`)
      }
    })
  },
  /** Writes until the disk is full, then does what it is told, one thing at a time, and reports what came of it. */
  async fill() {
    const set = async (n: number): Promise<boolean> =>
      await store.set(`grant:${n}`, race.value(String(n)), { ttlSeconds })
    let n = 0
    while (await set(n).catch(() => false)) n += 1
    report(String(n))
    const orders: Readonly<Record<string, () => Promise<unknown>>> = {
      get: async () => await store.get('grant:0'),
      take: async () => await store.take('grant:1'),
      set: async () => await set(n),
      ping: async () => await store.ping(),
    }
    for await (const line of input) {
      if (line === 'end') return
      report(
        (await orders[line]?.().then(
          () => 'fulfilled',
          () => 'rejected',
        )) ?? 'unknown order',
      )
    }
  },
}

if (!Object.hasOwn(jobs, job)) throw new Error('no such job')
await jobs[job as Job]()
await store.close()
process.exit(0)
