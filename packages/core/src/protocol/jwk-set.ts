/** Sets of public keys from strangers — RFC 7517 §5. @module */
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

const member = z.optional(z.string().check(z.maxLength(2048)))
const jwk = z.object({
  kty: z.enum(['EC', 'RSA', 'OKP']),
  kid: member,
  alg: member,
  use: member,
  crv: member,
  x: member,
  y: member,
  n: member,
  e: member,
  // A private member was published by mistake: such a key is known to everybody.
  d: z.optional(z.never()),
})
const jwkSet = z.object({ keys: z.array(z.unknown()).check(z.minLength(1), z.maxLength(20)) })

/** Reads a set: keys of other kinds are left out, a private key makes the whole set invalid (`undefined`). */
export function parsePublicJWKSet(value: unknown): JWKSet | undefined {
  const parsed = jwkSet.safeParse(value)
  if (!parsed.success) return undefined
  if (parsed.data.keys.some(hasPrivateMember)) return undefined
  const keys = parsed.data.keys.flatMap((key) => {
    const one = jwk.safeParse(key)
    return one.success && (one.data.use ?? 'sig') === 'sig' ? [one.data] : []
  })
  return keys.length > 0 ? { keys } : undefined
}

function hasPrivateMember(key: unknown): boolean {
  return typeof key === 'object' && key !== null && ('d' in key || 'k' in key)
}
