/** Another process with the same folder open. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A process that was started. Its lines on standard output arrive in order, whole ones only. */
export interface Neighbour {
  readonly process: ChildProcess
  /** The next line it says; `undefined` when it has ended. */
  line(): Promise<string | undefined>
  /** Tells it something. */
  say(line: string): void
  /** All lines until its end. */
  rest(): Promise<string[]>
}

/** Starts `neighbour-process.ts` with a job. `limit` is a shell command that goes before it, such as `ulimit -f 100`. */
export function startNeighbour(job: string, folder: string, limit = ':'): Neighbour {
  const program = fileURLToPath(new URL('neighbour-process.ts', import.meta.url))
  const command = [process.execPath, program, job, folder]
  const child = spawn('sh', ['-c', `${limit}; exec "$@"`, 'sh', ...command], { stdio: ['pipe', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const closed = once(child, 'close')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = async (): Promise<string | undefined> => {
    const next = await lines.next()
    return next.done === true ? undefined : next.value
  }
  // What is said to a process that was killed is lost.
  child.stdin.on('error', () => {})
  return {
    process: child,
    line,
    say: (text) => void child.stdin.write(`${text}\n`),
    async rest() {
      const all: string[] = []
      for (let next = await line(); next !== undefined; next = await line()) all.push(next)
      await closed
      return all
    },
  }
}

/** Bounds the size of the files that a running process writes, from now on, in bytes. */
export function limitFiles({ process }: Neighbour, bytes: number | 'unlimited'): void {
  // The soft limit alone, so that it can be raised again.
  const { status } = spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
  if (status !== 0) throw new Error('the limit is as it was')
}
