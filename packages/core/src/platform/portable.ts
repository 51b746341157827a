/** Platform primitives on WebCrypto, for runtimes without `node:crypto`. @module */
import { decodeBase64, encode, portableBase64url } from './base64.ts'
import type { Platform, SignatureAlgorithm } from './platform.ts'

const { subtle } = globalThis.crypto
const utf8 = new TextEncoder()
const nonceLength = 12

async function aesKey(key: Uint8Array<ArrayBuffer>, usage: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  return await subtle.importKey('raw', key, 'AES-GCM', false, [usage])
}

const signatureParameters: Readonly<Record<SignatureAlgorithm, AlgorithmIdentifier | EcdsaParams>> = {
  EdDSA: 'Ed25519',
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  RS256: 'RSASSA-PKCS1-v1_5',
}

/** @see {@link Platform} */
export const platform: Platform = {
  name: 'portable',
  // Looked up at each call, so that a mock set up later is met.
  fetch: async (url, init) => await fetch(url, init),
  fetchPublicDocument: undefined,
  randomBytes: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
  sha256: async (text) => encode(new Uint8Array(await subtle.digest('SHA-256', utf8.encode(text)))),
  async hmac(key, text) {
    const imported = await subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    return encode(new Uint8Array(await subtle.sign('HMAC', imported, utf8.encode(text))))
  },
  async hkdf(secret, info, length) {
    const imported = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits'])
    const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: utf8.encode(info) }
    return new Uint8Array(await subtle.deriveBits(parameters, imported, length * 8))
  },
  async seal(key, text, associatedData) {
    const iv = globalThis.crypto.getRandomValues(new Uint8Array(nonceLength))
    const parameters = { name: 'AES-GCM', iv, additionalData: utf8.encode(associatedData) }
    const sealed = new Uint8Array(await subtle.encrypt(parameters, await aesKey(key, 'encrypt'), utf8.encode(text)))
    const all = new Uint8Array(nonceLength + sealed.length)
    all.set(iv)
    all.set(sealed, nonceLength)
    return all
  },
  async open(key, sealed, associatedData) {
    const iv = sealed.subarray(0, nonceLength)
    const parameters = { name: 'AES-GCM', iv, additionalData: utf8.encode(associatedData) }
    try {
      const opened = await subtle.decrypt(parameters, await aesKey(key, 'decrypt'), sealed.subarray(nonceLength))
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(opened)
    } catch {
      return undefined
    }
  },
  createSigner(keys, algorithm) {
    const parameters = signatureParameters[algorithm]
    return {
      sign: async (text) => encode(new Uint8Array(await subtle.sign(parameters, keys.privateKey, utf8.encode(text)))),
      async verify(text, signature) {
        const bytes = portableBase64url(signature)
        return bytes !== undefined && (await subtle.verify(parameters, keys.publicKey, bytes, utf8.encode(text)))
      },
    }
  },
  equal(a, b) {
    const left = utf8.encode(a)
    const right = utf8.encode(b)
    if (left.length !== right.length) return false
    let difference = 0
    for (let i = 0; i < left.length; i += 1) difference |= (left[i] ?? 0) ^ (right[i] ?? 0)
    return difference === 0
  },
  toBase64url: encode,
  fromBase64url: portableBase64url,
  decodeBase64Text: decodeBase64,
}
