import { describe, expect, it } from 'vitest'
import type { Store } from '../../src/store.ts'
import { call, introspect, login, refresh, revoke, wordOf } from './support/client.ts'
import { flows } from './support/flows.ts'
import { createWorld, type Process, startProcess, type World } from './support/world.ts'

const contenders = 24

/** Answers arrive late: what was read is old by then, which is where races are lost. */
function slow(store: Store): Store {
  const late = async <T>(operation: Promise<T>): Promise<T> => {
    const result = await operation
    await new Promise<void>((resolve) => setTimeout(resolve, 0))
    return result
  }
  return {
    get: async (key) => await late(store.get(key)),
    set: async (key, value, options) => await late(store.set(key, value, options)),
    delete: async (key) => await late(store.delete(key)),
    take: async (key) => await late(store.take(key)),
    compareAndSwap: async (key, expected, next, options) =>
      await late(store.compareAndSwap(key, expected, next, options)),
  }
}

function startProcesses(world: World): readonly [Process, Process, Process] {
  const store = slow(world.database)
  return [startProcess(world, { store }), startProcess(world, { store }), startProcess(world, { store })]
}

describe.each(flows.filter(({ spends }) => spends !== undefined))('$name, shown to three processes at once', (flow) => {
  it('C1 A098 succeeds once', async () => {
    const world = createWorld()
    const processes = startProcesses(world)
    const ask = await flow.prepare(world, processes[0])
    const answers = await Promise.all(
      Array.from({ length: contenders }, async (_, n) => await wordOf(await ask(processes[n % 3] ?? processes[0]))),
    )
    expect(answers.filter((word) => word === flow.success)).toHaveLength(1)
    expect(new Set(answers)).toEqual(new Set([flow.success, flow.spends?.answer]))
  })
})

describe('a revocation at one process', () => {
  it('A119 counts at every other at once, whatever that had verified before', async () => {
    const world = createWorld()
    const [first, second, third] = startProcesses(world)
    const tokens = await login(world, first)
    for (const process of [first, second, third]) expect(await wordOf(await call(tokens)(process))).toBe('200')
    await revoke(tokens)(first)
    const words = await Promise.all(
      [call, refresh].flatMap((request) =>
        [first, second, third].map(async (process) => await wordOf(await request(tokens)(process))),
      ),
    )
    expect(words.slice(0, 3)).toEqual(Array.from({ length: 3 }, () => '401 invalid_token'))
    expect(words.slice(3)).toEqual(Array.from({ length: 3 }, () => '400 invalid_grant'))
    expect(await (await introspect(tokens)(third)).json()).toEqual({ active: false })
  })
})

describe('a refresh at three processes at once', () => {
  it('A098 C2 gives one successor, and the same bytes to all', async () => {
    const world = createWorld()
    const processes = startProcesses(world)
    const tokens = await login(world, processes[0])
    const bodies = await Promise.all(
      Array.from({ length: contenders }, async (_, n) => {
        const answer = await refresh(tokens)(processes[n % 3] ?? processes[0])
        return await answer.text()
      }),
    )
    expect(new Set(bodies).size).toBe(1)
    expect(bodies[0]).toContain('refresh_token')
  })
})
