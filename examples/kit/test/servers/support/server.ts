/** The server of an example in a process of its own, as anybody would start it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, vi } from 'vitest'

/** The folders of the examples that are authorization servers themselves, in front of Discord. */
export const examples = ['discord-express', 'discord-fastify', 'discord-hono'] as const

/** The folders of the examples that take Descope's tokens. */
export const remoteExamples = ['descope-express', 'descope-hono'] as const

/** One of them, or one of the other servers. */
export type Example =
  | (typeof examples)[number]
  | (typeof remoteExamples)[number]
  | 'any-provider'
  | 'custom-server'
  | 'custom-server-hono'
  | 'discord-tools'
  | 'fastmcp-server'
  | 'mcp-handler'

/** Examples that have a second server in a file of its own. */
const otherPrograms: Readonly<Partial<Record<Example, string>>> = {
  'custom-server-hono': 'custom-server/src/hono-server.ts',
}

/** Variables by name; `undefined` leaves one out. */
type Variables = Readonly<Record<string, string | undefined>>

/** Root secret of the tests: 32 bytes, base64url. */
export const testSecret = 'dGVzdC1yb290LXNlY3JldC1mb3ItbWNwLWF1dGgtMDE'

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const children = new Set<ChildProcess>()
// A test that fails leaves its server behind.
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** A process that was started. */
export interface StartedServer {
  /** URL of the MCP endpoint, from the ready line. Rejects when the process ends before it. */
  readonly ready: Promise<string>
  readonly exit: Promise<{ readonly code: number | null; readonly signal: string | null }>
  readonly stdout: () => string
  readonly stderr: () => string
  kill(signal: NodeJS.Signals): void
}

/** Starts the server with these variables and no others of ours. */
export function startServer(example: Example, variables: Variables = {}): StartedServer {
  const file = otherPrograms[example] ?? `${example}/src/server.ts`
  const program = fileURLToPath(new URL(`../../../../${file}`, import.meta.url))
  const env = { PATH: process.env['PATH'], PORT: '0', MCP_AUTH_SECRET: testSecret, ...variables }
  const given = Object.entries(env).filter(([, value]) => value !== undefined)
  const child = spawn(process.execPath, [program], {
    env: Object.fromEntries(given),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  child.once('close', () => children.delete(child))
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  const ready = whenReady(child, () => stdout)
  // Whoever waits for the exit only need not wait for this one.
  ready.catch(() => {})
  return {
    ready,
    exit: once(child, 'close').then(([code, signal]) => ({ code, signal })),
    stdout: () => stdout,
    stderr: () => stderr,
    kill: (signal) => void child.kill(signal),
  }
}

async function whenReady(child: ChildProcess, stdout: () => string): Promise<string> {
  return await new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      const [, url] = /^mcp-auth ready (\S+)$/m.exec(stdout()) ?? []
      if (url !== undefined) resolve(url)
    })
    child.once('close', () => reject(new Error('the server ended before it was ready')))
  })
}

/** A server that is up. */
export interface RunningServer extends StartedServer {
  readonly mcpURL: string
  readonly origin: string
  stop(): Promise<void>
}

/** Starts a server that must come up, with a fake identity provider unless the variables name another one. */
export async function runServer(example: Example, variables: Variables = {}): Promise<RunningServer> {
  const server = startServer(example, variables)
  const mcpURL = await server.ready
  return {
    ...server,
    mcpURL,
    origin: new URL(mcpURL).origin,
    async stop() {
      server.kill('SIGTERM')
      await server.exit
    },
  }
}

/** Waits for a process that must end by itself; returns its one line on standard error. */
export async function refusal(server: StartedServer): Promise<string> {
  const { code } = await server.exit
  expect([code, server.stdout()]).toEqual([78, ''])
  const lines = server.stderr().split('\n')
  expect(lines).toHaveLength(2)
  return lines[0] ?? ''
}
