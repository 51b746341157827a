/** The command line as a function, with a person who types the bot token and a Discord that knows it. */
import { join } from 'node:path'
import { vi } from 'vitest'
import { runMint } from '../../../src/mint/run-mint.ts'
import type { Surroundings } from '../../../src/mint/surroundings.ts'
import { makeBotToken, makeFolder, start } from '../../vault/support/vault.ts'

export const scope = 'discord:messages.read'

/** What Discord says about the bot. */
export const bot: { readonly id: string; readonly username: string; readonly bot: boolean } = {
  id: '268473310986240001',
  username: 'mcp-bot',
  bot: true,
}

/** The arguments of most runs. */
export const minting: readonly string[] = ['--subject', 'alice', '--scopes', scope]

/** Everything a run touches. */
export interface Desk {
  readonly folder: string
  readonly botToken: string
  readonly vaultFolder: string
  readonly fetch: ReturnType<typeof vi.fn<typeof fetch>>
  readonly out: string[]
  readonly err: string[]
  /** Changes for the runs that follow. */
  readonly surroundings: { -readonly [Name in keyof Surroundings]: Surroundings[Name] }
  readonly run: (...argv: readonly string[]) => Promise<number>
}

/** Surroundings without a process: a person at a terminal who types the bot token, and a Discord that knows it. */
export async function makeDesk(changes: Partial<Surroundings> = {}): Promise<Desk> {
  const folder = await makeFolder()
  const vaultFolder = join(folder, 'vault')
  const botToken = makeBotToken()
  const [out, err]: [string[], string[]] = [[], []]
  const answer = vi.fn<typeof fetch>(async () => Response.json(bot))
  const surroundings: Surroundings = {
    variables: { MCP_AUTH_SECRET: '01'.repeat(32), DISCORD_TOOLS_VAULT: vaultFolder, BOT: botToken },
    scopes: { [scope]: 'Read', 'discord:messages.write': 'Write' },
    now: () => start,
    fetch: answer,
    terminal: { askSecret: async () => `${botToken}` },
    readInput: async () => `Bot ${botToken}\n`,
    print: (line) => void out.push(line),
    say: (line) => void err.push(line),
    ...changes,
  }
  const run = async (...argv: readonly string[]): Promise<number> => await runMint(argv, surroundings)
  return { folder, botToken, vaultFolder, fetch: answer, out, err, surroundings, run }
}
