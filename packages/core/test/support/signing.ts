/** Keys and hand-made tokens. @module */
import { createHmac, createPrivateKey, type JsonWebKey, sign } from 'node:crypto'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { importSigningKeys, type PublishedKey } from '../../src/keys/signing-keys.ts'

/** A new private JWK. */
export async function newPrivateJWK(alg: 'EdDSA' | 'ES256' | 'RS256'): Promise<JWK> {
  const options = alg === 'EdDSA' ? { crv: 'Ed25519', extractable: true } : { extractable: true }
  const { privateKey } = await generateKeyPair(alg, options)
  return { ...(await exportJWK(privateKey)), alg }
}

/** A new signing key, with the JWK it came from. */
export async function newSigningKey(
  alg: 'EdDSA' | 'ES256' | 'RS256',
): Promise<PublishedKey & { readonly privateJwk: JWK }> {
  const privateJwk = await newPrivateJWK(alg)
  const [key] = await importSigningKeys([privateJwk])
  if (!key) throw new Error('no key')
  return { ...key, privateJwk }
}

/** A part of a JWT. */
export function encodePart(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

/** Signs a JWT by hand with an Ed25519 key, whatever its header says. */
export function signByHand(header: object, payload: object, privateJwk: JWK): string {
  const input = `${encodePart(header)}.${encodePart(payload)}`
  const key = createPrivateKey({ key: privateJwk as JsonWebKey, format: 'jwk' })
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`
}

/** Signs a JWT by hand with HMAC-SHA-256. */
export function hmacByHand(header: object, payload: object, secret: string | Buffer): string {
  const input = `${encodePart(header)}.${encodePart(payload)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}
