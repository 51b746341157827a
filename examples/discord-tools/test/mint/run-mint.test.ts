import { chmod, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { CommandError } from '../../src/mint/command-error.ts'
import type { Surroundings } from '../../src/mint/surroundings.ts'
import { readEverything, start } from '../vault/support/vault.ts'
import { bot, makeDesk, minting, scope } from './support/desk.ts'

it('asks for the bot token, asks Discord about it, and prints the access token alone on standard output', async () => {
  const { run, out, err, fetch, botToken, vaultFolder } = await makeDesk()
  expect(await run(...minting, '--ttl', '60', '--label', 'ci')).toBe(0)
  expect(out).toHaveLength(1)
  expect(decodeJwt(out[0] ?? '')).toMatchObject({ sub: 'alice', scope, exp: start + 60 })
  expect(err[0]).toBe('the bot is mcp-bot (268473310986240001)')
  const [url, init] = fetch.mock.lastCall ?? []
  expect([url, new Headers(init?.headers).get('authorization'), init?.redirect]).toEqual([
    'https://discord.com/api/v10/users/@me',
    `Bot ${botToken}`,
    'error',
  ])
  expect([...out, ...err, await readEverything(vaultFolder)].join('\n')).not.toContain(botToken)
})

it.each<[string, () => Response | Promise<never>, string]>([
  ['refuses it', () => Response.json({ message: '401: Unauthorized' }, { status: 401 }), 'refuses this bot token'],
  ['is too busy', () => new Response('', { status: 429 }), 'answered 429'],
  ['fails', () => new Response('', { status: 502 }), 'answered 502'],
  ['says nonsense', () => new Response('<html>'), 'could not be read'],
  ['knows a person by it', () => Response.json({ id: '1', username: 'nelly' }), 'the token of a person'],
  ['is not there', async () => await Promise.reject(new TypeError('fetch failed')), 'cannot be reached'],
])('mints nothing when Discord %s', async (_, answer, sentence) => {
  const { run, out, err, fetch, vaultFolder, botToken } = await makeDesk()
  fetch.mockImplementation(async () => await answer())
  expect(await run(...minting)).toBe(1)
  expect(out).toEqual([])
  expect(err.join()).toContain(sentence)
  expect(err.join()).not.toContain(botToken)
  expect(await readdir(join(vaultFolder, 'references'))).toEqual([])
})

it('does not ask Discord with --offline, and never sends a bot token over plain HTTP', async () => {
  const { run, fetch, surroundings, err } = await makeDesk()
  expect(await run(...minting, '--offline')).toBe(0)
  surroundings.variables = { ...surroundings.variables, DISCORD_API_URL: 'http://discord.example/api' }
  expect(await run(...minting)).toBe(78)
  expect(err.at(-1)).toBe('configuration error: DISCORD_API_URL: must be https, or http on a loopback host')
  expect(fetch).not.toHaveBeenCalled()
})

it('does not let a name at Discord steer the terminal', async () => {
  const { run, err, fetch } = await makeDesk()
  fetch.mockResolvedValue(Response.json({ ...bot, username: '\u001B[2J\u202Eevil\nname' }))
  expect(await run(...minting)).toBe(0)
  expect(err[0]).toBe('the bot is [2Jevilname (268473310986240001)')
})

it('reads the bot token from a file, from standard input and from a variable, and asks nobody then', async () => {
  const { run, surroundings, folder, botToken, out, err } = await makeDesk()
  surroundings.terminal = undefined
  const file = join(folder, 'token')
  await writeFile(file, `${botToken}\n`, { mode: 0o600 })
  expect(await run(...minting, '--token-file', file)).toBe(0)
  expect(await run(...minting, '--token-file', '-')).toBe(0)
  expect(await run(...minting, '--token-env', 'BOT')).toBe(0)
  expect(await run('list', '--json')).toBe(0)
  const rows: { bot_token: string }[] = JSON.parse(out.at(-1) ?? '')
  expect([rows.length, new Set(rows.map((row) => row.bot_token)).size]).toEqual([3, 1])
  expect(err.join()).not.toContain('warning')
  await chmod(file, 0o644)
  expect(await run(...minting, '--token-file', file)).toBe(0)
  expect(err.join('\n')).toContain('warning: --token-file: others may read the file; run: chmod 600 on it')
})

it('finds a file where the person is, not where the package manager went', async () => {
  const { run, surroundings, folder, botToken } = await makeDesk()
  await writeFile(join(folder, 'token'), botToken, { mode: 0o600 })
  surroundings.variables = { ...surroundings.variables, INIT_CWD: folder }
  expect(await run(...minting, '--token-file', './token')).toBe(0)
})

it.each<[string, number, Partial<Surroundings>, readonly string[], string]>([
  ['nobody can be asked', 64, { terminal: undefined }, [], 'no terminal'],
  ['the answer is empty', 1, { terminal: { askSecret: async () => ' ' } }, [], 'what was read is empty'],
  ['the answer is no token', 1, { terminal: { askSecret: async () => 'two words here' } }, [], 'visible ASCII'],
  ['the person gives up', 130, { terminal: { askSecret: async () => await giveUp() } }, [], 'nothing was minted'],
  ['the file is not there', 1, {}, ['--token-file', '/nowhere/token'], 'cannot be read (ENOENT)'],
  ['the file is a folder', 1, {}, ['--token-file', '/'], 'cannot be read (EISDIR)'],
  ['the file is endless', 1, {}, ['--token-file', '/dev/zero'], 'too long for a secret'],
  ['the variable is not set', 78, {}, ['--token-env', 'NOT_SET'], 'configuration error: NOT_SET: is not set'],
  ['the scope is unknown', 64, {}, ['--scopes', 'admin'], `"admin"; allowed are ${scope} discord:messages.write`],
  ['there is no scope', 64, {}, ['--scopes', ' '], 'at least one scope'],
  ['the subject is an API key', 64, {}, ['--subject', 'key:alice'], 'must not begin with key:'],
  ['there is no secret', 78, { variables: {} }, [], 'MCP_AUTH_SECRET: is required'],
  ['the secret is weak', 78, { variables: { MCP_AUTH_SECRET: 'abc' } }, [], 'MCP_AUTH_SECRET: must be at least 32'],
  ['a variable is misspelt', 78, { variables: { MCP_AUTH_SECRT: 'x' } }, [], 'did you mean MCP_AUTH_SECRET'],
  ['something breaks', 1, { terminal: { askSecret: async () => await breakDown() } }, [], 'mint: failed: RangeError'],
])('mints nothing when %s, with exit code %i', async (_, code, changes, more, sentence) => {
  const { run, out, err } = await makeDesk(changes)
  expect(await run(...minting, ...more)).toBe(code)
  expect(out).toEqual([])
  expect(err).toHaveLength(1)
  expect(err[0]).toContain(sentence)
  expect(err[0]).not.toContain('inner words')
})

async function giveUp(): Promise<never> {
  throw new CommandError(130, 'nothing was minted')
}

async function breakDown(): Promise<never> {
  throw new RangeError('inner words')
}

it('refuses a bot token of any form that stands on the command line as well', async () => {
  const { run, surroundings, err } = await makeDesk()
  surroundings.terminal = { askSecret: async () => 'odd-bot-token' }
  expect(await run(...minting, '--label', 'odd-bot-token', '--offline')).toBe(64)
  expect(err.join()).toContain('in the history of the shell')
  expect(err.join()).not.toContain('odd-bot-token')
})

it('explains itself with the scopes there are', async () => {
  const { run, out } = await makeDesk({ variables: {} })
  expect(await run('--help')).toBe(0)
  expect(out.join('\n')).toContain(`${scope}   Read`)
})
