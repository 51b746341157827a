import { generateKeyPairSync } from 'node:crypto'
import type { JWK } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { assertSigningKeys, deriveSigningKey, importSigningKeys } from '../../src/keys/signing-keys.ts'
import { misconfiguration } from '../support/refusal.ts'
import { newPrivateJWK } from '../support/signing.ts'

let keys: Record<'EdDSA' | 'ES256' | 'RS256', JWK>
beforeAll(async () => {
  keys = {
    EdDSA: await newPrivateJWK('EdDSA'),
    ES256: await newPrivateJWK('ES256'),
    RS256: await newPrivateJWK('RS256'),
  }
})

function without(jwk: JWK, ...names: string[]): JWK {
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => !names.includes(name)))
}

describe('given signing keys', () => {
  it.each(['EdDSA', 'ES256', 'RS256'] as const)('may be of %s', async (alg) => {
    expect(() => assertSigningKeys([keys[alg]])).not.toThrow()
    const [key] = await importSigningKeys([keys[alg]])
    expect(key).toMatchObject({ alg, kid: expect.stringMatching(/^[\w-]{43}$/) })
  })

  it('A063 publish no private member, whatever else the key carries', async () => {
    const given = Object.assign({ note: 'x' }, keys.RS256, { kid: 'given', use: 'sig', x5c: ['x'] })
    const [key] = await importSigningKeys([given])
    expect(Object.keys(key?.publicJwk ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
  })

  it.each<readonly [string, () => JWK, string]>([
    ['a public key', () => without(keys.ES256, 'd'), 'private'],
    ['a key without alg', () => without(keys.ES256, 'alg'), 'alg'],
    ['a shared secret', () => ({ kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }), 'private'],
    ['a shared secret that pretends', () => ({ kty: 'oct', k: 'c2VjcmV0', d: 'x', alg: 'HS256' }), 'alg'],
    ['alg none', () => ({ ...keys.ES256, alg: 'none' }), 'alg'],
    ['alg PS256', () => ({ ...keys.RS256, alg: 'PS256' }), 'alg'],
    ['alg ES384', () => ({ ...keys.ES256, alg: 'ES384' }), 'alg'],
    ['an RSA key that says ES256', () => ({ ...keys.RS256, alg: 'ES256' }), 'ES256'],
    ['an elliptic key that says RS256', () => ({ ...keys.ES256, alg: 'RS256' }), 'RS256'],
    ['an elliptic key that says EdDSA', () => ({ ...keys.ES256, alg: 'EdDSA' }), 'EdDSA'],
    ['ES256 on another curve', () => ({ ...keys.ES256, crv: 'P-384' }), 'ES256'],
    ['EdDSA on another curve', () => ({ ...keys.EdDSA, crv: 'Ed448' }), 'EdDSA'],
    ['an elliptic key without x', () => without(keys.ES256, 'x'), 'ES256'],
    ['an elliptic key without y', () => without(keys.ES256, 'y'), 'ES256'],
    ['an Ed25519 key without x', () => without(keys.EdDSA, 'x'), 'EdDSA'],
    ['an RSA key without n', () => without(keys.RS256, 'n'), 'RS256'],
    ['an RSA key without its primes', () => without(keys.RS256, 'p', 'q', 'dp', 'dq', 'qi'), 'RS256'],
    ['an RSA key without kty', () => without(keys.RS256, 'kty'), 'RS256'],
  ])('are refused at construction: %s', (_name, jwk, message) => {
    expect(() => assertSigningKeys([keys.EdDSA, jwk()])).toThrow(misconfiguration('signingKeys', message))
  })

  it('are refused at construction: an RSA key of 1024 bits, which jose does not sign with', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const jwk = { ...(privateKey.export({ format: 'jwk' }) as JWK), alg: 'RS256' }
    expect(() => assertSigningKeys([jwk])).toThrow(misconfiguration('signingKeys', 'RS256'))
  })

  it('are refused at construction when the algorithm is a member name of every object', () => {
    expect(() => assertSigningKeys([{ ...keys.ES256, alg: 'constructor' }])).toThrow(
      misconfiguration('signingKeys', 'alg'),
    )
  })

  it('D8 are never repeated in the error', () => {
    const bad = { ...keys.ES256, alg: 'HS256' }
    expect(() => assertSigningKeys([bad])).toThrow(
      expect.toSatisfy((error: Error) => !`${error.stack}${JSON.stringify(error)}`.includes(String(bad.d))),
    )
  })
})

describe('deriveSigningKey', () => {
  it('makes the key of RFC 8037, Appendix A, out of its seed', async () => {
    const seed = Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url')
    expect((await deriveSigningKey(seed)).publicJwk).toEqual({
      kty: 'OKP',
      crv: 'Ed25519',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
      // The thumbprint of Appendix A.3.
      kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
      alg: 'EdDSA',
      use: 'sig',
    })
  })
})
