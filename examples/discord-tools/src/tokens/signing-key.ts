/** One key that signs minted tokens: made here, or given as a file. @module */
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { type CryptoKey, calculateJwkThumbprint, importJWK, type JWK } from 'jose'
import * as z from 'zod/mini'
import { parseJSON } from '../vault/sealed-folder.ts'

/** What minted tokens are signed with, [RFC 7518 §3.1](https://www.rfc-editor.org/rfc/rfc7518#section-3.1) and [RFC 8037](https://www.rfc-editor.org/rfc/rfc8037). */
export type SigningAlgorithm = 'EdDSA' | 'RS256'

/** Every algorithm, the default first. */
export const signingAlgorithms: readonly [SigningAlgorithm, ...SigningAlgorithm[]] = ['EdDSA', 'RS256']

/** A key as the vault keeps it. */
export interface StoredKey {
  /** `kid`: the thumbprint of the public key, [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638). */
  readonly id: string
  readonly algorithm: SigningAlgorithm
  /** Seconds since the epoch. The newest key signs. */
  readonly createdAt: number
  readonly privateJwk: JWK
}

/** Least length of an RSA modulus in bits, [RFC 7518 §3.3](https://www.rfc-editor.org/rfc/rfc7518#section-3.3). */
const minModulusLength = 2048

const form = z.object({
  id: z.string(),
  algorithm: z.enum(['EdDSA', 'RS256']),
  createdAt: z.number(),
  privateJwk: z.looseObject({ kty: z.string(), d: z.string() }),
})

/** Makes a new key pair. `createdAt` in seconds since the epoch. */
export async function generateSigningKey(algorithm: SigningAlgorithm, createdAt: number): Promise<StoredKey> {
  const { privateKey } =
    algorithm === 'RS256' ? generateKeyPairSync('rsa', { modulusLength: 3072 }) : generateKeyPairSync('ed25519')
  return await toStoredKey(privateKey, algorithm, createdAt)
}

/**
 * Reads a private key: PKCS #8 in PEM, or a JWK. `createdAt` in seconds since the epoch.
 * @returns the key, or what is wrong with the file; never what is in it
 */
export async function parseSigningKey(text: string, createdAt: number): Promise<StoredKey | string> {
  const key = readPrivateKey(text)
  if (!key) return 'is not a private key: give PKCS #8 in PEM without a password, or a JWK with its private members'
  if (key.asymmetricKeyType === 'ed25519') return await toStoredKey(key, 'EdDSA', createdAt)
  if (key.asymmetricKeyType !== 'rsa') return 'is not for RS256 or Ed25519'
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < minModulusLength) {
    return `is an RSA key of less than ${minModulusLength} bits`
  }
  return await toStoredKey(key, 'RS256', createdAt)
}

/** Reads what the vault keeps; `undefined` for anything else. */
export function parseStoredKey(text: string): StoredKey | undefined {
  const parsed = form.safeParse(parseJSON(text))
  return parsed.success ? { ...parsed.data, privateJwk: { ...parsed.data.privateJwk } } : undefined
}

/** The public members, named one by one: a member nobody knows of stays inside. */
export function toPublicJwk({ id, algorithm, privateJwk }: StoredKey): JWK {
  const { kty, crv, x, n, e } = privateJwk
  const members = Object.entries({ kty, crv, x, n, e }).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(members), kid: id, alg: algorithm, use: 'sig' }
}

/** The key in the form that jose signs or verifies with. */
export async function importKey(jwk: JWK, algorithm: SigningAlgorithm): Promise<CryptoKey> {
  const key = await importJWK(jwk, algorithm)
  if (key instanceof Uint8Array) throw new TypeError('a signing key must be asymmetric')
  return key
}

async function toStoredKey(key: KeyObject, algorithm: SigningAlgorithm, createdAt: number): Promise<StoredKey> {
  const privateJwk: JWK = { ...key.export({ format: 'jwk' }) }
  return { id: await calculateJwkThumbprint(privateJwk), algorithm, createdAt, privateJwk }
}

function readPrivateKey(text: string): KeyObject | undefined {
  const jwk = parseJSON(text)
  try {
    return isJsonWebKey(jwk) ? createPrivateKey({ key: jwk, format: 'jwk' }) : createPrivateKey(text)
  } catch {
    return undefined
  }
}

function isJsonWebKey(value: unknown): value is JsonWebKey {
  return typeof value === 'object' && value !== null && 'kty' in value
}
