/** Authenticated encryption of the vault's files under a ring of root secrets — AES-256-GCM, HKDF (RFC 5869). @module */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'

/** What a file holds. What was sealed as one kind never opens as the other. */
export type SealedKind = 'reference' | 'signing-key'

/** Version of the sealed form; it is part of what is authenticated. */
export const sealedVersion = 1

/** What came of opening: the text, or why there is none. */
type Opened =
  | {
      readonly text: string
      /** Whether the first secret of the ring sealed it. */
      readonly isCurrent: boolean
    }
  | { readonly failure: 'secret' | 'damaged' }

/** Seals under the first secret of a ring, opens with any. */
export interface Sealer {
  /** The result is base64url and tells which secret made it, but nothing about that secret. */
  seal(kind: SealedKind, name: string, text: string): string
  open(kind: SealedKind, name: string, sealed: string): Opened
  /** A keyed hash of a bot token, to tell bots apart in lists: 16 hexadecimal digits, which lead back to nothing. */
  fingerprint(botToken: string): string
}

const cipherName = 'aes-256-gcm'
const keyIdLength = 6
const nonceLength = 12
const tagLength = 16
const headLength = 1 + keyIdLength + nonceLength + tagLength

interface DerivedKeys {
  readonly id: Buffer
  readonly seal: Buffer
  readonly fingerprint: Buffer
}

/** Creates the sealer. @throws {TypeError} for an empty ring */
export function createSealer(secrets: readonly Uint8Array[]): Sealer {
  const ring = secrets.map(deriveKeys)
  const [first] = ring
  if (!first) throw new TypeError('the vault needs a secret')
  return {
    seal: (kind, name, text) => sealWith(first, associatedData(kind, name), text),
    open(kind, name, sealed) {
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.length < headLength || bytes[0] !== sealedVersion) return { failure: 'damaged' }
      const id = bytes.subarray(1, 1 + keyIdLength)
      const keys = ring.find((candidate) => candidate.id.equals(id))
      if (!keys) return { failure: 'secret' }
      const text = openWith(keys, associatedData(kind, name), bytes)
      return text === undefined ? { failure: 'damaged' } : { text, isCurrent: keys === first }
    },
    fingerprint: (botToken) =>
      createHmac('sha256', first.fingerprint).update(botToken).digest('hex').slice(0, fingerprintLength),
  }
}

/** Hexadecimal digits of a fingerprint. */
const fingerprintLength = 16

function deriveKeys(secret: Uint8Array): DerivedKeys {
  const derive = (purpose: string, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), `mcp-auth discord-tools vault ${purpose}`, length))
  return { id: derive('key id', keyIdLength), seal: derive('seal', 32), fingerprint: derive('fingerprint', 32) }
}

/** A file that was renamed, or moved to the other folder, must not open. */
function associatedData(kind: SealedKind, name: string): Buffer {
  return Buffer.from(`${kind}:${name}:v${sealedVersion}`)
}

function sealWith(keys: DerivedKeys, data: Buffer, text: string): string {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv(cipherName, keys.seal, nonce, { authTagLength: tagLength }).setAAD(data)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([Uint8Array.of(sealedVersion), keys.id, nonce, cipher.getAuthTag(), body]).toString('base64url')
}

function openWith(keys: DerivedKeys, data: Buffer, bytes: Buffer): string | undefined {
  const nonce = bytes.subarray(1 + keyIdLength, 1 + keyIdLength + nonceLength)
  const tag = bytes.subarray(headLength - tagLength, headLength)
  const cipher = createDecipheriv(cipherName, keys.seal, nonce, { authTagLength: tagLength }).setAAD(data)
  cipher.setAuthTag(tag)
  try {
    return Buffer.concat([cipher.update(bytes.subarray(headLength)), cipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
