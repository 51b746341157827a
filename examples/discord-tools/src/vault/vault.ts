/** The vault: bot tokens under references, encrypted, one file each. @module */
import { timingSafeEqual } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigurationError } from '@mcp-auth/core'
import { createPrivateFolder } from './private-folder.ts'
import {
  type LiveReference,
  parseReference,
  type Reference,
  type RevokedReference,
  referencePattern,
} from './reference.ts'
import { createSealedFolder, type SealedFolder } from './sealed-folder.ts'
import { createSealer } from './sealer.ts'
import { hasCode, VaultError } from './vault-error.ts'

/** What {@link openVault} needs. */
export interface VaultOptions {
  /** Path of the folder. Created with mode 0700; one that others may enter is refused. */
  readonly folder: string
  /** Root secrets, see `parseRootSecrets`: the first one seals, all of them open. */
  readonly secrets: readonly Uint8Array[]
}

/** References, and what could not be opened. */
interface VaultContents {
  readonly references: readonly ListedReference[]
  readonly failures: readonly VaultError[]
}

/** A reference without its bot token, for people to look at. */
export type ListedReference = Omit<LiveReference, 'botToken'> & {
  /** Tells bots apart, see `Sealer.fingerprint`. */
  readonly fingerprint: string
  /** Seconds since the epoch; absent while the reference is good. */
  readonly revokedAt?: number | undefined
}

/** Bot tokens by reference. Every operation goes to the files: a change of another process counts at once. */
export interface Vault {
  /** Keeps a bot token. @throws {VaultError} */
  add(reference: LiveReference): Promise<void>
  /** What there is under a reference; `undefined` when it was never there or is gone. @throws {VaultError} */
  find(id: string): Promise<Reference | undefined>
  /**
   * Ends a reference at once: its file keeps who it was for, and the bot token is gone. A file that does not open is
   * removed. `now` in seconds since the epoch.
   * @returns whether there was anything to end
   * @throws {VaultError}
   */
  revoke(id: string, now: number): Promise<boolean>
  /** Everything, the newest first. @throws {VaultError} for a folder that cannot be read */
  list(): Promise<VaultContents>
  /** The ids of every good reference to this very bot token, whatever secret sealed it. @throws {VaultError} */
  findByBotToken(botToken: string): Promise<readonly string[]>
  /** Removes references that have expired, and leftovers. @returns how many references @throws {VaultError} */
  sweep(now: number): Promise<number>
  /** The keys that sign tokens. */
  readonly signingKeys: SealedFolder
}

/** A thumbprint of a key, [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638). */
const keyIdPattern = /^[\w-]{43}$/

/** For so long after its end a reference is still there, in seconds, so that people see what became of it. */
const afterlife = 3600

/**
 * Opens a vault, and creates it where there is none. Several processes may have it open, with no lock: files are
 * written whole, never changed but by revocation, and read for each use.
 * @throws {ConfigurationError} `DISCORD_TOOLS_VAULT` for a folder that cannot be used or that others may enter
 */
export async function openVault({ folder, secrets }: VaultOptions): Promise<Vault> {
  const sealer = createSealer(secrets)
  await prepare(folder)
  const files = createSealedFolder({
    root: folder,
    folder: 'references',
    kind: 'reference',
    namePattern: referencePattern,
    sealer,
  })
  const signingKeys = createSealedFolder({
    root: folder,
    folder: 'keys',
    kind: 'signing-key',
    namePattern: keyIdPattern,
    sealer,
  })

  const find = async (id: string): Promise<Reference | undefined> => {
    const opened = await files.read(id)
    if (!opened) return undefined
    const reference = parseReference(opened.text)
    if (reference?.id !== id) throw new VaultError('damaged', `references/${id}.json`)
    return reference
  }
  const all = async (): Promise<{ references: Reference[]; failures: VaultError[] }> => {
    const references: Reference[] = []
    const failures: VaultError[] = []
    for (const id of await files.names()) {
      try {
        const reference = await find(id)
        if (reference) references.push(reference)
      } catch (error) {
        if (!(error instanceof VaultError)) throw error
        failures.push(error)
      }
    }
    return { references, failures }
  }

  return {
    signingKeys,
    find,
    add: async (reference) => await files.write(reference.id, JSON.stringify(reference)),
    async revoke(id, now) {
      const reference = await find(id).catch((error: unknown) => {
        if (error instanceof VaultError && error.failure !== 'unreadable') return 'sealed' as const
        throw error
      })
      if (reference === 'sealed') return await files.remove(id)
      if (!reference || 'revokedAt' in reference) return false
      const { botToken, ...rest } = reference
      const tombstone: RevokedReference = { ...rest, fingerprint: sealer.fingerprint(botToken), revokedAt: now }
      await files.write(id, JSON.stringify(tombstone))
      return true
    },
    async list() {
      const { references, failures } = await all()
      const listed = references.map((reference): ListedReference => {
        if ('revokedAt' in reference) return reference
        const { botToken, ...rest } = reference
        return { ...rest, fingerprint: sealer.fingerprint(botToken) }
      })
      return { references: listed.toSorted((a, b) => b.createdAt - a.createdAt), failures }
    },
    async findByBotToken(botToken) {
      const { references } = await all()
      return references.flatMap((one) => ('botToken' in one && isSame(one.botToken, botToken) ? [one.id] : []))
    },
    async sweep(now) {
      const { references } = await all()
      const ended = references.filter(({ expiresAt }) => expiresAt + afterlife <= now)
      for (const { id } of ended) await files.remove(id)
      await files.clean(now)
      await signingKeys.clean(now)
      return ended.length
    },
  }
}

/** @throws {ConfigurationError} */
async function prepare(folder: string): Promise<void> {
  try {
    const othersMay = await createPrivateFolder(folder)
    if (othersMay !== 0) {
      throw new ConfigurationError('DISCORD_TOOLS_VAULT', 'others may enter the folder; run: chmod 700 on it')
    }
    await createPrivateFolder(join(folder, 'references'))
    await createPrivateFolder(join(folder, 'keys'))
    await keepOutOfGit(folder)
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw new ConfigurationError(
      'DISCORD_TOOLS_VAULT',
      `the folder cannot be used (${code}); name one that this process may create or write to`,
      { cause },
    )
  }
}

/** Encrypted or not, a vault is nothing to commit. */
async function keepOutOfGit(folder: string): Promise<void> {
  try {
    await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
