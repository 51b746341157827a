/** A look at the file before the driver gets it: what is no database would end the process there. @module */
import { Buffer } from 'node:buffer'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigurationError } from '@mcp-auth/core'

/** Where the first page of LMDB has its magic number and the version of the format (`MDB_meta` in `mdb.c`). */
const magicOffset = 24
const versionOffset = 28
const magic = 0xbeefc0de
const version = 2
/** Two pages of the smallest size there is, in bytes. */
const leastSize = 8192

/**
 * Lets a folder without a database pass, and one with.
 * @throws {ConfigurationError} `folder`, for a file that LMDB did not write or that is not whole
 */
export function assertDatabaseFile(folder: string): void {
  const file = openFile(join(folder, 'data.mdb'))
  if (file === undefined) return
  try {
    const { size } = fstatSync(file)
    if (size !== 0 && !(size >= leastSize && isDatabase(file))) {
      throw new ConfigurationError(
        'folder',
        'holds a data.mdb that is not a database of this store; give another folder',
      )
    }
  } finally {
    closeSync(file)
  }
}

function isDatabase(file: number): boolean {
  const header = Buffer.alloc(versionOffset + 4)
  readSync(file, header, 0, header.length, 0)
  return header.readUInt32LE(magicOffset) === magic && header.readUInt32LE(versionOffset) === version
}

function openFile(path: string): number | undefined {
  try {
    return openSync(path, 'r+')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    if (code === 'ENOENT') return undefined
    throw new ConfigurationError('folder', `holds a data.mdb that this process cannot read and write (${code})`, {
      cause,
    })
  }
}
