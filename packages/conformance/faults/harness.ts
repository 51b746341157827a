/** One run on one store: users, faults, and the judgement afterwards. @module */
import { setTimeout as sleep } from 'node:timers/promises'
import { readAuditLogs } from './audit.ts'
import type { Limits } from './evidence.ts'
import { runFaults } from './faults.ts'
import { slotHeader } from './forwarder.ts'
import type { Fact } from './history.ts'
import { judge, type Verdict } from './invariants.ts'
import { countOperations } from './report.ts'
import { createScene, type Scene, type SceneOptions, upstreamTimeoutSeconds } from './scene.ts'
import { createUser, type UserOptions, type VirtualUser } from './users.ts'

/** What to run. */
export interface RunOptions extends SceneOptions {
  /** How long faults happen, in seconds. */
  readonly seconds: number
  /** How much users do at least, even if a slow machine needs more seconds for it. Default: 0. */
  readonly operationsAtLeast?: number
  /** How many faults there are at once, at most. Default: 2. */
  readonly faultsAtOnce?: number
  /** How many faults there are at least, one after the other, even if a slow machine needs more seconds for them. Default: 0. */
  readonly faultsAtLeast?: number
  /** Pause after a fault, in milliseconds: at least, at most. Default: 2000, 10000. */
  readonly faultPause?: readonly [number, number]
  /**
   * Pause between two actions of a user, in milliseconds: at least, at most. Default: the longer the more users there
   * are, so that all of them together want some thirty things a second.
   */
  readonly pause?: readonly [number, number]
  /** How often users refresh at two servers at once: everything else together weighs 90. Default: 10. */
  readonly racing?: number
  /** How long everybody gets after the last fault, in seconds: more than is allowed, to see by how much. Default: 60. */
  readonly calmSeconds?: number
}

/** What came of it. */
export interface RunResult {
  readonly options: RunOptions
  readonly facts: readonly Fact[]
  readonly verdicts: readonly Verdict[]
  /** From the first user on, in milliseconds. */
  readonly duration: number
}

/** Seconds that core adds to the timeout of the identity provider for the lease. */
const leaseMargin = 10
const recoverySeconds = 10
/** The default of the servers, in seconds. */
const graceSeconds = 30

/** Runs it. Everything it started is gone when it resolves. */
export async function runHarness(options: RunOptions): Promise<RunResult> {
  const scene = await createScene(options)
  const { history, servers, auditFolder } = scene
  const watch = watchClock(scene)
  let duration = 0
  try {
    await servers.startAll()
    const start = Date.now()
    const users = await play(scene, options)
    duration = Date.now() - start
    await Promise.all(users.map(async (user) => await user.checkEnded()))
    await servers.stop()
    readAuditLogs(auditFolder, history)
  } finally {
    clearInterval(watch)
    await scene.stop()
  }
  const limits: Limits = {
    leaseSeconds: upstreamTimeoutSeconds + leaseMargin,
    graceSeconds,
    recoverySeconds,
    users: options.users,
    servers: options.servers,
  }
  return { options, facts: history.facts, verdicts: judge(history.facts, limits), duration }
}

/** Users at work while faults happen, and then until everything works again. */
async function play(scene: Scene, options: RunOptions): Promise<readonly VirtualUser[]> {
  const { chance } = scene
  const {
    faultsAtOnce: atOnce = 2,
    faultsAtLeast: atLeast = 0,
    faultPause = [2000, 10_000],
    calmSeconds = 60,
  } = options
  const { pause = [10 * options.users, 50 * options.users], racing = 10 } = options
  const [calm, over] = [new AbortController(), new AbortController()]
  const users = createUsers(scene, { pause, racing, over: over.signal })
  const work = Promise.all(users.map(async (user) => await user.run(calm.signal)))
  const end = new AbortController()
  const watch = endInTime(scene, options, end)
  // Users who fail, which only a mistake of this program can make them, end the run.
  const faults = { ...scene, chance: chance.fork(-3), pause: faultPause, atOnce, atLeast }
  await Promise.race([runFaults(faults, end.signal), work]).finally(() => clearInterval(watch))
  calm.abort()
  const timer = setTimeout(() => over.abort(), calmSeconds * 1000)
  await Promise.all([
    work,
    ...scene.forwarder.targets.map(async (_, slot) => await untilReady(scene, slot, over.signal)),
  ])
  clearTimeout(timer)
  return users
}

/** Aborts when the time is over and enough was done. */
function endInTime({ history }: Scene, options: RunOptions, end: AbortController): NodeJS.Timeout {
  const { seconds, operationsAtLeast = 0 } = options
  const due = Date.now() + seconds * 1000
  return setInterval(() => {
    if (Date.now() >= due && countOperations(history.facts) >= operationsAtLeast) end.abort()
  }, 50)
}

function createUsers(scene: Scene, ways: Pick<UserOptions, 'pause' | 'racing' | 'over'>): readonly VirtualUser[] {
  const { forwarder, upstream, chance, history, servers } = scene
  const place = { origin: forwarder.origin, callbackURL: upstream.callbackURL, servers: servers.size, history }
  return scene.users.map((id, index) => createUser({ ...place, ...ways, id, chance: chance.fork(index) }))
}

/** Asks a server until it says that it is ready. */
async function untilReady({ forwarder, history }: Scene, slot: number, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const headers = { [slotHeader]: String(slot) }
    const answer = await fetch(`${forwarder.origin}/readyz`, { headers }).catch(() => undefined)
    await answer?.text()
    if (answer?.status === 200) return history.note({ kind: 'ready', process: String(slot) })
    await sleep(200)
  }
}

/** Notes when this program gets no time from the machine. */
function watchClock({ history }: Scene): NodeJS.Timeout {
  const [interval, patience] = [250, 1000]
  let expected = Date.now() + interval
  return setInterval(() => {
    const until = Date.now()
    if (until - expected > patience) history.note({ kind: 'held up', at: expected, until })
    expected = until + interval
  }, interval)
}
