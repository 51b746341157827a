import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigurationError } from '@mcp-auth/core'
import { expect, it } from 'vitest'
import { createSealer } from '../../src/vault/sealer.ts'
import { openVault } from '../../src/vault/vault.ts'
import { VaultError } from '../../src/vault/vault-error.ts'
import { makeFolder, makeReference, makeVault, olderSecret, readEverything, secret, start } from './support/vault.ts'

const fileOf = (folder: string, id: string): string => join(folder, 'references', `${id}.json`)

it('keeps a reference in one file of mode 0600, in folders of mode 0700, with nothing in clear', async () => {
  const { folder, vault } = await makeVault()
  const reference = makeReference({ subject: 'subject-in-clear', label: 'label-in-clear' })
  await vault.add(reference)
  expect(await vault.find(reference.id)).toEqual(reference)
  const modes = ['', 'references', 'keys', 'references/' + `${reference.id}.json`].map(async (path) =>
    ((await stat(join(folder, path))).mode & 0o777).toString(8),
  )
  expect(await Promise.all(modes)).toEqual(['700', '700', '700', '600'])
  const everything = await readEverything(folder)
  expect(everything).toContain(reference.id)
  for (const text of [reference.botToken, 'subject-in-clear', 'label-in-clear', 'discord:messages.read']) {
    expect(everything).not.toContain(text)
    expect(everything).not.toContain(Buffer.from(text).toString('base64url').slice(2, -2))
  }
})

it('keeps itself out of a repository around it', async () => {
  const { folder } = await makeVault()
  expect(await readFile(join(folder, '.gitignore'), 'utf8')).toBe('*\n')
})

it.each(['', '.', '..', '../keys/x', '../../etc/passwd', 'A'.repeat(32), `${'a'.repeat(32)}/`, `${'a'.repeat(32)}\0`])(
  'has nothing under the name %j, whatever there is in the file system',
  async (name) => {
    const { vault } = await makeVault()
    expect(await vault.find(name)).toBeUndefined()
    expect(await vault.revoke(name, start)).toBe(false)
  },
)

it('does not open files that were swapped between references, and names them', async () => {
  const { folder, vault } = await makeVault()
  const [one, other] = [makeReference(), makeReference({ subject: 'bob' })]
  await vault.add(one)
  await vault.add(other)
  await rename(fileOf(folder, one.id), fileOf(folder, other.id))
  const error = await vault.find(other.id).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ failure: 'foreign', file: `references/${other.id}.json` })
  // Whoever also writes the name into the file gets no further.
  const text = await readFile(fileOf(folder, other.id), 'utf8')
  await writeFile(fileOf(folder, other.id), text.replace(`"name":"${one.id}"`, `"name":"${other.id}"`))
  await expect(vault.find(other.id)).rejects.toMatchObject({ failure: 'damaged' })
})

it.each(['', '{', '[]', '"text"', '{"version":2,"name":"","sealed":""}', 'x'.repeat(100_000)])(
  'calls a file damaged that holds %.40j, without repeating it',
  async (content) => {
    const { folder, vault } = await makeVault()
    const reference = makeReference()
    await vault.add(reference)
    await writeFile(fileOf(folder, reference.id), content)
    await expect(vault.find(reference.id)).rejects.toThrow(
      new VaultError('damaged', `references/${reference.id}.json`).message,
    )
    const { references, failures } = await vault.list()
    expect([references, failures.map((one) => one.failure)]).toEqual([[], ['damaged']])
    expect(await vault.revoke(reference.id, start)).toBe(true)
    expect(await vault.find(reference.id)).toBeUndefined()
  },
)

it('opens with an older secret that is kept in the ring, and says which secret is missing when it is not', async () => {
  const { folder, vault } = await makeVault([olderSecret])
  const reference = makeReference()
  await vault.add(reference)
  const rotated = await openVault({ folder, secrets: [secret, olderSecret] })
  expect(await rotated.find(reference.id)).toEqual(reference)
  const removed = await openVault({ folder, secrets: [secret] })
  await expect(removed.find(reference.id)).rejects.toThrow(
    `vault: references/${reference.id}.json is sealed under a secret that is not in MCP_AUTH_SECRET`,
  )
})

it('finds a bot token whatever secret sealed it, with one fingerprint in the list', async () => {
  const { folder, vault } = await makeVault([olderSecret])
  const first = makeReference()
  await vault.add(first)
  const rotated = await openVault({ folder, secrets: [secret, olderSecret] })
  const second = makeReference({ botToken: first.botToken, createdAt: start + 1 })
  await rotated.add(second)
  await rotated.add(makeReference())
  expect((await rotated.findByBotToken(first.botToken)).toSorted()).toEqual([first.id, second.id].toSorted())
  const { references } = await rotated.list()
  expect(references[0]?.id).toBe(second.id)
  expect(new Set(references.map(({ fingerprint }) => fingerprint)).size).toBe(2)
  expect(JSON.stringify(references)).not.toContain(first.botToken)
})

