/** Entries and keys ↔ bytes. @module */
import { Buffer } from 'node:buffer'
import { createHash, randomBytes } from 'node:crypto'

/** What is stored under one key. */
export interface Entry {
  /** The text in UTF-8. */
  readonly value: Buffer
  /** Seconds since the epoch. From then on the entry is absent. */
  readonly expiresAt: number
  /** Another one for each write, by which a change of the entry is noticed. */
  readonly version: number
}

/** An entry that has expired. */
export interface Due {
  readonly hash: Buffer
  /** Where the index has it. */
  readonly place: Buffer
  readonly version: number
}

const expiryBytes = 8

/** Where the entry of a key is: 32 bytes, since LMDB takes no key of more than 1978 bytes and no empty one. */
export function hashKey(key: string): Buffer {
  // Two bytes a character, so that not even halves of a surrogate pair fall together.
  return createHash('sha256').update(key, 'utf16le').digest()
}

/** A version that no other write has: 48 random bits, exact in a double. Zero would count as none. */
export function newVersion(): number {
  return randomBytes(6).readUIntBE(0, 6) + 1
}

/** Expiry (a double, seconds), then the value. */
export function encodeEntry({ value, expiresAt }: Entry): Buffer {
  const bytes = Buffer.allocUnsafe(expiryBytes + value.length)
  bytes.writeDoubleBE(expiresAt)
  bytes.set(value, expiryBytes)
  return bytes
}

/** The reverse of {@link encodeEntry}. Bytes that are too short to be ours are an entry that has expired. */
export function decodeEntry(bytes: Buffer, version: number): Entry {
  if (bytes.length < expiryBytes) return { value: bytes, expiresAt: 0, version }
  return { value: bytes.subarray(expiryBytes), expiresAt: bytes.readDoubleBE(), version }
}

/** Where the index has an entry: by the millisecond it expires in, then by key. */
export function indexKey(hash: Buffer, expiresAt: number): Buffer {
  return Buffer.concat([timestamp(Math.ceil(expiresAt * 1000)), hash])
}

/** The key of the entry that a place in the index is about. */
export function hashOf(place: Buffer): Buffer {
  return place.subarray(expiryBytes)
}

/** The first place of an entry that has not expired by `time`, seconds since the epoch. */
export function dueBefore(time: number): Buffer {
  return timestamp(Math.floor(time * 1000) + 1)
}

function timestamp(milliseconds: number): Buffer {
  const bytes = Buffer.alloc(expiryBytes)
  bytes.writeBigUInt64BE(BigInt(Math.min(Math.max(milliseconds, 0), Number.MAX_SAFE_INTEGER)))
  return bytes
}
