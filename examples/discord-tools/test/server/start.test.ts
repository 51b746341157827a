import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '../../../../packages/store-redis/test/support/free-port.ts'
import { login } from '../../../kit/test/servers/support/client.ts'
import { refusal, startServer } from '../../../kit/test/servers/support/server.ts'
import { fakeChannelIds } from '../../src/fake/ids.ts'
import { fakeBotToken } from '../../src/service/settings.ts'
import { allScopes, startToolsServer } from './support/tools-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'discord-tools-start-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'file')
const open = join(folder, 'open')
writeFileSync(file, '')

const params = { channel_id: fakeChannelIds.general }
const application = { DISCORD_CLIENT_ID: '157730590492196864', DISCORD_CLIENT_SECRET: 'secret-of-the-application' }
const none = ['CLIENT_ID', 'CLIENT_SECRET', 'API_URL', 'AUTHORIZE_URL', 'BOT_TOKEN']
const nothing = Object.fromEntries(none.map((name) => [`DISCORD_${name}`, undefined]))

describe('a configuration that cannot work', () => {
  it.concurrent.each<[string, Record<string, string>]>([
    ['DISCORD_TOOLS_CALLS_PER_MINUTE', { DISCORD_TOOLS_CALLS_PER_MINUTE: '0' }],
    ['DISCORD_TOOLS_CALLS_PER_MINUTE', { DISCORD_TOOLS_CALLS_PER_MINUTE: '1e3' }],
    ['DISCORD_TOOLS_CALLS_PER_MINUTE', { DISCORD_TOOLS_CALLS_PER_MINUTE: '10001' }],
    ['DISCORD_TOOLS_VAULT', { DISCORD_TOOLS_VAULT: file }],
    ['DISCORD_TOOLS_VAULT', { DISCORD_TOOLS_VAULT: join(file, 'below') }],
    ['DISCORD_BOT_TOKEN', { ...application, DISCORD_BOT_TOKEN: 'Bot a-very-secret-token' }],
    ['DISCORD_BOT_TOKEN', { ...application, DISCORD_BOT_TOKEN: 'a-very-secret-token'.repeat(40) }],
    ['DISCORD_BOT_TOKEN', { ...application, DISCORD_BOT_TOKEN: 'a-very-secret-tokén' }],
    ['DISCORD_CLIENT_ID', { DISCORD_BOT_TOKEN: 'a-very-secret-token' }],
    ['DISCORD_CLIENT_SECRET', { DISCORD_CLIENT_ID: '1', DISCORD_BOT_TOKEN: 'a-very-secret-token' }],
    ['DISCORD_API_URL', { ...application, DISCORD_API_URL: 'http://discord.example' }],
    ['MCP_AUTH_PROVIDER', { MCP_AUTH_PROVIDER: 'descope' }],
    ['MCP_AUTH_AUDIT_LOGS', { MCP_AUTH_AUDIT_LOGS: '-' }],
  ])('K002 K003 is refused by the name of its variable, in one line, with exit code 78: %s', async (name, wrong) => {
    const line = await refusal(startServer('discord-tools', { DISCORD_TOOLS_VAULT: join(folder, 'vault'), ...wrong }))
    expect(line).toMatch(new RegExp(`^configuration error: ${name}`))
    expect(line).not.toContain('very-secret')
  })

  it('K003 is a vault that others may enter', async () => {
    mkdirSync(open)
    chmodSync(open, 0o755)
    expect(await refusal(startServer('discord-tools', { DISCORD_TOOLS_VAULT: open }))).toContain('DISCORD_TOOLS_VAULT')
  })
})

describe('the fake Discord', () => {
  it('is there when nothing of Discord is configured, and says what has no effect', async () => {
    const server = await startToolsServer({ ...nothing, DISCORD_API_URL: 'http://127.0.0.1:1/api/v10' })
    expect(server.stderr()).toContain('A fake Discord with a bot is running')
    expect(server.stderr()).toContain('DISCORD_API_URL has no effect')
    await server.stop()
  })

  it('says to whom has a token for a real bot that it is a fake, and what would be right', async () => {
    const server = await startToolsServer(nothing)
    // Minted without asking, or by asking the real Discord: the embedded fake knows no bot but its own.
    const minted = await server.mintToken(allScopes)
    const answer = await server.rest(minted, 'get_channel_info', params)
    expect([answer.status, answer.body.error]).toMatchObject([502, { code: 'token_refused' }])
    expect(JSON.stringify(answer.body)).toMatch(/fake Discord.*DISCORD_CLIENT_ID and DISCORD_CLIENT_SECRET/)
    expect(JSON.stringify(answer.body)).not.toMatch(/mint a new|DISCORD_BOT_TOKEN/)
    await server.stop()
  })

  it('warns at the start of tokens for real bots in the vault', async () => {
    const vault = mkdtempSync(join(folder, 'vault-'))
    const first = await startToolsServer({ DISCORD_TOOLS_VAULT: vault })
    const other = { DISCORD_TOOLS_VAULT: vault, FAKE: fakeBotToken }
    await first.mintToken(allScopes, [], other)
    await first.mint(['--subject', 'bob', '--scopes', allScopes, '--token-env', 'FAKE', '--offline'], '', other)
    await first.stop()
    const server = await startToolsServer({ ...nothing, DISCORD_TOOLS_VAULT: vault })
    expect(server.stderr()).toContain('The vault has 1 access token for other bots than that of the fake Discord')
    expect(server.stderr()).toContain('set DISCORD_CLIENT_ID and DISCORD_CLIENT_SECRET')
    await server.stop()
  })

  it('is not there with an application alone, and minted tokens need nothing more', async () => {
    const server = await startToolsServer({ DISCORD_BOT_TOKEN: undefined })
    const minted = await server.mintToken(allScopes)
    expect((await server.rest(minted, 'get_channel_info', params)).status).toBe(200)
    await server.stop()
  })

  it('is not there with an application, and who signs in is told that there is no bot', async () => {
    const server = await startToolsServer({ DISCORD_BOT_TOKEN: undefined })
    expect(server.stderr()).not.toContain('fake')
    expect(server.stderr()).toContain('DISCORD_BOT_TOKEN is not set')
    await server.stop()
  })
})

