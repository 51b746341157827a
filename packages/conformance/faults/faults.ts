/** What goes wrong during a run. @module */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Forwarder } from './forwarder.ts'
import type { History } from './history.ts'
import type { Chance } from './random.ts'
import type { LineState, RedisProxy } from './redis-proxy.ts'
import type { Servers } from './servers.ts'
import type { RedisOfRun, RunStore } from './stores.ts'
import type { Upstream } from './upstream.ts'

/** What faults happen to. */
export interface FaultTargets {
  readonly servers: Servers
  readonly forwarder: Forwarder
  readonly upstream: Upstream
  readonly store: RunStore
  readonly history: History
  readonly chance: Chance
  /** From the end of a fault to the next one, in milliseconds: at least, at most. */
  readonly pause: readonly [number, number]
  /** How many faults there are at once, at most. */
  readonly atOnce: number
  /** How many there are at least, one after the other, even if that takes longer than the signal says. */
  readonly atLeast: number
}

/** One kind of fault: it happens, lasts, and is over when the promise resolves. */
interface Fault {
  readonly name: string
  readonly weight: number
  readonly happen: () => Promise<void>
}

/**
 * A server notices a half-open connection after four seconds, and takes a second to make a new one; what was under way
 * before is decided by then.
 */
const aftermath = 5000

/** Lets faults happen until the signal is aborted; resolves when everything is healed. */
export async function runFaults(targets: FaultTargets, signal: AbortSignal): Promise<void> {
  const { chance, history, store } = targets
  const faults = [...commonFaults(targets), ...(store.redis ? redisFaults(targets, store.redis) : [])]
  const choices = faults.map((fault) => [fault.weight, fault] as const)
  const series = async (own: Chance): Promise<void> => {
    await sleep(own.between(1000, 2000))
    for (let count = 0; !signal.aborted || count < targets.atLeast; count += 1) {
      const fault = own.pick(choices)
      const at = Date.now()
      await fault.happen()
      history.note({ kind: 'fault', at, fault: fault.name, until: Date.now() })
      await sleep(own.between(...targets.pause))
    }
  }
  const allSeries = Array.from({ length: targets.atOnce }, async (_, index) => await series(chance.fork(index)))
  // Where nothing goes wrong, this is only the time until the end.
  await Promise.all([...allSeries, aborted(signal)])
  history.note({ kind: 'healed' })
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

function commonFaults({ servers, forwarder, upstream, history, chance }: FaultTargets): readonly Fault[] {
  // Two things at once may happen, but not to one process.
  const busy = new Set<number>()
  const withServer = async (work: (slot: number) => Promise<void>): Promise<void> => {
    const free = (): readonly number[] => [...Array(servers.size).keys()].filter((slot) => !busy.has(slot))
    while (free().length === 0) await sleep(100)
    const slot = chance.any(free())
    busy.add(slot)
    await work(slot)
    busy.delete(slot)
  }
  const lossy = (fault: 'lostAnswers' | 'lostRequests') => async (): Promise<void> => {
    forwarder.faults[fault] = chance.between(0.05, 0.3)
    await sleep(chance.between(500, 3000))
    forwarder.faults[fault] = 0
  }
  return [
    {
      name: 'server SIGKILL',
      weight: 4,
      happen: async () => await withServer(async (slot) => await servers.restart(slot, 'SIGKILL')),
    },
    {
      name: 'server SIGTERM',
      weight: 2,
      happen: async () => await withServer(async (slot) => await servers.restart(slot, 'SIGTERM')),
    },
    {
      name: 'server SIGSTOP',
      weight: 1,
      happen: async () =>
        await withServer(async (slot) => {
          const at = Date.now()
          const process = servers.pause(slot, true)
          await sleep(chance.between(300, 3000))
          servers.pause(slot, false)
          history.note({ kind: 'store away', at, process, until: Date.now() })
        }),
    },
    {
      name: 'identity provider 503',
      weight: 2,
      async happen() {
        upstream.fake.fail('*', '503')
        await sleep(chance.between(300, 3000))
        upstream.fake.recover()
      },
    },
    { name: 'answers lost on the way to clients', weight: 2, happen: lossy('lostAnswers') },
    { name: 'requests lost on the way to servers', weight: 1, happen: lossy('lostRequests') },
  ]
}

function redisFaults({ history, chance }: FaultTargets, redis: RedisOfRun): readonly Fault[] {
  const { server, lines, isForgetful } = redis
  let isServerBusy = false
  /** Redis itself is hit once at a time. */
  const withRedis = async (work: () => Promise<void>): Promise<void> => {
    while (isServerBusy) await sleep(100)
    isServerBusy = true
    await away(work)
    isServerBusy = false
  }
  const away = async (work: () => Promise<void>): Promise<void> => {
    const at = Date.now()
    await work()
    history.note({ kind: 'store away', at, until: Date.now() + aftermath })
  }
  const withLines = async (work: (line: RedisProxy) => Promise<void>): Promise<void> => {
    const hit = chance.happens(0.5) ? lines : [chance.any(lines)]
    await away(async () => void (await Promise.all(hit.map(work))))
  }
  const during = (state: LineState, most: number) => async (): Promise<void> => {
    const time = chance.between(300, most)
    await withLines(async (line) => {
      line.delay = chance.between(50, 600)
      line.state = state
      await sleep(time)
      line.state = 'good'
    })
  }
  return [
    {
      name: 'Redis SIGKILL',
      weight: isForgetful ? 1 : 3,
      happen: async () =>
        await withRedis(async () => {
          await server.kill('SIGKILL')
          if (isForgetful) history.note({ kind: 'store emptied' })
          await sleep(chance.between(0, 3000))
          await server.restart()
        }),
    },
    {
      name: 'Redis SIGSTOP',
      weight: 2,
      happen: async () =>
        await withRedis(async () => {
          await server.kill('SIGSTOP')
          await sleep(chance.between(300, 4000))
          await server.kill('SIGCONT')
        }),
    },
    { name: 'connections to Redis slow', weight: 2, happen: during('slow', 3000) },
    { name: 'connections to Redis half open, requests lost', weight: 1, happen: during('deaf', 3000) },
    { name: 'connections to Redis half open, answers lost', weight: 2, happen: during('mute', 3000) },
    { name: 'connections to Redis refused', weight: 1, happen: during('refusing', 3000) },
    {
      name: 'connections to Redis reset',
      weight: 3,
      happen: async () => await withLines(async (line) => line.cut()),
    },
    {
      name: 'connections to Redis cut in place of an answer',
      weight: 3,
      happen: async () => await withLines(async (line) => line.cutNextAnswer()),
    },
  ]
}
