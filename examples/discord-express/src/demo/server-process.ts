/** The server of this example as a process of its own. @module */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A running server. */
export interface ServerProcess {
  /** From the ready line: the URL of the MCP endpoint. */
  readonly mcpURL: URL
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

/** Variables that would change what is shown. */
const settings = /^(MCP_AUTH_|DISCORD_|ADMIN_SUBJECTS$|HOST$)/

/** Starts the server with an embedded fake Discord, whatever the environment says. */
export async function startServer(): Promise<ServerProcess> {
  const inherited = Object.entries(process.env).filter(([name]) => !settings.test(name))
  const server = spawn(process.execPath, [fileURLToPath(new URL('../server.ts', import.meta.url))], {
    env: { PORT: '0', ...Object.fromEntries(inherited), MCP_AUTH_SECRET: randomBytes(32).toString('hex') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(server, 'exit').then(() => {})
  const mcpURL = await Promise.race([readyURL(server), ended.then(() => undefined)])
  if (mcpURL === undefined) throw new Error('the server did not start; it says above why')
  return {
    mcpURL,
    ended,
    async stop() {
      server.kill('SIGTERM')
      await ended
    },
  }
}

async function readyURL(server: ChildProcess): Promise<URL | undefined> {
  if (!server.stdout) return undefined
  for await (const line of createInterface({ input: server.stdout })) {
    const [, url] = /^mcp-auth ready (\S+)$/.exec(line) ?? []
    if (url !== undefined) return new URL(url)
  }
  return undefined
}
