/** The server in a process of its own, `mint` in another, and a fake Discord that the test controls. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../../../packages/store-redis/test/support/free-port.ts'
import { type RunningServer, runServer, testSecret } from '../../../../kit/test/servers/support/server.ts'
import { type RunningFakeDiscordTools, startFakeDiscordTools } from '../../../src/fake/start.ts'

/** An answer over REST. */
export interface RestAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    readonly result?: Record<string, unknown>
    readonly error?: { readonly code: string; readonly message: string; readonly retry_after?: number } | string
  }
}

/** What ran, and what it said. */
export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The server and what belongs to it. */
export interface ToolsServer extends RunningServer {
  readonly discord: RunningFakeDiscordTools
  readonly folder: string
  /** Runs `mint`; `input` is its standard input. */
  mint(args: readonly string[], input?: string, variables?: Readonly<Record<string, string>>): Promise<CommandResult>
  /** Mints a token for the fake's bot. */
  mintToken(scopes: string, args?: readonly string[], variables?: Readonly<Record<string, string>>): Promise<string>
  rest(token: string, method: string, params: object, signal?: AbortSignal): Promise<RestAnswer>
  /** The audit log so far. */
  audit(): readonly Readonly<Record<string, unknown>>[]
  auditText(): string
}

const mintProgram = fileURLToPath(new URL('../../../src/mint.ts', import.meta.url))

/** Every scope there is. */
export const allScopes = 'discord:channels.read discord:messages.read discord:messages.write discord:messages.moderate'

/** Starts everything, in a folder of its own. */
export async function startToolsServer(
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<ToolsServer> {
  // Nobody else gets its port once it is closed.
  const discord = await startFakeDiscordTools({ port: await freePort() })
  const folder = mkdtempSync(join(tmpdir(), 'discord-tools-'))
  const vault = { DISCORD_TOOLS_VAULT: join(folder, 'vault') }
  const server = await runServer('discord-tools', {
    ...vault,
    MCP_AUTH_AUDIT_LOG: join(folder, 'audit.log'),
    DISCORD_CLIENT_ID: discord.clientId,
    DISCORD_CLIENT_SECRET: discord.clientSecret,
    DISCORD_API_URL: discord.apiUrl,
    DISCORD_AUTHORIZE_URL: discord.authorizeUrl,
    DISCORD_BOT_TOKEN: discord.botToken,
    ...variables,
  })
  const mint: ToolsServer['mint'] = async (args, input = '', others = {}) => {
    const env = {
      PATH: process.env['PATH'],
      MCP_AUTH_SECRET: testSecret,
      MCP_AUTH_BASE_URL: server.origin,
      DISCORD_API_URL: discord.apiUrl,
      ...vault,
      ...others,
    }
    const child = spawn(process.execPath, [mintProgram, ...args], { env, stdio: 'pipe' })
    child.stdin.end(input)
    const code = new Promise<number | null>((resolve) => child.once('close', resolve))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { code: await code, stdout, stderr }
  }
  const auditText = (): string => readFileSync(join(folder, 'audit.log'), 'utf8')
  return {
    ...server,
    discord,
    folder,
    mint,
    async mintToken(scopes, args = [], others = {}) {
      const options = ['--subject', 'alice', '--scopes', scopes, '--token-file', '-', ...args]
      const { code, stdout, stderr } = await mint(options, discord.fake.botToken, others)
      if (code !== 0) throw new Error(`mint ended with ${code}: ${stderr}`)
      return stdout.trim()
    },
    async rest(token, method, params, signal) {
      const answer = await fetch(`${server.mcpURL}/v1/tools/invoke`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ method, params }),
        ...(signal === undefined ? {} : { signal }),
      })
      return { status: answer.status, headers: answer.headers, body: await answer.json() }
    },
    auditText,
    audit: () =>
      auditText()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    async stop() {
      await server.stop()
      await discord.close()
      rmSync(folder, { recursive: true })
    },
  }
}
