/** The folder with the database, checked before anything is opened in it. @module */
import { accessSync, constants, mkdirSync, statfsSync, statSync } from 'node:fs'
import { platform } from 'node:os'
import { resolve } from 'node:path'
import { ConfigurationError } from '@mcp-auth/core'

/**
 * Filesystems that lie on another machine, by their type in `statfs`: neither locks nor shared memory reach from one
 * machine to the other.
 * @see https://man7.org/linux/man-pages/man2/statfs.2.html
 */
const networkFilesystems: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xfe534d42: 'SMB',
  0xff534d42: 'CIFS',
  0x01021997: '9P',
  0x00c36400: 'Ceph',
  0x5346414f: 'AFS',
  0x0bd00bd0: 'Lustre',
}

/**
 * Creates the folder with mode 0700 where there is none, and returns its whole path.
 * @throws {ConfigurationError} `folder`, for one that cannot be written or lies on another machine
 */
export function prepareFolder(folder: string): string {
  if (typeof folder !== 'string' || folder.trim() === '') {
    throw new ConfigurationError('folder', 'must be the path of a folder, such as ./data')
  }
  const path = resolve(folder)
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    if (!statSync(path).isDirectory()) throw new ConfigurationError('folder', 'is not a folder')
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw cause instanceof ConfigurationError ? cause : new ConfigurationError('folder', complaint(cause), { cause })
  }
  const network = platform() === 'linux' ? networkFilesystem(statfsSync(path).type) : undefined
  if (network !== undefined) {
    throw new ConfigurationError('folder', `lies on a network drive (${network}); LMDB needs a disk of this machine`)
  }
  return path
}

/** The name of a filesystem that LMDB cannot use, by its type in `statfs`. */
export function networkFilesystem(type: number): string | undefined {
  return networkFilesystems[type >>> 0]
}

function complaint(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'is not a folder, or is inside something that is none'
  return `cannot be created and written (${code}); give one that this process may write`
}
