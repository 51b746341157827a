/** A redis-server of one's own: a real process, on a free port of loopback, with a folder it may fill. @module */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

/** How to start it. */
export interface RedisServerOptions {
  /** Default: a free one. */
  readonly port?: number
  /** Whether writes survive the process, by an append-only file that is synced at each of them. Default: `false`. */
  readonly appendonly?: boolean
  /** For what it saves. Default: a fresh one, which {@link RedisServer.stop} removes. */
  readonly folder?: string
  /** Further arguments, such as `['--maxmemory', '8mb']`. */
  readonly args?: readonly string[]
}

/** A server that accepts connections. */
export interface RedisServer {
  readonly url: string
  readonly port: number
  /** Sends a signal. Resolves once the process is gone, or at once for `SIGSTOP` and `SIGCONT`. Default: `SIGKILL`. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>
  /** Ends it, and removes what it saved. */
  readonly stop: () => Promise<void>
  /** Starts it on the same port and folder again, after killing it if need be. */
  readonly restart: () => Promise<void>
}

const program = 'redis-server'
const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** Starts a server. Rejects with its output when it does not come up. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'mcp-auth-redis-'))
  const port = options.port ?? (await freePort())
  const persistence = options.appendonly ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []
  const start = async (): Promise<ChildProcess> =>
    await run([
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--dir',
      folder,
      ...persistence,
      ...(options.args ?? []),
    ])
  let child = await start()
  let isStopped = false
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return void child.kill(signal)
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    stop: async () => {
      isStopped = true
      await kill('SIGKILL')
      if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
    },
    restart: async () => {
      await kill('SIGKILL')
      child = await start()
      // Whoever stopped it meanwhile found nothing to end.
      if (isStopped) await kill('SIGKILL')
    },
  }
}

/** Runs redis-server with these arguments, and resolves once it accepts connections. */
export async function run(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  child.once('exit', () => children.delete(child))
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      output += chunk.toString()
      if (/Ready to accept connections|Sentinel ID is/.test(output)) resolve()
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`redis-server ended before it was ready:\n${output}`)))
  })
  output = ''
  child.stdout.removeAllListeners('data').resume()
  child.stderr.removeAllListeners('data').resume()
  return child
}
