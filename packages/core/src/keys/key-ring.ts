/** Everything derived from the root secrets: one key per secret and purpose — RFC 5869. @module */
import type { JWK } from 'jose'
import { platform } from '#platform'
import type { UnreadableReason } from '../events.ts'
import { deriveSigningKey, importSigningKeys, type PublishedKey } from './signing-keys.ts'

/** What a key is for. A value sealed for one purpose never opens for another. */
export type KeyPurpose = 'store' | 'client-id' | 'client-secret' | 'consent' | 'cookie' | 'refresh-token'

/** Version of the sealed form; a reader that does not know it refuses. */
const sealedVersion = 1
const keyIdLength = 6

/** Why a sealed text does not open. */
export interface Unreadable {
  readonly reason: UnreadableReason
  /** Id of the secret that sealed it, which tells nothing about the secret. */
  readonly keyId?: string
}

/** Authenticated encryption, authentication codes and signatures under a ring of root secrets. */
export interface KeyRing {
  /** Encrypts under the first secret. The result is base64url and tells which secret made it. */
  seal(purpose: KeyPurpose, text: string, associatedData: string): Promise<string>
  /** Decrypts what any secret of the ring sealed; `undefined` for everything else. */
  open(purpose: KeyPurpose, sealed: string, associatedData: string): Promise<string | undefined>
  /** Why {@link open} gave nothing. */
  explain(sealed: string): Unreadable
  /** An authentication code under the first secret. */
  mac(purpose: KeyPurpose, text: string): Promise<string>
  /** Whether any secret of the ring made the code. */
  verifyMac(purpose: KeyPurpose, text: string, mac: string): Promise<boolean>
  /** The codes every secret of the ring would make, the first secret's first. */
  allMacs(purpose: KeyPurpose, text: string): Promise<readonly string[]>
  /** The key new tokens are signed with. */
  readonly signingKey: PublishedKey
  /** Every key whose signatures are accepted, by `kid`. */
  readonly verificationKeys: ReadonlyMap<string, PublishedKey>
}

interface DerivedKeys {
  readonly id: Uint8Array
  readonly idText: string
  get(purpose: KeyPurpose): Promise<Uint8Array<ArrayBuffer>>
}

/** Derives the ring. `given` keys, when there are any, sign instead of the derived ones. */
export async function createKeyRing(
  secrets: readonly [Uint8Array<ArrayBuffer>, ...Uint8Array<ArrayBuffer>[]],
  given: readonly JWK[] = [],
): Promise<KeyRing> {
  const ring = await Promise.all(secrets.map(deriveKeys))
  const [first] = ring
  if (!first) throw new TypeError('a key ring needs a secret')
  const derived = await Promise.all(
    secrets.map(async (secret) => await deriveSigningKey(await platform.hkdf(secret, 'mcp-auth signing Ed25519', 32))),
  )
  const signing = [...(await importSigningKeys(given)), ...derived]
  const [signingKey] = signing
  if (!signingKey) throw new TypeError('a key ring needs a signing key')
  const keysOf = (id: string): DerivedKeys | undefined => ring.find((candidate) => candidate.idText === id)
  const macs = async (purpose: KeyPurpose, text: string): Promise<string[]> =>
    await Promise.all(ring.map(async (keys) => await platform.hmac(await keys.get(purpose), text)))
  return {
    signingKey,
    verificationKeys: new Map(signing.map((key) => [key.kid, key])),
    async seal(purpose, text, associatedData) {
      const sealed = await platform.seal(await first.get(purpose), text, associatedData)
      const bytes = new Uint8Array(1 + keyIdLength + sealed.length)
      bytes[0] = sealedVersion
      bytes.set(first.id, 1)
      bytes.set(sealed, 1 + keyIdLength)
      return platform.toBase64url(bytes)
    },
    async open(purpose, sealed, associatedData) {
      const bytes = platform.fromBase64url(sealed)
      if (bytes?.[0] !== sealedVersion) return undefined
      const keys = keysOf(keyIdOf(bytes))
      if (!keys) return undefined
      return await platform.open(await keys.get(purpose), bytes.subarray(1 + keyIdLength), associatedData)
    },
    explain(sealed) {
      const bytes = platform.fromBase64url(sealed)
      if (bytes?.[0] !== sealedVersion || bytes.length < 1 + keyIdLength) return { reason: 'version_unknown' }
      const keyId = keyIdOf(bytes)
      return { reason: keysOf(keyId) ? 'damaged' : 'key_unknown', keyId }
    },
    mac: async (purpose, text) => await platform.hmac(await first.get(purpose), text),
    verifyMac: async (purpose, text, mac) =>
      (await macs(purpose, text)).map((made) => platform.equal(made, mac)).includes(true),
    allMacs: macs,
  }
}

function keyIdOf(sealed: Uint8Array<ArrayBuffer>): string {
  return platform.toBase64url(sealed.subarray(1, 1 + keyIdLength))
}

async function deriveKeys(secret: Uint8Array<ArrayBuffer>): Promise<DerivedKeys> {
  const id = await platform.hkdf(secret, 'mcp-auth key id', keyIdLength)
  const derived = new Map<KeyPurpose, Uint8Array<ArrayBuffer>>()
  return {
    id,
    idText: platform.toBase64url(id),
    async get(purpose) {
      const known = derived.get(purpose)
      if (known) return known
      const key = await platform.hkdf(secret, `mcp-auth ${purpose}`, 32)
      derived.set(purpose, key)
      return key
    },
  }
}
