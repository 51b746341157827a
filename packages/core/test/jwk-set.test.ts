import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parsePublicJWKSet } from '../src/protocol/jwk-set.ts'

const ec = { kty: 'EC', crv: 'P-256', x: 'a'.repeat(43), y: 'b'.repeat(43) }
const rsa = { kty: 'RSA', n: 'c'.repeat(342), e: 'AQAB' }
const okp = { kty: 'OKP', crv: 'Ed25519', x: 'd'.repeat(43) }

describe('a key set from a stranger', () => {
  it('A116 keeps public keys with the members that matter, and leaves the others out', () => {
    const set = {
      keys: [{ ...ec, kid: 'one', alg: 'ES256', use: 'sig', x5c: ['AAAA'], key_ops: ['verify'] }, rsa, okp],
    }
    expect(parsePublicJWKSet({ ...set, comment: 'ours' })).toEqual({
      keys: [{ ...ec, kid: 'one', alg: 'ES256', use: 'sig' }, rsa, okp],
    })
  })

  it.each([
    ['d', { ...ec, d: 'x' }],
    ['d of no value', { ...ec, d: null }],
    ['a prime', { ...rsa, p: 'x' }],
    ['another prime', { ...rsa, q: 'x' }],
    ['an exponent', { ...rsa, dp: 'x' }],
    ['another exponent', { ...rsa, dq: 'x' }],
    ['a coefficient', { ...rsa, qi: 'x' }],
    ['more primes', { ...rsa, oth: [] }],
    ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0' }],
    ['a seed', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'x', priv: 'x' }],
  ])('A116 refuses the whole set for one key that is not public: %s', (_name, key) => {
    expect(parsePublicJWKSet({ keys: [okp, key] })).toBeUndefined()
  })

  it.each(['ec', 'rsa', 'ed25519'] as const)('A116 refuses a private %s key as it is exported', (type) => {
    const pair =
      type === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : type === 'rsa'
          ? generateKeyPairSync('rsa', { modulusLength: 2048 })
          : generateKeyPairSync('ed25519')
    expect(parsePublicJWKSet({ keys: [pair.privateKey.export({ format: 'jwk' })] })).toBeUndefined()
    expect(parsePublicJWKSet({ keys: [pair.publicKey.export({ format: 'jwk' })] })).toBeDefined()
  })

  it.each([
    ['for encryption', { ...rsa, use: 'enc' }],
    ['of another kind', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'x' }],
    ['with a number for a name', { ...ec, kid: 1 }],
    ['with a very long name', { ...ec, kid: 'k'.repeat(513) }],
    ['of 16384 bits', { ...rsa, n: 'c'.repeat(2731) }],
    ['with an exponent that takes long', { ...rsa, e: 'c'.repeat(342) }],
    ['that is a text', 'key'],
    ['that is null', null],
  ])('A116 leaves a key out that is of no use, and takes the others: one %s', (_name, key) => {
    expect(parsePublicJWKSet({ keys: [key, okp] })).toEqual({ keys: [okp] })
    expect(parsePublicJWKSet({ keys: [key] })).toBeUndefined()
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a list', [ec]],
    ['a text', JSON.stringify({ keys: [ec] })],
    ['no keys', {}],
    ['an empty list', { keys: [] }],
    ['keys that are no list', { keys: ec }],
    ['more keys than anybody has', { keys: Array.from({ length: 21 }, () => ec) }],
  ])('A116 takes %s for no key set', (_name, value) => {
    expect(parsePublicJWKSet(value)).toBeUndefined()
  })
})
