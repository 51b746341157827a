/** Folders and files that are nobody else's business, written so that no crash leaves half of one. @module */
import { randomBytes } from 'node:crypto'
import { access, chmod, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode } from './vault-error.ts'

/** What a file is called until it is whole. */
const partSuffix = '.part'
/** A part as old as this, in seconds, was left behind by a process that was killed. */
const partPatience = 3600
/** Larger files are none of ours, in bytes. */
const maxFileSize = 16_384

/**
 * Creates a folder with mode 0700 unless it is there.
 * @returns the mode bits that others have; 0 is as it must be
 */
export async function createPrivateFolder(path: string): Promise<number> {
  const created = await mkdir(path, { recursive: true, mode: 0o700 })
  if (created !== undefined) await chmod(path, 0o700)
  // Windows has no such bits.
  return process.platform === 'win32' ? 0 : (await stat(path)).mode & 0o077
}

/** The names of whole files. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => !name.endsWith(partSuffix))
}

/**
 * Reads a file.
 * @returns `undefined` when the folder is there and the file is not; a folder that is gone is an outage
 * @throws an error of the file system
 */
export async function readPrivateFile(folder: string, name: string): Promise<string | undefined> {
  try {
    const file = await open(join(folder, name), 'r')
    try {
      // A file that grew beyond any of ours is damaged: the beginning will not open.
      const { buffer, bytesRead } = await file.read(Buffer.alloc(maxFileSize), 0, maxFileSize, 0)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
    await access(folder)
    return undefined
  }
}

/**
 * Writes a file with mode 0600: to a temporary name, to the disk, and only then to its own name. Whoever reads sees the
 * former file or the whole new one, whenever this process or the machine dies.
 * @throws an error of the file system
 */
export async function writePrivateFile(folder: string, name: string, text: string): Promise<void> {
  const part = join(folder, `${name}.${randomBytes(8).toString('hex')}${partSuffix}`)
  try {
    const file = await open(part, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(part, join(folder, name))
  } catch (error) {
    await unlink(part).catch(() => {})
    throw error
  }
  await syncFolder(folder)
}

/** Removes a file; `false` when there was none. @throws an error of the file system */
export async function removeFile(folder: string, name: string): Promise<boolean> {
  try {
    await unlink(join(folder, name))
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
  await syncFolder(folder)
  return true
}

/** Removes what killed processes left behind; `now` in seconds since the epoch. */
export async function removeOldParts(folder: string, now: number): Promise<void> {
  const parts = (await readdir(folder)).filter((name) => name.endsWith(partSuffix))
  for (const name of parts) {
    const path = join(folder, name)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
    if (mtimeMs / 1000 + partPatience < now) await unlink(path).catch(() => {})
  }
}

/** A rename is on the disk once its folder is. Some file systems have no such operation. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP', 'EACCES')) throw error
  }
}
