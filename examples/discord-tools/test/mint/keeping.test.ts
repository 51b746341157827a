import { generateKeyPairSync } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { expect, it, vi } from 'vitest'
import { makeBotToken, start } from '../vault/support/vault.ts'
import { makeDesk, minting, scope } from './support/desk.ts'

it('lists for people and for programs, and revokes by reference, subject, fingerprint and bot token', async () => {
  const { run, out, err, botToken, surroundings } = await makeDesk()
  for (const subject of ['alice', 'bob', 'carol', 'dave']) {
    surroundings.terminal = { askSecret: async () => (subject === 'carol' ? makeBotToken() : botToken) }
    await run(...minting, '--subject', subject, '--label', `of ${subject}`)
  }
  const rows = async (): Promise<Record<string, string>[]> => {
    await run('list', '--json')
    return JSON.parse(out.at(-1) ?? '')
  }
  const active = async (): Promise<string[]> =>
    (await rows()).filter(({ state }) => state === 'active').map(({ subject = '' }) => subject)
  const of = async (subject: string): Promise<Record<string, string>> =>
    (await rows()).find((row) => row['subject'] === subject) ?? {}
  expect(await of('alice')).toEqual({
    reference: decodeJwt(out[0] ?? '').jti,
    state: 'active',
    subject: 'alice',
    scopes: [scope],
    label: 'of alice',
    bot_token: expect.stringMatching(/^[0-9a-f]{16}$/),
    created_at: '2026-11-21T16:00:00Z',
    expires_at: '2026-11-21T17:00:00Z',
    revoked_at: null,
  })
  expect((await active()).toSorted()).toEqual(['alice', 'bob', 'carol', 'dave'])
  expect(await run('revoke', '--subject', 'bob')).toBe(0)
  expect(await run('revoke', '--subject', 'bob')).toBe(1)
  expect(await run('revoke', (await of('alice'))['reference'] ?? '')).toBe(0)
  expect((await active()).toSorted()).toEqual(['carol', 'dave'])
  expect(await run('revoke', '--all-of-token', (await of('carol'))['bot_token'] ?? '')).toBe(0)
  expect(await active()).toEqual(['dave'])
  expect(await run('revoke', '--token-env', 'BOT')).toBe(0)
  expect(await active()).toEqual([])
  expect(await run('list')).toBe(0)
  const lines = (out.at(-1) ?? '').split('\n')
  expect([lines.length, lines[0]]).toEqual([5, expect.stringMatching(/^reference +state +bot token/)])
  expect([...out, ...err].join('\n')).not.toContain(botToken)
})

it('revokes what is there of several references, and fails for the rest', async () => {
  const { run, out, err } = await makeDesk()
  await run(...minting)
  const { jti = '' } = decodeJwt(out[0] ?? '')
  expect(await run('revoke', 'f'.repeat(32), jti)).toBe(1)
  expect(err.slice(-2)).toEqual([`revoked: ${jti}`, expect.stringContaining('the other references are not there')])
})

it('says by which name a file is damaged, lists the rest and fails', async () => {
  const { run, out, err, vaultFolder } = await makeDesk()
  await run(...minting)
  await run(...minting, '--subject', 'bob')
  const { jti } = decodeJwt(out[0] ?? '')
  await writeFile(join(vaultFolder, 'references', `${jti}.json`), 'its contents')
  expect(await run('list')).toBe(1)
  expect(out.at(-1)).toContain('bob')
  expect(err.at(-2)).toBe(`warning: vault: references/${jti}.json is damaged: it is not what was written`)
  expect([...out, ...err].join()).not.toContain('its contents')
})

it('finds out that the secret is wrong before it asks for anything, and names the variable', async () => {
  const { run, surroundings, out, err } = await makeDesk()
  await run(...minting)
  const before = out.length
  const old = surroundings.variables['MCP_AUTH_SECRET'] ?? ''
  const askSecret = vi.fn<() => Promise<string>>()
  surroundings.terminal = { askSecret }
  surroundings.variables = { ...surroundings.variables, MCP_AUTH_SECRET: '02'.repeat(32) }
  for (const command of [minting, ['list'], ['keys'], ['revoke', '--subject', 'alice']]) {
    expect(await run(...command)).toBe(78)
    expect(err.at(-1)).toMatch(/^configuration error: MCP_AUTH_SECRET: opens nothing in the vault/)
  }
  expect([askSecret.mock.calls.length, out.length - before]).toEqual([0, 0])
  expect(err.join()).not.toContain(old)
  surroundings.variables = { ...surroundings.variables, MCP_AUTH_SECRET: `${'02'.repeat(32)},${old}` }
  expect(await run('list')).toBe(0)
})

it('starts over under another secret when it is told to', async () => {
  const { run, surroundings, out, err } = await makeDesk()
  await run(...minting)
  surroundings.variables = { ...surroundings.variables, MCP_AUTH_SECRET: '02'.repeat(32) }
  expect(await run('keys', 'rotate')).toBe(0)
  expect(await run(...minting, '--subject', 'bob')).toBe(0)
  // What the former secret sealed has ended: it is named, and is no failure.
  expect(await run('list')).toBe(0)
  expect(out.at(-1)).toMatch(/bob/)
  expect(err.at(-1)).toMatch(/^warning: vault: references\/[0-9a-f]{32}\.json is sealed under a secret that is not in/)
})

it('removes expired references whatever it was asked to do', async () => {
  const { run, surroundings, err, vaultFolder } = await makeDesk()
  await run(...minting, '--ttl', '1')
  surroundings.now = () => start + 3601
  expect(await run('keys')).toBe(0)
  expect(err.at(-1)).toBe('removed: 1 expired references, 0 former keys')
  expect(await readdir(join(vaultFolder, 'references'))).toEqual([])
})

it('shows public keys only, rotates them, and takes one that is given', async () => {
  const { run, out, folder, err } = await makeDesk()
  await run(...minting)
  expect(await run('keys', 'rotate', '--algorithm', 'RS256')).toBe(0)
  const pem = String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await writeFile(join(folder, 'key.pem'), pem, { mode: 0o640 })
  expect(await run('keys', 'import', '--key-file', join(folder, 'key.pem'))).toBe(0)
  expect(err).toContain('warning: --key-file: others may read the file; run: chmod 600 on it')
  expect(await run('keys')).toBe(0)
  const { keys }: { keys: Record<string, string>[] } = JSON.parse(out.at(-1) ?? '')
  expect(keys.map(({ alg }) => alg)).toEqual(['EdDSA', 'RS256', 'EdDSA'])
  expect(
    keys.flatMap((key) => Object.keys(key).filter((name) => ['d', 'p', 'q', 'dp', 'dq', 'qi'].includes(name))),
  ).toEqual([])
  await writeFile(join(folder, 'key.pem'), 'not a key')
  expect(await run('keys', 'import', '--key-file', join(folder, 'key.pem'))).toBe(1)
  expect(err.at(-1)).toMatch(/^mint: --key-file: is not a private key/)
})
