/** Keys of the fake: made when they are needed, rotated on demand. @module */

/** Members of a header, a payload or a key. */
export type Claims = Readonly<Record<string, unknown>>

/** Which key signs: one that is published, or one that nobody knows. */
export type FakeKey = 'current' | 'former' | 'unknown'

/** Signs JWTs with RS256. */
export interface FakeSigner {
  sign(
    claims: Claims,
    options?: { readonly key?: FakeKey | undefined; readonly header?: Claims | undefined },
  ): Promise<string>
  /** The published keys, the newest first. */
  publicKeys(): Promise<readonly Claims[]>
  /** From now on a new key signs; the former one stays published until it is retired. */
  rotate(): void
  /** Takes the former keys out of the set. */
  retire(): void
}

interface SigningKey {
  readonly kid: string
  readonly pair: Promise<CryptoKeyPair>
}

const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }

/** Creates a signer whose first key is made at first use. */
export function createSigner(): FakeSigner {
  let count = 0
  const newKey = (): SigningKey => {
    count += 1
    return { kid: `SK2FakeKey${String(count).padStart(19, '0')}`, pair: generatePair() }
  }
  let current: SigningKey | undefined
  let former: SigningKey[] = []
  let unknown: SigningKey | undefined
  const keyFor = (name: FakeKey): SigningKey => {
    current ??= newKey()
    if (name === 'current') return current
    if (name === 'former') return former[0] ?? current
    // It bears the name of the key that is published.
    unknown ??= { kid: current.kid, pair: generatePair() }
    return unknown
  }
  return {
    async sign(claims, { key = 'current', header = {} } = {}) {
      const { kid, pair } = keyFor(key)
      const input = `${encode({ alg: 'RS256', typ: 'JWT', kid, ...header })}.${encode(claims)}`
      const { privateKey } = await pair
      const signature = await crypto.subtle.sign(algorithm.name, privateKey, new TextEncoder().encode(input))
      return `${input}.${base64url(new Uint8Array(signature))}`
    },
    async publicKeys() {
      const keys = [keyFor('current'), ...former]
      return await Promise.all(
        keys.map(async ({ kid, pair }) => {
          const { kty, n, e } = await crypto.subtle.exportKey('jwk', (await pair).publicKey)
          return { alg: 'RS256', e, kid, kty, n, use: 'sig' }
        }),
      )
    },
    rotate() {
      former = [keyFor('current'), ...former]
      current = newKey()
      unknown = undefined
    },
    retire() {
      former = []
    },
  }
}

async function generatePair(): Promise<CryptoKeyPair> {
  const parameters = { ...algorithm, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
  return await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
}

function encode(value: Claims): string {
  return base64url(new TextEncoder().encode(JSON.stringify(value)))
}

/** [RFC 7515 §2](https://www.rfc-editor.org/rfc/rfc7515#section-2). */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
