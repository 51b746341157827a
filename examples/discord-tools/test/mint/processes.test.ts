import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { createMintedTokens, type MintedTokens } from '../../src/tokens/minted-tokens.ts'
import { openVault } from '../../src/vault/vault.ts'
import { headOf } from '../tokens/support/minted.ts'
import { makeBotToken, readEverything, secret } from '../vault/support/vault.ts'
import { type MintPlace, makePlace, program, scope, secretText, serveDiscord, start } from './support/command-line.ts'

const minting = ['--subject', 'alice', '--scopes', scope] as const

/** A server beside the command line, with the same configuration. */
async function serve({ vaultFolder }: MintPlace): Promise<MintedTokens> {
  const vault = await openVault({ folder: vaultFolder, secrets: [secret] })
  const base = 'http://127.0.0.1:8000'
  return createMintedTokens({ vault, issuer: `${base}/bot-tokens`, resource: `${base}/mcp` })
}

/** The command lines of all processes, as anybody on this machine can read them. */
async function readCommandLines(): Promise<string> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const read = async (id: string): Promise<string> => await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')
  return (await Promise.all(ids.map(read))).join('\n')
}

it('prints the access token and nothing else, and a server beside it knows the caller and the bot', async () => {
  const place = await makePlace()
  const botToken = makeBotToken()
  const DISCORD_API_URL = await serveDiscord(botToken)
  const ended = await place.run([...minting, '--token-file', '-'], {
    input: `${botToken}\n`,
    variables: { DISCORD_API_URL },
  })
  expect([ended.code, ended.stderr.split('\n')[0]]).toEqual([0, 'the bot is mcp-bot (268473310986240001)'])
  expect(ended.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const tokens = await serve(place)
  expect(await tokens.authenticate(headOf(ended.stdout.trim()))).toMatchObject({ subject: 'alice', scopes: [scope] })
  expect(await tokens.botTokenOf({ token: ended.stdout.trim() })).toBe(botToken)
  const refused = await place.run([...minting, '--token-file', '-'], {
    input: makeBotToken(),
    variables: { DISCORD_API_URL },
  })
  expect([refused.code, refused.stdout]).toEqual([1, ''])
  expect(refused.stderr).toBe(
    'mint: Discord refuses this bot token: it was reset, or it is not a bot token. Nothing was minted\n',
  )
})

it('revokes beside a running server, which refuses the very next call', async () => {
  const place = await makePlace()
  const minted = await place.run([...minting, '--offline', '--token-file', '-'], { input: makeBotToken() })
  const accessToken = minted.stdout.trim()
  const tokens = await serve(place)
  expect(await tokens.authenticate(headOf(accessToken))).toMatchObject({ subject: 'alice' })
  expect((await place.run(['revoke', decodeJwt(accessToken).jti ?? ''])).code).toBe(0)
  await expect(tokens.authenticate(headOf(accessToken))).rejects.toMatchObject({ reason: 'grant_revoked' })
})

it('mints in several processes at once, also into a vault that none of them found', async () => {
  const place = await makePlace()
  const botTokens = Array.from({ length: 4 }, makeBotToken)
  const run = async (BOT: string): Promise<string> => {
    const { code, stdout } = await place.run([...minting, '--offline', '--token-env', 'BOT'], { variables: { BOT } })
    expect(code).toBe(0)
    return stdout.trim()
  }
  const accessTokens = await Promise.all(botTokens.map(run))
  const tokens = await serve(place)
  const found = await Promise.all(accessTokens.map(async (token) => await tokens.botTokenOf({ token })))
  expect(found).toEqual(botTokens)
})

it.each([0, 1, 2, 3])('leaves nothing half when it is killed in the middle (%i)', async (round) => {
  const place = await makePlace()
  const [kept, lost] = [makeBotToken(), makeBotToken()]
  const first = await place.run([...minting, '--offline', '--token-file', '-'], { input: kept })
  const args = [program, ...minting, '--offline', '--token-file', '-']
  const { child, ended } = start(process.execPath, args, place.variables, lost)
  // Killed by what it has written by then, from the first file of any kind on, so that every moment has its turn.
  const seen = (await readdir(join(place.vaultFolder, 'references'))).length
  for (let looks = 0; child.exitCode === null && child.signalCode === null; ) {
    if ((await readdir(join(place.vaultFolder, 'references'))).length > seen) looks += 1
    if (looks > round) break
  }
  child.kill('SIGKILL')
  const { stdout } = await ended
  const vault = await openVault({ folder: place.vaultFolder, secrets: [secret] })
  const { references, failures } = await vault.list()
  expect(failures).toEqual([])
  const tokens = await serve(place)
  expect(await tokens.botTokenOf({ token: first.stdout.trim() })).toBe(kept)
  // A token that anybody got is good.
  expect(stdout === '' ? lost : await tokens.botTokenOf({ token: stdout.trim() })).toBe(lost)
  expect(references.length).toBeLessThanOrEqual(2)
  expect((await place.run([...minting, '--offline', '--token-file', '-'], { input: lost })).code).toBe(0)
  expect((await readEverything(place.vaultFolder)) + place.printed()).not.toContain(lost)
})

it('refuses a configuration with exit code 78 and one line that names the variable', async () => {
  const place = await makePlace()
  await mkdir(place.vaultFolder, { mode: 0o755 })
  await chmod(place.vaultFolder, 0o755)
  const open = await place.run(['list'])
  expect(open).toEqual({
    code: 78,
    stdout: '',
    stderr: 'configuration error: DISCORD_TOOLS_VAULT: others may enter the folder; run: chmod 700 on it\n',
  })
  const without = await place.run(['list'], { variables: { MCP_AUTH_SECRET: '' } })
  expect([without.code, without.stderr]).toEqual([
    78,
    expect.stringMatching(/^configuration error: MCP_AUTH_SECRET: .*\n$/),
  ])
})

it('refuses a bot token on its command line without repeating it', async () => {
  const place = await makePlace()
  const botToken = makeBotToken()
  const { code, stdout, stderr } = await place.run([...minting, '--label', botToken])
  expect([code, stdout]).toEqual([64, ''])
  expect(stderr).toContain('reset it at https://discord.com/developers/applications')
  expect(stderr).not.toContain(botToken)
})

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
/** Runs a command at a terminal of its own: util-linux. */
const terminalProgram = 'script'
const hasPty = spawnSync(terminalProgram, ['--version']).status === 0 && process.platform === 'linux'

it.runIf(hasPty)('asks at a terminal without showing what is typed, and works inside a substitution', async () => {
  const place = await makePlace()
  const botToken = makeBotToken()
  const line = [process.execPath, program, ...minting, '--offline'].map(quote).join(' ')
  const command = `TOKEN=$(${line}); printf '<%s>' "$TOKEN"`
  const { child, ended } = start(
    terminalProgram,
    ['--quiet', '--return', '--command', command, '/dev/null'],
    place.variables,
  )
  let shown = ''
  child.stdout?.on('data', (chunk) => (shown += String(chunk)))
  await expect.poll(() => shown, { timeout: 20_000 }).toContain('Bot token (not shown): ')
  expect(await readCommandLines()).not.toContain(botToken)
  child.stdin?.write(`${botToken.slice(0, 20)}x\u007F`)
  child.stdin?.write(`${botToken.slice(20)}\r`)
  const { code, stdout } = await ended
  expect(code).toBe(0)
  expect(stdout).not.toContain(botToken.slice(0, 20))
  const [, accessToken = ''] = /<([\w-]+\.[\w-]+\.[\w-]+)>/.exec(stdout) ?? []
  expect(await (await serve(place)).botTokenOf({ token: accessToken })).toBe(botToken)
})

it.runIf(hasPty)('ends with 130 at a terminal when the person gives up, and mints nothing', async () => {
  const place = await makePlace()
  const command = [process.execPath, program, ...minting, '--offline'].map(quote).join(' ')
  const { child, ended } = start(
    terminalProgram,
    ['--quiet', '--return', '--command', command, '/dev/null'],
    place.variables,
  )
  let shown = ''
  child.stdout?.on('data', (chunk) => (shown += String(chunk)))
  await expect.poll(() => shown, { timeout: 20_000 }).toContain('Bot token (not shown): ')
  child.stdin?.write('half a tok\u0003')
  expect(await ended).toMatchObject({ code: 130, stdout: expect.not.stringContaining('half') })
  expect(await readdir(join(place.vaultFolder, 'references'))).toEqual([])
})

it('D8 shows the bot token nowhere in a whole run: no output, no file, no list of processes', async () => {
  const place = await makePlace()
  const botToken = makeBotToken()
  const DISCORD_API_URL = await serveDiscord(botToken)
  const file = join(place.folder, 'bot-token')
  await writeFile(file, botToken, { mode: 0o644 })
  let listed = ''
  const run = async (args: readonly string[], more: Record<string, string> = {}): Promise<string> => {
    let [isOver, seen] = [false, '']
    const work = place.run(args, { input: botToken, variables: { DISCORD_API_URL, ...more } })
    const ended = work.finally(() => (isOver = true))
    // A command line stays as it is: to have seen it once is enough.
    while (!isOver && !seen.includes(program)) seen = await readCommandLines()
    listed += seen
    return (await ended).stdout.trim()
  }
  const accessToken = await run([...minting, '--token-file', file])
  await run([...minting, '--token-file', '-', '--subject', 'bob'])
  await run([...minting, '--token-env', 'BOT'], { BOT: botToken })
  await run([...minting, '--token-env', 'BOT'], { BOT: `${botToken}x` })
  await run(['list'])
  await run(['list', '--json'])
  await run(['keys', 'rotate'])
  await run(['keys'])
  await run(['revoke', decodeJwt(accessToken).jti ?? ''])
  await run(['revoke', '--token-file', '-'])
  await run(['list'], { MCP_AUTH_SECRET: '03'.repeat(32) })
  expect(listed).toContain(program)
  const files = await readEverything(place.vaultFolder)
  for (const text of [place.printed(), files, listed]) {
    expect(text.length).toBeGreaterThan(100)
    for (const part of [botToken, botToken.slice(-38), Buffer.from(botToken).toString('base64url').slice(0, -2)]) {
      expect(text).not.toContain(part)
    }
    expect(text).not.toContain(secretText)
  }
  expect(place.printed()).not.toMatch(/\n\s+at .*:\d+/)
})
