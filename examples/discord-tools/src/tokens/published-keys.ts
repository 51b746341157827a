/** The public keys of minted tokens, as they are in the vault at this moment. @module */
import { OAuthError, type RemoteKeys } from '@mcp-auth/core'
import { type CryptoKey, compactVerify, decodeProtectedHeader, type JWK } from 'jose'
import { parseJSON, type SealedFolder } from '../vault/sealed-folder.ts'
import type { VaultError } from '../vault/vault-error.ts'
import { importKey, type SigningAlgorithm, toPublicJwk } from './signing-key.ts'
import { readSigningKeys } from './signing-keys.ts'

/** A set of public keys, [RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5). */
export interface PublicKeySet {
  readonly keys: readonly JWK[]
}

/** The keys. */
export interface PublishedKeys extends RemoteKeys {
  /** Looks what there is: a key that was added or removed counts from then on. @throws {VaultError} */
  refresh(): Promise<void>
  toKeySet(): PublicKeySet
}

interface VerificationKey {
  readonly algorithm: SigningAlgorithm
  readonly publicKey: CryptoKey
  readonly publicJwk: JWK
}

interface Known {
  /** Names of the files, sorted. A key never changes under its name. */
  readonly names: string
  readonly keys: ReadonlyMap<string, VerificationKey>
  readonly failures: readonly VaultError[]
}

/** Creates the keys. Nothing is read before the first {@link PublishedKeys.refresh}. */
export function createPublishedKeys(folder: SealedFolder): PublishedKeys {
  let known: Known = { names: '', keys: new Map(), failures: [] }
  return {
    async refresh() {
      const names = (await folder.names()).toSorted().join(' ')
      // A file that failed may have been repaired.
      if (names === known.names && known.failures.length === 0) return
      known = await load(folder, names)
    },
    toKeySet: () => ({ keys: [...known.keys.values()].map(({ publicJwk }) => publicJwk) }),
    has: (kid) => kid !== undefined && known.keys.has(kid),
    async verify(token) {
      const { kid = '' } = readHeader(token)
      const key = known.keys.get(kid)
      if (!key) throw refuse(known, kid)
      try {
        const { payload, protectedHeader } = await compactVerify(token, key.publicKey, { algorithms: [key.algorithm] })
        return { header: { ...protectedHeader }, payload: toClaims(payload) }
      } catch (cause) {
        throw new OAuthError('token_invalid', { cause })
      }
    },
  }
}

async function load(folder: SealedFolder, names: string): Promise<Known> {
  const { keys, failures } = await readSigningKeys(folder)
  const entries = keys.map(async (key): Promise<[string, VerificationKey]> => {
    const publicJwk = toPublicJwk(key)
    return [key.id, { algorithm: key.algorithm, publicJwk, publicKey: await importKey(publicJwk, key.algorithm) }]
  })
  return { names, keys: new Map(await Promise.all(entries)), failures }
}

/** A key that is there and cannot be read says nothing about the token; one whose secret was removed has ended with it. */
function refuse({ failures }: Known, kid: string): OAuthError {
  const failure = failures.find(({ file }) => file === `keys/${kid}.json`)
  return failure === undefined || failure.failure === 'secret'
    ? new OAuthError('token_invalid')
    : new OAuthError('store_unavailable', { cause: failure })
}

function readHeader(token: string): ReturnType<typeof decodeProtectedHeader> {
  try {
    return decodeProtectedHeader(token)
  } catch (cause) {
    throw new OAuthError('token_invalid', { cause })
  }
}

function toClaims(payload: Uint8Array): Readonly<Record<string, unknown>> {
  const claims = parseJSON(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) throw new TypeError('not a JSON object')
  return { ...claims }
}
