/** A vault in a folder of its own, for one test. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { generateReferenceId, type LiveReference } from '../../../src/vault/reference.ts'
import { openVault, type Vault } from '../../../src/vault/vault.ts'

/** Root secrets of tests. */
export const secret: Uint8Array = new Uint8Array(32).fill(1)
export const olderSecret: Uint8Array = new Uint8Array(32).fill(2)

/** Seconds since the epoch: 2026-11-21. */
export const start = 1_795_276_800

/** A bot token as Discord makes them, made up here; a new one each time. */
export function makeBotToken(): string {
  return `${btoa('197038439483310086').replace(/=+$/, '')}.Gx1yZ2.${randomBytes(29).toString('base64url').slice(0, 38)}`
}

/** An empty folder that goes away with the test. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'discord-tools-'))
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }))
  return folder
}

/** A vault and its folder. */
export async function makeVault(secrets: readonly Uint8Array[] = [secret]): Promise<{ folder: string; vault: Vault }> {
  const folder = join(await makeFolder(), 'vault')
  return { folder, vault: await openVault({ folder, secrets }) }
}

/** A reference that is good for an hour. */
export function makeReference(changes: Partial<LiveReference> = {}): LiveReference {
  return {
    id: generateReferenceId(),
    subject: 'alice',
    scopes: ['discord:messages.read'],
    createdAt: start,
    expiresAt: start + 3600,
    keyId: 'k'.repeat(43),
    botToken: makeBotToken(),
    ...changes,
  }
}

/** Everything that is in the files of a folder, names included. */
export async function readEverything(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map(async (file) => `${file}\n${await readFile(file, 'latin1')}`))).join('\n')
}
