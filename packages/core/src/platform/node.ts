/** Platform primitives on `node:crypto`: synchronous, since each takes microseconds. @module */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes as nodeRandomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { decodeBase64 } from './base64.ts'
import { fetchPublicDocument } from './node-public-fetch.ts'
import type { Platform } from './platform.ts'

const nonceLength = 12
const tagLength = 16

function own(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer)
}

/** @see {@link Platform} */
export const platform: Platform = {
  name: 'node',
  fetchPublicDocument,
  randomBytes: (length) => own(nodeRandomBytes(length)),
  sha256: (text) => createHash('sha256').update(text).digest('base64url'),
  hmac: (key, text) => createHmac('sha256', key).update(text).digest('base64url'),
  hkdf: (secret, info, length) => new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), info, length)),
  seal(key, text, associatedData) {
    const nonce = nodeRandomBytes(nonceLength)
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(associatedData))
    return own(Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]))
  },
  open(key, sealed, associatedData) {
    if (sealed.length < nonceLength + tagLength) return undefined
    const end = sealed.length - tagLength
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceLength), { authTagLength: tagLength })
    decipher.setAAD(Buffer.from(associatedData)).setAuthTag(sealed.subarray(end))
    try {
      return Buffer.concat([decipher.update(sealed.subarray(nonceLength, end)), decipher.final()]).toString('utf8')
    } catch {
      return undefined
    }
  },
  equal(a, b) {
    const left = Buffer.from(a)
    const right = Buffer.from(b)
    return left.length === right.length && timingSafeEqual(left, right)
  },
  toBase64url: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url'),
  fromBase64url(text) {
    const bytes = Buffer.from(text, 'base64url')
    // Buffer skips what it does not know, and bits that are left over: then these bytes are written in another way.
    return bytes.toString('base64url') === text ? own(bytes) : undefined
  },
  decodeBase64Text: decodeBase64,
}
