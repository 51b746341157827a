/** The bot token, from wherever it may come: never from the command line. @module */
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConfigurationError } from '@mcp-auth/core'
import type { BotTokenSource } from './arguments.ts'
import { CommandError, failure, usageError } from './command-error.ts'
import type { Surroundings } from './surroundings.ts'

/** Larger files hold something else, in bytes. */
const maxBytes = 16_384

/**
 * Reads the bot token. What the documentation of Discord puts in front of it, `Bot `, is left out.
 * @throws {ConfigurationError} naming the variable that is not set
 * @throws {CommandError}
 */
export async function readBotToken(source: BotTokenSource, surroundings: Surroundings): Promise<string> {
  const token = (await readText(source, surroundings)).trim().replace(/^Bot\s+/, '')
  if (token === '') throw failure('there is no bot token: what was read is empty')
  return token
}

async function readText({ file, variable }: BotTokenSource, surroundings: Surroundings): Promise<string> {
  const { terminal, readInput, variables } = surroundings
  if (variable !== undefined) return readVariable(variable, variables[variable])
  if (file !== undefined && file !== '-') return await readSecretFile('--token-file', file, surroundings)
  // Whatever is typed into a terminal is shown, unless it is asked for.
  if (terminal) return await terminal.askSecret('Bot token (not shown): ')
  if (file === '-') return await readInput(maxBytes)
  throw usageError(
    'there is no terminal to ask for the bot token: give --token-file (- is standard input) or --token-env',
  )
}

/**
 * Reads a file with a secret, and warns when others may read it too.
 * @throws {CommandError} naming `option`
 */
export async function readSecretFile(option: string, path: string, surroundings: Surroundings): Promise<string> {
  const { variables, say } = surroundings
  // Package managers change to the folder of the package; people mean the one they are in.
  const from = variables['INIT_CWD'] || process.cwd()
  try {
    const file = await open(resolve(from, path), 'r')
    try {
      const about = await file.stat()
      if (about.isFile() && (about.mode & 0o077) !== 0 && process.platform !== 'win32') {
        say(`warning: ${option}: others may read the file; run: chmod 600 on it`)
      }
      return await readAll(file.createReadStream({ autoClose: false, encoding: 'utf8' }))
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof CommandError) throw cause
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw failure(`${option}: the file cannot be read${code}`, cause)
  }
}

/** Reads a stream to its end. @throws {CommandError} where it cannot be what is meant any more */
export async function readAll(stream: AsyncIterable<unknown>, limit: number = maxBytes): Promise<string> {
  let text = ''
  for await (const chunk of stream) {
    text += String(chunk)
    if (text.length > limit) throw failure('what was read is too long for a secret')
  }
  return text
}

function readVariable(name: string, value: string | undefined): string {
  if (value !== undefined && value.trim() !== '') return value
  throw new ConfigurationError(name, 'is not set, and --token-env says that it holds the bot token')
}
