/** Sets of public keys — RFC 7517 §5. @module */
import * as z from 'zod/mini'

/** A public key with the members we use. */
export interface PublicJWK {
  readonly kty: 'EC' | 'RSA' | 'OKP'
  readonly kid?: string | undefined
  readonly alg?: string | undefined
  readonly use?: string | undefined
  readonly crv?: string | undefined
  readonly x?: string | undefined
  readonly y?: string | undefined
  readonly n?: string | undefined
  readonly e?: string | undefined
}

/** A set of public keys. */
export interface JWKSet {
  readonly keys: readonly PublicJWK[]
}

const text = (length: number) => z.optional(z.string().check(z.maxLength(length)))
const jwk = z.object({
  kty: z.enum(['EC', 'RSA', 'OKP']),
  kid: text(512),
  alg: text(32),
  use: text(32),
  key_ops: z.optional(z.array(z.string())),
  crv: text(32),
  x: text(128),
  y: text(128),
  // Up to 8192 bits, and an exponent of 64: larger ones would be work for us and protection for nobody.
  n: text(1366),
  e: text(11),
})
const jwkSet = z.object({ keys: z.array(z.unknown()).check(z.minLength(1)) })

/** Most keys of a stranger's set. */
const maxKeysOfStrangers = 20

/** Members of private and of symmetric keys, [RFC 7518 §6](https://www.rfc-editor.org/rfc/rfc7518#section-6). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/**
 * Reads a set. Keys of other kinds are left out; a private key was published by mistake and is known to everybody,
 * so that the whole set is invalid (`undefined`), as is one of more than `maxKeys`.
 */
export function parsePublicJWKSet(value: unknown, maxKeys: number = maxKeysOfStrangers): JWKSet | undefined {
  const parsed = jwkSet.safeParse(value)
  if (!parsed.success || parsed.data.keys.length > maxKeys) return undefined
  if (parsed.data.keys.some(hasPrivateMember)) return undefined
  const keys = parsed.data.keys.flatMap((key) => {
    const parsedKey = jwk.safeParse(key)
    if (!parsedKey.success) return []
    const { key_ops: operations = ['verify'], ...one } = parsedKey.data
    return (one.use ?? 'sig') === 'sig' && operations.includes('verify') ? [one] : []
  })
  return keys.length > 0 ? { keys } : undefined
}

function hasPrivateMember(key: unknown): boolean {
  return typeof key === 'object' && key !== null && privateMembers.some((member) => member in key)
}
