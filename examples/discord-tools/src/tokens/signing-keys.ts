/** The keys of minted tokens: the newest one signs, the others verify until their last token has expired. @module */
import type { SealedFolder } from '../vault/sealed-folder.ts'
import type { Vault } from '../vault/vault.ts'
import { VaultError } from '../vault/vault-error.ts'
import { generateSigningKey, parseStoredKey, type SigningAlgorithm, type StoredKey } from './signing-key.ts'

/** What there is, the newest first. */
export interface StoredKeys {
  readonly keys: readonly StoredKey[]
  readonly failures: readonly VaultError[]
}

/** A process may be signing with the former key at this moment: it stays for so long, in seconds. */
const handover = 3600
/** Two keys are never of the same age: seconds. */
const instant = 0.001

/** Reads every key. @throws {VaultError} for a folder that cannot be read */
export async function readSigningKeys(folder: SealedFolder): Promise<StoredKeys> {
  const keys: StoredKey[] = []
  const failures: VaultError[] = []
  for (const id of await folder.names()) {
    const key = await readSigningKey(folder, id).catch(toVaultError)
    if (key instanceof VaultError) failures.push(key)
    else if (key) keys.push(key)
  }
  const newestFirst = keys.toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
  return { keys: newestFirst, failures }
}

/** Reads one key; `undefined` when there is none. @throws {VaultError} */
async function readSigningKey(folder: SealedFolder, id: string): Promise<StoredKey | undefined> {
  const opened = await folder.read(id)
  if (!opened) return undefined
  const key = parseStoredKey(opened.text)
  if (key?.id !== id) throw new VaultError('damaged', `keys/${id}.json`)
  return key
}

/**
 * The key to sign with. The first one is made here. One that an older secret sealed is sealed again under the first
 * secret, so that the older one can go.
 * @throws {VaultError} when there are keys and none of them opens: with another secret the server would refuse the token
 */
export async function currentSigningKey(folder: SealedFolder, now: number): Promise<StoredKey> {
  const { keys, failures } = await readSigningKeys(folder)
  const [newest] = keys
  const [failure] = failures
  if (newest) {
    const opened = await folder.read(newest.id)
    if (opened?.isCurrent === false) await folder.write(newest.id, opened.text)
    return newest
  }
  if (failure) throw failure
  return await addSigningKey(folder, await generateSigningKey('EdDSA', now))
}

/** Makes a new key, which signs from now on. @throws {VaultError} */
export async function rotateSigningKey(
  folder: SealedFolder,
  algorithm: SigningAlgorithm,
  now: number,
): Promise<StoredKey> {
  return await addSigningKey(folder, await generateSigningKey(algorithm, now))
}

/** Keeps a key that signs from now on, whatever the clocks of others said. @throws {VaultError} */
export async function addSigningKey(folder: SealedFolder, key: StoredKey): Promise<StoredKey> {
  const [newest] = (await readSigningKeys(folder)).keys
  const createdAt = Math.max(key.createdAt, (newest?.createdAt ?? 0) + instant)
  const newer = newest?.id === key.id ? newest : { ...key, createdAt }
  await folder.write(newer.id, JSON.stringify(newer))
  return newer
}

/**
 * Removes keys that sign nothing any more and whose last token has expired. `now` in seconds since the epoch.
 * @returns how many
 * @throws {VaultError}
 */
export async function sweepSigningKeys(vault: Vault, now: number): Promise<number> {
  const { keys } = await readSigningKeys(vault.signingKeys)
  const { references, failures } = await vault.list()
  // What cannot be read may need any of them.
  if (failures.length > 0) return 0
  const needed = new Set(references.filter(({ expiresAt }) => expiresAt > now).map(({ keyId }) => keyId))
  const removable = keys.filter((key, index) => {
    const successor = keys[index - 1]
    return successor !== undefined && successor.createdAt + handover < now && !needed.has(key.id)
  })
  for (const { id } of removable) await vault.signingKeys.remove(id)
  return removable.length
}

function toVaultError(error: unknown): VaultError {
  if (error instanceof VaultError) return error
  throw error
}
