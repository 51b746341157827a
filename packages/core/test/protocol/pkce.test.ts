import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { codeChallengeMethodsSupported, isCodeChallenge, isCodeVerifier } from '../../src/protocol/pkce.ts'

// The pair of RFC 7636, Appendix B.
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

describe('PKCE', () => {
  it('B4 A059 supports S256 and nothing else', () => {
    expect(codeChallengeMethodsSupported).toEqual(['S256'])
  })

  it('accepts the pair of RFC 7636 Appendix B', () => {
    expect(createHash('sha256').update(verifier).digest('base64url')).toBe(challenge)
    expect([isCodeVerifier(verifier), isCodeChallenge(challenge)]).toEqual([true, true])
  })

  it.each([
    ['42 characters', challenge.slice(1)],
    ['44 characters', `${challenge}A`],
    ['padding', `${challenge}=`],
    ['a character of plain base64', `${challenge.slice(1)}+`],
    ['a tilde', `${challenge.slice(1)}~`],
    ['a line break at the end', `${challenge}\n`],
    ['nothing', ''],
  ])('A020 B4 refuses a code challenge with %s', (_name, value) => {
    expect(isCodeChallenge(value)).toBe(false)
  })

  it.each([
    ['43 characters', 'a'.repeat(43), true],
    ['128 characters', 'a'.repeat(128), true],
    ['every character that is allowed', `${'a'.repeat(40)}-._~Z9`, true],
    ['42 characters', 'a'.repeat(42), false],
    ['129 characters', 'a'.repeat(129), false],
    ['a plus sign', `${'a'.repeat(43)}+`, false],
    ['a slash', `${'a'.repeat(43)}/`, false],
    ['padding', `${'a'.repeat(43)}=`, false],
    ['a space', `${'a'.repeat(43)} `, false],
    ['a line break at the end', `${'a'.repeat(43)}\n`, false],
    ['a letter beyond ASCII', `${'a'.repeat(43)}\u00e9`, false],
    ['nothing', '', false],
  ])('A022 judges a code verifier with %s', (_name, value, expected) => {
    expect(isCodeVerifier(value)).toBe(expected)
  })
})
