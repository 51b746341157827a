import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { testSecret } from '../../../kit/test/servers/support/server.ts'
import { startToolsServer, type ToolsServer } from './support/tools-server.ts'

const run = promisify(execFile)
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const mintProgram = fileURLToPath(new URL('../../src/mint.ts', import.meta.url))

/** The block of shell lines that begins with this comment. */
function block(title: string): string {
  const found = readme.match(/```sh\n[\s\S]*?```/g)?.find((text) => text.startsWith(`\`\`\`sh\n# ${title}\n`))
  if (found === undefined) throw new Error(`no block ${title}`)
  return found.slice('```sh\n'.length, -'```'.length)
}

// As somebody who starts it with nothing: the server brings its own fake Discord.
let server: ToolsServer
beforeAll(async () => {
  const none = ['CLIENT_ID', 'CLIENT_SECRET', 'API_URL', 'AUTHORIZE_URL', 'BOT_TOKEN']
  server = await startToolsServer(Object.fromEntries(none.map((name) => [`DISCORD_${name}`, undefined])))
})
afterAll(async () => await server.stop())

/** Runs lines as they stand in the README, at another port and with this repository's Node. */
async function shell(lines: string): Promise<string> {
  const script = `set -euo pipefail\n${lines}`
    .replaceAll('http://127.0.0.1:8000', server.origin)
    .replaceAll('npx -y pnpm@12.21.0 --silent --filter discord-tools mint', `'${process.execPath}' '${mintProgram}'`)
  const env = {
    PATH: process.env['PATH'],
    MCP_AUTH_SECRET: testSecret,
    MCP_AUTH_BASE_URL: server.origin,
    DISCORD_TOOLS_VAULT: `${server.folder}/vault`,
  }
  return (await run('bash', ['-c', script], { env })).stdout
}

it('does every tool over REST and over MCP with the lines of the README', async () => {
  const output = await shell(`${block('mint')}\n${block('rest')}\n${block('mcp')}`)
  expect(output).not.toContain('"error"')
  expect(output.match(/"name":"general"/g)?.length).toBeGreaterThanOrEqual(2)
  expect(output).toContain('Hello from curl, @everyone')
  expect(output).toContain('Hello over MCP')
  const calls = server.audit().filter(({ event }) => event === 'tool.called')
  const tools = [
    'get_channel_info',
    'get_messages',
    'search_messages',
    'send_message',
    'get_messages',
    'moderate_content',
  ]
  expect(calls.map(({ tool, outcome, subject }) => [tool, outcome, subject])).toEqual(
    [...tools, ...tools].map((tool) => [tool, 'ok', 'alice']),
  )
})

it('names only errors that exist', async () => {
  const { discordErrorCodes } = await import('../../src/discord/errors.ts')
  const named = [...readme.matchAll(/^\| `(\w+)`(?:, `(\w+)`)? \(\d{3}/gm)].flatMap(([, one, two]) => [one, two ?? one])
  const own = ['no_bot_token', 'too_many_calls', 'invalid_parameters', 'sign_in_ended']
  expect(named.length).toBeGreaterThan(8)
  expect(named.filter((code) => ![...discordErrorCodes, ...own].includes(String(code)))).toEqual([])
})
