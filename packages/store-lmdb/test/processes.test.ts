import { describe, expect, it, vi } from 'vitest'
import { createLMDBStore } from '../src/index.ts'
import { createFolder } from './support/folder.ts'
import { type Job, race } from './support/jobs.ts'
import { type Neighbour, startNeighbour } from './support/process.ts'

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const ttlSeconds = 3600
const rounds = Array.from({ length: race.keys }, (_, n) => n)

/** Runs a job in two processes at once; what both of them report, as `[round, what]`. */
async function inTwoProcesses(job: Job, folder: string): Promise<[number, string][]> {
  const neighbours: Neighbour[] = [startNeighbour(job, folder), startNeighbour(job, folder)]
  for (const neighbour of neighbours) expect(await neighbour.line()).toBe('ready')
  for (const neighbour of neighbours) neighbour.say('go')
  const reports = (await Promise.all(neighbours.map(async (neighbour) => await neighbour.rest()))).flat()
  expect(neighbours.map(({ process }) => process.exitCode)).toEqual([0, 0])
  return reports
    .map((line): [number, string] => [Number.parseInt(line, 10), line.slice(line.indexOf(' ') + 1)])
    .sort(([a], [b]) => a - b)
}

describe('two processes with one folder', () => {
  it('C1 lets one of fifty callers take a value, forty times', async () => {
    const folder = createFolder()
    const store = createLMDBStore({ folder })
    for (const n of rounds) await store.set(`grant:${n}`, `value ${n}`, { ttlSeconds })
    expect(await inTwoProcesses('take', folder)).toEqual(rounds.map((n) => [n, `value ${n}`]))
    for (const n of rounds) expect(await store.get(`grant:${n}`)).toBeUndefined()
    await store.close()
  })

  it('C2 lets one of fifty callers swap a value that all of them have read, forty times', async () => {
    const folder = createFolder()
    const store = createLMDBStore({ folder })
    for (const n of rounds) await store.set(`grant:${n}`, 'a', { ttlSeconds })
    const swapped = await inTwoProcesses('swap', folder)
    expect(swapped.map(([n]) => n)).toEqual(rounds)
    for (const [n, value] of swapped) expect(await store.get(`grant:${n}`)).toBe(value)
    await store.close()
  })

  it('lets one of fifty callers write what is absent, forty times', async () => {
    const folder = createFolder()
    const store = createLMDBStore({ folder })
    const added = await inTwoProcesses('add', folder)
    expect(added.map(([n]) => n)).toEqual(rounds)
    for (const [n, value] of added) expect(await store.get(`lease:${n}`)).toBe(value)
    await store.close()
  })

  it('C2 loses no change when fifty callers change a value by reading and swapping', async () => {
    const folder = createFolder()
    const store = createLMDBStore({ folder })
    await store.set('grant:count', '0', { ttlSeconds })
    await inTwoProcesses('count', folder)
    expect(await store.get('grant:count')).toBe(String(2 * race.callers))
    await store.close()
  })
})

describe('a process that is killed while it writes', () => {
  it('takes nothing with it that was acknowledged, and leaves no lock behind', async () => {
    const folder = createFolder()
    const store = createLMDBStore({ folder })
    const kept = new Set<string>()
    const taken = new Set<string>()
    for (let round = 0; round < 10; round += 1) {
      const writer = startNeighbour('write', folder)
      // Killed at another point of its work each time.
      for (let n = 0; n < 40 + 23 * round; n += 1) note(await writer.line())
      writer.process.kill('SIGKILL')
      for (const line of await writer.rest()) note(line)
      expect(writer.process.signalCode).toBe('SIGKILL')
      expect(await store.set('grant:after', `round ${round}`, { ttlSeconds })).toBe(true)
      expect(await store.get('grant:after')).toBe(`round ${round}`)
    }
    await store.close()

    const reopened = createLMDBStore({ folder })
    const broken: string[] = []
    for (const name of kept) if ((await reopened.get(`grant:${name}`)) !== race.value(name)) broken.push(name)
    for (const name of taken) if ((await reopened.get(`grant:${name}`)) !== undefined) broken.push(name)
    expect(broken).toEqual([])
    expect(kept.size).toBeGreaterThan(300)
    expect(taken.size).toBeGreaterThan(100)
    await reopened.close()

    function note(line: string | undefined): void {
      const [what, name = ''] = line?.split(' ') ?? []
      if (what === 'set') kept.add(name)
      // Until that is acknowledged as well, it may be either.
      if (what === 'taking') kept.delete(name)
      if (what === 'took') taken.add(name)
    }
  })
})
