/** `pnpm --filter discord-tools mint`: access tokens for callers, without the bot token ever on a command line. @module */
import { readAll } from './mint/read-bot-token.ts'
import { runMint } from './mint/run-mint.ts'
import { openTerminal } from './mint/terminal.ts'
import { toolScopes } from './tools/tool.ts'

// Whoever reads the results may stop reading, as `head` does.
process.stdout.on('error', () => process.exit(1))

process.exitCode = await runMint(process.argv.slice(2), {
  variables: process.env,
  scopes: toolScopes,
  now: () => Date.now() / 1000,
  fetch,
  terminal: openTerminal(process.stdin, process.stderr),
  readInput: async (maxBytes) => await readAll(process.stdin, maxBytes),
  print: (line) => void process.stdout.write(`${line}\n`),
  say: (line) => void process.stderr.write(`${line}\n`),
})
