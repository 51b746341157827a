/** The server processes of a run, each in a slot of its own. @module */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../store-redis/test/support/free-port.ts'
import type { Forwarder } from './forwarder.ts'
import type { History } from './history.ts'
import type { LeakCheck } from './leaks.ts'

/** The processes. */
export interface Servers {
  readonly size: number
  /** Starts one in every slot; resolves when all are ready. */
  startAll(): Promise<void>
  /** Ends the process of a slot and starts another one; resolves when that is ready. */
  restart(slot: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Stops the process of a slot without ending it, or lets it go on; returns its name. */
  pause(slot: number, isPaused: boolean): string
  /** Ends all of them in good order. */
  stop(): Promise<void>
  /** Ends all of them at once, whatever they do. */
  kill(): void
}

/** What the processes need. */
export interface ServersOptions {
  readonly size: number
  /** Path of the program, from the root of the repository. */
  readonly program: string
  readonly forwarder: Forwarder
  readonly history: History
  readonly leaks: LeakCheck
  /** Variables of the process in a slot, which gets the name. */
  readonly variables: (slot: number, name: string) => Readonly<Record<string, string>>
}

interface Running {
  readonly name: string
  readonly child: ChildProcess
  readonly port: number
  /** Resolves when the process has ended and everything it wrote was read. */
  readonly closed: Promise<unknown>
  ordered: NodeJS.Signals | undefined
}

const root = new URL('../../../', import.meta.url)
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})
/** Most of what a process writes that is kept: for its last words. */
const maxOutput = 4000

/** Prepares the slots. */
export function createServers(options: ServersOptions): Servers {
  const { size, forwarder, history, leaks } = options
  const slots = Array.from({ length: size }, (_, slot) => slot)
  const running = new Map<number, Running>()
  let count = 0

  const launch = (slot: number, name: string, port: number): Running => {
    const child = spawn(process.execPath, [fileURLToPath(new URL(options.program, root))], {
      env: { PATH: process.env['PATH'], PORT: String(port), ...options.variables(slot, name) },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const started: Running = { name, child, port, closed: once(child, 'close'), ordered: undefined }
    children.add(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        const text = String(chunk)
        const leak = leaks.find(text)
        if (leak !== undefined) history.note({ kind: 'leak', process: name, what: `${leak} in its output: ${text}` })
        output = (output + text).slice(-maxOutput)
      })
    }
    child.once('close', (code, signal) => {
      children.delete(child)
      if (running.get(slot) === started) forwarder.targets[slot] = undefined
      const { ordered } = started
      const isOrdered = ordered === 'SIGKILL' ? signal === 'SIGKILL' : ordered === 'SIGTERM' && code === 0
      const how = `${signal ?? `exit code ${code}`}${isOrdered ? '' : `; its last words: ${output}`}`
      history.note({ kind: 'process ended', process: name, how, isOrdered })
    })
    running.set(slot, started)
    return started
  }
  const start = async (slot: number): Promise<void> => {
    count += 1
    const name = `p${count}`
    const started = launch(slot, name, await freePort())
    await untilReady(started)
    history.note({ kind: 'process started', process: name })
    forwarder.targets[slot] = { port: started.port, process: name }
  }
  const end = async (slot: number, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const ending = running.get(slot)
    if (!ending) return
    ending.ordered = signal
    ending.child.kill(signal)
    await ending.closed
  }
  return {
    size,
    startAll: async () => void (await Promise.all(slots.map(start))),
    async restart(slot, signal) {
      await end(slot, signal)
      await start(slot)
    },
    pause(slot, isPaused) {
      const paused = running.get(slot)
      paused?.child.kill(isPaused ? 'SIGSTOP' : 'SIGCONT')
      return paused?.name ?? ''
    },
    stop: async () => void (await Promise.all(slots.map(async (slot) => await end(slot, 'SIGTERM')))),
    kill() {
      for (const { child } of running.values()) child.kill('SIGKILL')
    },
  }
}

async function untilReady({ name, child }: Running): Promise<void> {
  let stdout = ''
  let stderr = ''
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)))
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk) => {
      stdout += String(chunk)
      if (/^mcp-auth ready /m.test(stdout)) resolve()
    })
    child.once('close', () => reject(new Error(`${name} ended before it was ready: ${stderr}`)))
  })
}
