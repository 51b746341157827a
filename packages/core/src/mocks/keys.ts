/** Signing keys of a fake identity provider. @module */
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { encodeBase64url } from './state.ts'

/** JWS algorithms a fake can sign with. */
export type FakeIdPAlgorithm = 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'ES256' | 'ES384' | 'EdDSA'

/**
 * Who signs.
 * - `current`: the published key
 * - `former`: the key before the last rotation, no longer published
 * - `unpublished`: a key of nobody's, under the `kid` of the published one
 * - `client-secret`: HMAC with the client secret
 * - `none`: nobody, [RFC 7519 §6](https://www.rfc-editor.org/rfc/rfc7519#section-6)
 */
export type FakeIdPKeyChoice = 'current' | 'former' | 'unpublished' | 'client-secret' | 'none'

/** The keys of one fake. */
export interface FakeIdPKeys {
  /** The JWK Set, [RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5). */
  published(): Promise<{ readonly keys: readonly JWK[] }>
  /** Signs a JWT; `header` comes on top of `alg` and `kid`. */
  sign(claims: object, header?: object, choice?: FakeIdPKeyChoice): Promise<string>
  /** A new key from now on. The one before it is published further only with `keepFormer`. */
  rotate(options?: { readonly keepFormer?: boolean }): Promise<void>
}

interface KeyPair {
  readonly privateKey: CryptoKey
  readonly publicJWK: JWK
}

/** What `SubtleCrypto.sign` calls the algorithms. */
const signatures: Readonly<Record<FakeIdPAlgorithm, AlgorithmIdentifier | EcdsaParams | RsaPssParams>> = {
  RS256: 'RSASSA-PKCS1-v1_5',
  RS384: 'RSASSA-PKCS1-v1_5',
  RS512: 'RSASSA-PKCS1-v1_5',
  PS256: { name: 'RSA-PSS', saltLength: 32 },
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  ES384: { name: 'ECDSA', hash: 'SHA-384' },
  EdDSA: 'Ed25519',
}

// RSA keys take long to make, and suites make a fake for each test: fakes of one issuer share them, like one IdP that restarts.
const pool = new Map<string, Promise<KeyPair>>()

async function createKeyPair(algorithm: FakeIdPAlgorithm, kid: string): Promise<KeyPair> {
  const options = algorithm === 'EdDSA' ? { crv: 'Ed25519', extractable: true } : { extractable: true }
  const { privateKey, publicKey } = await generateKeyPair(algorithm, options)
  return { privateKey, publicJWK: { ...(await exportJWK(publicKey)), alg: algorithm, use: 'sig', kid } }
}

/** Keys are made when they are needed. */
export function createFakeIdPKeys(issuer: string, algorithm: FakeIdPAlgorithm, clientSecret: string): FakeIdPKeys {
  let generation = 1
  let keepsFormer = false
  const pair = async (name: number | 'unpublished'): Promise<KeyPair> => {
    const id = `${issuer} ${algorithm} ${name}`
    const made = pool.get(id) ?? createKeyPair(algorithm, `fake-key-${name}`)
    pool.set(id, made)
    return await made
  }
  const kidOf = (choice: FakeIdPKeyChoice): string => `fake-key-${choice === 'former' ? generation - 1 : generation}`
  const signBytes = async (input: Uint8Array<ArrayBuffer>, choice: FakeIdPKeyChoice): Promise<ArrayBuffer> => {
    if (choice === 'none') return new ArrayBuffer(0)
    if (choice === 'client-secret') return await signHMAC(input, clientSecret)
    const name = choice === 'former' ? generation - 1 : choice === 'current' ? generation : choice
    return await crypto.subtle.sign(signatures[algorithm], (await pair(name)).privateKey, input)
  }
  return {
    published: async () => {
      const names = keepsFormer && generation > 1 ? [generation, generation - 1] : [generation]
      return { keys: await Promise.all(names.map(async (name) => (await pair(name)).publicJWK)) }
    },
    rotate: async ({ keepFormer = false } = {}) => {
      generation += 1
      keepsFormer = keepFormer
      await pair(generation)
    },
    sign: async (claims, header = {}, choice = 'current') => {
      const alg = choice === 'none' ? 'none' : choice === 'client-secret' ? 'HS256' : algorithm
      const parts = [{ alg, kid: kidOf(choice), ...header }, claims].map(encodeJSON)
      const input = new TextEncoder().encode(parts.join('.'))
      return [...parts, encodeBase64url(new Uint8Array(await signBytes(input, choice)))].join('.')
    },
  }
}

async function signHMAC(input: Uint8Array<ArrayBuffer>, secret: string): Promise<ArrayBuffer> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['sign'])
  return await crypto.subtle.sign('HMAC', key, input)
}

function encodeJSON(value: unknown): string {
  return encodeBase64url(new TextEncoder().encode(JSON.stringify(value)))
}
