/** Keys that sign our access tokens, and their public form — RFC 7517. @module */
import { calculateJwkThumbprint, exportJWK, importJWK, importPKCS8, type JWK } from 'jose'
import { platform } from '#platform'
import { ConfigurationError } from '../errors.ts'
import type { SignatureAlgorithm } from '../platform/platform.ts'
import type { SigningKey } from '../protocol/jwt.ts'

interface KeyForm {
  readonly kty: string
  readonly crv?: string
  readonly members: readonly (keyof JWK)[]
}

/** Algorithms a given key may have, and what a private key of each holds; keys made here are Ed25519. */
const givenAlgorithms: Readonly<Record<SignatureAlgorithm, KeyForm>> = {
  EdDSA: { kty: 'OKP', crv: 'Ed25519', members: ['x'] },
  ES256: { kty: 'EC', crv: 'P-256', members: ['x', 'y'] },
  RS256: { kty: 'RSA', members: ['n', 'e', 'p', 'q', 'dp', 'dq', 'qi'] },
}
/** Base64url of 2048 bits; jose signs with no shorter RSA key. */
const minModulusLength = 342

/** A signing key with its public JWK, as published at `jwks_uri`. */
export interface PublishedKey extends SigningKey {
  readonly publicJwk: JWK
}

// DER of a PKCS #8 Ed25519 private key up to the 32 bytes of the seed, RFC 8410 §7.
const ed25519Prefix = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]

/** The Ed25519 key of a 32-byte seed: the same seed gives the same key in every process. */
export async function deriveSigningKey(seed: Uint8Array): Promise<PublishedKey> {
  const der = platform.toBase64url(Uint8Array.from([...ed25519Prefix, ...seed]))
  const base64 = der.replaceAll('-', '+').replaceAll('_', '/')
  const pem = `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----`
  return await publish(await exportJWK(await importPKCS8(pem, 'EdDSA', { extractable: true })), 'EdDSA')
}

/**
 * Checks given private keys before anything is served.
 * @throws {ConfigurationError} when one is not a private key of an algorithm we sign with
 */
export function assertSigningKeys(keys: readonly JWK[]): void {
  for (const key of keys) {
    if (typeof key.d !== 'string')
      throw new ConfigurationError('signingKeys', 'each key must be a private JWK (with "d")')
    const form = isSignatureAlgorithm(key.alg) ? givenAlgorithms[key.alg] : undefined
    if (!form) {
      throw new ConfigurationError(
        'signingKeys',
        `each key needs "alg", one of ${Object.keys(givenAlgorithms).join(', ')}`,
      )
    }
    const isWhole = form.members.every((member) => typeof key[member] === 'string')
    if (
      key.kty !== form.kty ||
      key.crv !== form.crv ||
      !isWhole ||
      (key.n?.length ?? minModulusLength) < minModulusLength
    ) {
      throw new ConfigurationError('signingKeys', `the key with alg ${key.alg} is not a whole private key for it`)
    }
  }
}

/** Imports given private keys; call {@link assertSigningKeys} first. */
export async function importSigningKeys(keys: readonly JWK[]): Promise<PublishedKey[]> {
  return await Promise.all(
    keys.map(async (key) => {
      if (!isSignatureAlgorithm(key.alg)) throw new ConfigurationError('signingKeys', 'each key needs "alg"')
      return await publish(key, key.alg)
    }),
  )
}

function isSignatureAlgorithm(alg: string | undefined): alg is SignatureAlgorithm {
  return Object.hasOwn(givenAlgorithms, alg ?? '')
}

async function publish(jwk: JWK, alg: SignatureAlgorithm): Promise<PublishedKey> {
  const { kty, crv, x, y, n, e } = jwk
  const members = Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined)
  const publicMembers: JWK = Object.fromEntries(members)
  const kid = await calculateJwkThumbprint(publicMembers)
  const extractable = { extractable: true }
  const privateKey = await importJWK({ ...jwk, alg }, alg, extractable)
  const publicKey = await importJWK({ ...publicMembers, alg }, alg, extractable)
  if (privateKey instanceof Uint8Array || publicKey instanceof Uint8Array) {
    throw new ConfigurationError('signingKeys', 'keys must be asymmetric')
  }
  return {
    kid,
    alg,
    ...platform.createSigner({ privateKey, publicKey }, alg),
    publicJwk: { ...publicMembers, kid, alg, use: 'sig' },
  }
}