describe('health', () => {
  it('tells that the process is up while Discord is out of reach, and 503 with Retry-After to whoever calls', async () => {
    const server = await startToolsServer()
    const minted = await server.mintToken(allScopes)
    const user = await login(server, { scope: `identify ${allScopes}` })
    await server.discord.close()
    for (const path of ['/healthz', '/readyz']) expect((await fetch(server.origin + path)).status).toBe(200)
    for (const token of [minted, user]) {
      const answer = await server.rest(token, 'get_channel_info', params)
      expect([answer.status, answer.body.error, answer.headers.get('www-authenticate')]).toMatchObject([
        503,
        { code: 'unreachable' },
        null,
      ])
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    server.kill('SIGTERM')
    expect(await server.exit).toEqual({ code: 0, signal: null })
  })

  it('D9 answers 503 with Retry-After while the vault cannot be read, and goes on by itself', async () => {
    const server = await startToolsServer()
    const minted = await server.mintToken(allScopes)
    const references = join(server.folder, 'vault', 'references')
    renameSync(references, `${references}-away`)
    writeFileSync(references, 'a file in the place of the folder')
    const answer = await server.rest(minted, 'get_channel_info', params)
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([503, null])
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    rmSync(references)
    renameSync(`${references}-away`, references)
    expect((await server.rest(minted, 'get_channel_info', params)).status).toBe(200)
    expect(server.stderr()).not.toMatch(/ {4}at |references/)
    await server.stop()
  })
})

describe('an address with a path', () => {
  it('has the tools, the issuer of minted tokens and its keys below it', async () => {
    const port = await freePort()
    const base = { MCP_AUTH_BASE_URL: `http://127.0.0.1:${port}/base` }
    const server = await startToolsServer({ PORT: String(port), ...base })
    expect(server.mcpURL).toBe(`http://127.0.0.1:${port}/base/mcp`)
    const minted = await server.mintToken(allScopes, [], base)
    expect(decodeJwt(minted)).toMatchObject({ iss: `http://127.0.0.1:${port}/base/bot-tokens`, aud: server.mcpURL })
    const keys = await fetch(`${server.origin}/base/bot-tokens/jwks`)
    expect([keys.status, await keys.json()]).toMatchObject([200, { keys: [{ kid: expect.any(String) }] }])
    expect((await server.rest(minted, 'get_channel_info', params)).status).toBe(200)
    const elsewhere = await fetch(`${server.origin}/mcp/v1/tools/invoke`, { method: 'POST' })
    expect(elsewhere.status).toBe(404)
    await server.stop()
  })

  it('may also have the tools at its root', async () => {
    const port = await freePort()
    const root = { MCP_AUTH_RESOURCE: `http://127.0.0.1:${port}/` }
    const server = await startToolsServer({ PORT: String(port), ...root })
    const minted = await server.mintToken(allScopes, [], root)
    const answer = await fetch(`http://127.0.0.1:${port}/v1/tools/invoke`, {
      method: 'POST',
      headers: { authorization: `Bearer ${minted}`, 'content-type': 'application/json' },
      body: JSON.stringify({ method: 'get_channel_info', params }),
    })
    expect([answer.status, await answer.json()]).toMatchObject([200, { result: { channel: { name: 'general' } } }])
    await server.stop()
  })
})

describe('SIGTERM', () => {
  it('lets a call finish that is on the way, and takes no other', async () => {
    const server = await startToolsServer()
    const { fake } = server.discord
    const minted = await server.mintToken(allScopes)
    fake.faults.fail('channel', 'hang', 1)
    const call = server.rest(minted, 'get_channel_info', params)
    await expect.poll(() => fake.receivedOn('channel').length).toBe(1)
    server.kill('SIGTERM')
    await expect.poll(async () => await fetch(`${server.origin}/healthz`).catch(String)).toContain('fetch failed')
    fake.faults.release()
    expect((await call).status).toBe(200)
    expect(await server.exit).toEqual({ code: 0, signal: null })
    expect(server.audit().at(-1)).toMatchObject({ tool: 'get_channel_info', outcome: 'ok' })
    await server.discord.close()
  })

  it('ends within five seconds when Discord never answers', async () => {
    const server = await startToolsServer()
    const { fake } = server.discord
    const minted = await server.mintToken(allScopes)
    fake.faults.fail('channel', 'hang')
    const call = server.rest(minted, 'get_channel_info', params).catch(() => 'cut off')
    await expect.poll(() => fake.receivedOn('channel').length).toBe(1)
    const startedAt = performance.now()
    server.kill('SIGTERM')
    expect(await server.exit).toEqual({ code: 0, signal: null })
    expect(performance.now() - startedAt).toBeLessThan(5000)
    expect(await call).toBe('cut off')
    expect(server.audit().at(-1)).toMatchObject({ tool: 'get_channel_info', outcome: 'error' })
    await server.discord.close()
  })
})
