/** Platform primitives on `node:crypto`: synchronous, since each takes microseconds. @module */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  KeyObject,
  randomBytes as nodeRandomBytes,
  type SignKeyObjectInput,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { decodeBase64 } from './base64.ts'
import { platformFetch } from './node-fetch.ts'
import { fetchPublicDocument } from './node-public-fetch.ts'
import type { Platform, SignatureAlgorithm } from './platform.ts'

const nonceLength = 12
const tagLength = 16

function own(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer)
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = Buffer.from(text, 'base64url')
  // Buffer skips what it does not know, and bits that are left over: then these bytes are written in another way.
  return bytes.toString('base64url') === text ? own(bytes) : undefined
}

const keyObjects = new WeakMap<Uint8Array, KeyObject>()

/** The key in the form that costs Node least: with bytes, Node 24 spends three times as long as the cipher itself. */
function keyObject(bytes: Uint8Array): KeyObject {
  const known = keyObjects.get(bytes)
  if (known) return known
  const made = createSecretKey(bytes)
  keyObjects.set(bytes, made)
  return made
}

/** Only ECDSA has two forms of signatures; naming one costs Node a sixth of the time that a verification takes. */
function keyFor(key: CryptoKey, algorithm: SignatureAlgorithm): KeyObject | SignKeyObjectInput {
  const object = KeyObject.from(key)
  // Both numbers one after the other, RFC 7518 §3.4.
  return algorithm === 'ES256' ? { key: object, dsaEncoding: 'ieee-p1363' } : object
}

/** @see {@link Platform} */
export const platform: Platform = {
  name: 'node',
  fetch: platformFetch,
  fetchPublicDocument,
  randomBytes: (length) => own(nodeRandomBytes(length)),
  sha256: (text) => hash('sha256', text, 'base64url'),
  hmac: (key, text) => createHmac('sha256', keyObject(key)).update(text).digest('base64url'),
  hkdf: (secret, info, length) => new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), info, length)),
  seal(key, text, associatedData) {
    const nonce = nodeRandomBytes(nonceLength)
    const cipher = createCipheriv('aes-256-gcm', keyObject(key), nonce).setAAD(Buffer.from(associatedData))
    return own(Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]))
  },
  open(key, sealed, associatedData) {
    if (sealed.length < nonceLength + tagLength) return undefined
    const end = sealed.length - tagLength
    const nonce = sealed.subarray(0, nonceLength)
    const decipher = createDecipheriv('aes-256-gcm', keyObject(key), nonce, { authTagLength: tagLength })
    decipher.setAAD(Buffer.from(associatedData)).setAuthTag(sealed.subarray(end))
    try {
      return Buffer.concat([decipher.update(sealed.subarray(nonceLength, end)), decipher.final()]).toString('utf8')
    } catch {
      return undefined
    }
  },
  createSigner(keys, algorithm) {
    const digest = algorithm === 'EdDSA' ? null : 'sha256'
    const [privateKey, publicKey] = [keyFor(keys.privateKey, algorithm), keyFor(keys.publicKey, algorithm)]
    return {
      sign: (text) => sign(digest, Buffer.from(text), privateKey).toString('base64url'),
      verify(text, signature) {
        const bytes = fromBase64url(signature)
        return bytes !== undefined && verify(digest, Buffer.from(text), publicKey, bytes)
      },
    }
  },
  equal(a, b) {
    const left = Buffer.from(a)
    const right = Buffer.from(b)
    return left.length === right.length && timingSafeEqual(left, right)
  },
  toBase64url: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url'),
  fromBase64url,
  decodeBase64Text: decodeBase64,
}
