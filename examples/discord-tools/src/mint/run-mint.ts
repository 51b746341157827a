/** The command line as a function: arguments in, exit code out. @module */
import { ConfigurationError, nameVariable, readEnvironment } from '@mcp-auth/core'
import { readVaultSettings } from '../vault/settings.ts'
import { openVault } from '../vault/vault.ts'
import { VaultError } from '../vault/vault-error.ts'
import { parseCommand } from './arguments.ts'
import { CommandError, exitCodes } from './command-error.ts'
import { checkMint, perform } from './commands.ts'
import { formatHelp } from './help.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Runs one command. Never throws: whatever happens becomes a sentence without secrets, and an exit code.
 * @returns 0; 64 for a command line that makes no sense, 78 for a configuration that cannot work, 130 when the person
 * gave up, 1 for everything else
 */
export async function runMint(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    await run(argv, surroundings)
    return exitCodes.ok
  } catch (error) {
    const { exitCode, message } = explain(error)
    surroundings.say(message)
    return exitCode
  }
}

async function run(argv: readonly string[], surroundings: Surroundings): Promise<void> {
  const command = parseCommand(argv)
  if (command.kind === 'help') return surroundings.print(formatHelp(surroundings.scopes))
  if (command.kind === 'mint') checkMint(command, surroundings)
  const { variables, now } = surroundings
  const settings = readVaultSettings(readEnvironment(variables), variables)
  const vault = await openVault(settings)
  await perform(command, { mint: { ...settings, vault, now }, surroundings, argv })
}

/** What people are told. */
function explain(error: unknown): { readonly exitCode: number; readonly message: string } {
  if (error instanceof CommandError) {
    const hint = error.exitCode === exitCodes.usage ? ' (see: mint --help)' : ''
    return { exitCode: error.exitCode, message: `mint: ${error.message}${hint}` }
  }
  if (error instanceof ConfigurationError) {
    return { exitCode: exitCodes.configuration, message: `configuration error: ${nameVariable(error).message}` }
  }
  if (error instanceof VaultError && error.failure === 'secret') {
    const message =
      'configuration error: MCP_AUTH_SECRET: opens nothing in the vault: use the secret that the server has; ' +
      'after a change keep the old one behind a comma, or start over with: mint keys rotate'
    return { exitCode: exitCodes.configuration, message }
  }
  if (error instanceof VaultError) return { exitCode: exitCodes.failure, message: `mint: ${error.message}` }
  // Messages of others may hold anything.
  return { exitCode: exitCodes.failure, message: `mint: failed: ${error instanceof Error ? error.name : typeof error}` }
}
