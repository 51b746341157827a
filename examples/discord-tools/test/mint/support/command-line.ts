/** The command line in a process of its own, as anybody would run it, and a Discord for it to ask. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, onTestFinished, vi } from 'vitest'
import { startFakeDiscordTools } from '../../../src/fake/start.ts'
import { makeFolder } from '../../vault/support/vault.ts'

/** The program. */
export const program: string = fileURLToPath(new URL('../../../src/mint.ts', import.meta.url))

/** What the processes are started with: 32 bytes, and those of the vault's `secret` in the other tests. */
export const secretText: string = '01'.repeat(32)

export const scope = 'discord:messages.read'

// Processes take their time on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

/** A process that was started. */
export interface StartedCommand {
  readonly child: ChildProcess
  readonly ended: Promise<EndedCommand>
}

/** What became of it. */
interface EndedCommand {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Variables by name; nothing else of this process reaches the other one. */
export type Variables = Readonly<Record<string, string>>

/** Starts a program; `input` is its whole standard input. */
export function start(command: string, args: readonly string[], variables: Variables, input?: string): StartedCommand {
  const child = spawn(command, args, { env: { PATH: process.env['PATH'], ...variables }, stdio: 'pipe' })
  children.add(child)
  child.once('close', () => children.delete(child))
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  // A process that ends without reading is no trouble of ours.
  child.stdin.on('error', () => {})
  if (input !== undefined) child.stdin.end(input)
  return { child, ended: once(child, 'close').then(([code]) => ({ code, stdout, stderr })) }
}

/** A place to mint in: a folder that goes away, variables for it, and everything that was printed there. */
export interface MintPlace {
  readonly folder: string
  readonly vaultFolder: string
  readonly variables: Variables
  readonly printed: () => string
  run(
    args: readonly string[],
    options?: { readonly input?: string; readonly variables?: Variables },
  ): Promise<EndedCommand>
}

/** Creates the place. */
export async function makePlace(): Promise<MintPlace> {
  const folder = await makeFolder()
  const vaultFolder = join(folder, 'vault')
  const variables = { MCP_AUTH_SECRET: secretText, DISCORD_TOOLS_VAULT: vaultFolder }
  let printed = ''
  return {
    folder,
    vaultFolder,
    variables,
    printed: () => printed,
    async run(args, { input = '', variables: more = {} } = {}) {
      const ended = await start(process.execPath, [program, ...args], { ...variables, ...more }, input).ended
      printed += ended.stdout + ended.stderr
      return ended
    },
  }
}

/** The fake Discord, which knows one bot, on a port of this machine. @returns the value of `DISCORD_API_URL` */
export async function serveDiscord(botToken: string): Promise<string> {
  const running = await startFakeDiscordTools({ botToken })
  onTestFinished(async () => await running.close())
  return running.apiUrl
}