it('ends a reference for everybody at once, and keeps who it was for without the bot token', async () => {
  const { folder, vault } = await makeVault()
  const reference = makeReference()
  await vault.add(reference)
  const other = await openVault({ folder, secrets: [secret] })
  expect(await vault.revoke(reference.id, start + 5)).toBe(true)
  const found = await other.find(reference.id)
  expect(found).toMatchObject({ id: reference.id, subject: 'alice', revokedAt: start + 5 })
  const { sealed }: { sealed: string } = JSON.parse(await readFile(fileOf(folder, reference.id), 'utf8'))
  const opened = createSealer([secret]).open('reference', reference.id, sealed)
  expect(opened).toEqual({ text: expect.not.stringContaining(reference.botToken), isCurrent: true })
  expect(await other.findByBotToken(reference.botToken)).toEqual([])
  expect(await other.revoke(reference.id, start + 6)).toBe(false)
  expect((await other.list()).references).toMatchObject([{ revokedAt: start + 5 }])
})

it('shows a reader the former file or the new one while it is revoked, and never half of one', async () => {
  const { folder, vault } = await makeVault()
  const other = await openVault({ folder, secrets: [secret] })
  const seen = new Set<string>()
  for (let round = 0; round < 20; round += 1) {
    const reference = makeReference()
    await vault.add(reference)
    const reads = Array.from({ length: 10 }, async () => await other.find(reference.id))
    const [found] = await Promise.all([Promise.all(reads), vault.revoke(reference.id, start)])
    for (const one of found) seen.add(one === undefined ? 'nothing' : 'revokedAt' in one ? 'revoked' : 'live')
    expect(await other.find(reference.id)).toHaveProperty('revokedAt')
  }
  expect([...seen].filter((one) => one === 'nothing')).toEqual([])
})

it('is an outage when its folder is gone, and when a file cannot be read', async () => {
  const { folder, vault } = await makeVault()
  const reference = makeReference()
  await mkdir(fileOf(folder, reference.id))
  await expect(vault.find(reference.id)).rejects.toMatchObject({ failure: 'unreadable' })
  await rm(join(folder, 'references'), { recursive: true })
  await expect(vault.find(reference.id)).rejects.toThrow('cannot be read or written (ENOENT)')
  await expect(vault.list()).rejects.toMatchObject({ failure: 'unreadable', file: 'references' })
  await expect(vault.revoke(reference.id, start)).rejects.toMatchObject({ failure: 'unreadable' })
  await expect(vault.add(reference)).rejects.toMatchObject({ failure: 'unreadable' })
})

it.each([0o755, 0o750, 0o701, 0o710, 0o777])('refuses a folder of mode %o, which others may enter', async (mode) => {
  const folder = await makeFolder()
  await chmod(folder, mode)
  const error = await openVault({ folder, secrets: [secret] }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ConfigurationError)
  expect(error).toMatchObject({ option: 'DISCORD_TOOLS_VAULT', message: expect.stringContaining('chmod 700') })
  expect(await readdir(folder)).toEqual([])
})

it('refuses a folder that is a file, naming the variable', async () => {
  const folder = join(await makeFolder(), 'file')
  await writeFile(folder, '')
  await expect(openVault({ folder, secrets: [secret] })).rejects.toThrow(
    /^DISCORD_TOOLS_VAULT: .*\((?:EEXIST|ENOTDIR)\)/,
  )
})

it('removes what expired an hour ago, not a second earlier, and what killed processes left', async () => {
  const { folder, vault } = await makeVault()
  const reference = makeReference()
  await vault.add(reference)
  await vault.add(makeReference({ expiresAt: start + 9999 }))
  const [old, fresh] = [`${fileOf(folder, reference.id)}.00.part`, `${fileOf(folder, reference.id)}.01.part`]
  await writeFile(old, 'half')
  await writeFile(fresh, 'half')
  await utimes(old, start, start)
  await utimes(fresh, start + 7000, start + 7000)
  expect((await vault.list()).references).toHaveLength(2)
  expect(await vault.sweep(start + 7199)).toBe(0)
  expect(await vault.sweep(start + 7200)).toBe(1)
  expect((await vault.list()).references).toHaveLength(1)
  expect((await readdir(join(folder, 'references'))).filter((name) => name.endsWith('.part'))).toEqual([
    `${reference.id}.json.01.part`,
  ])
})

it('takes references from two openings at once without losing one', async () => {
  const { folder, vault } = await makeVault()
  const other = await openVault({ folder, secrets: [secret] })
  const references = Array.from({ length: 60 }, () => makeReference())
  await Promise.all(references.map(async (one, index) => await (index % 2 === 0 ? vault : other).add(one)))
  const { references: listed, failures } = await vault.list()
  expect([listed.length, failures.length]).toEqual([60, 0])
})
