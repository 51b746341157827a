import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatBearerChallenge, parseBearerToken } from '../../src/protocol/bearer.ts'
import { anyText } from '../support/any-text.ts'

describe('parseBearerToken', () => {
  it.each([
    ['Bearer abc.def-ghi_jkl~mno+pqr/stu==', 'abc.def-ghi_jkl~mno+pqr/stu=='],
    ['bearer abc', 'abc'],
    ['BEARER abc', 'abc'],
    ['Bearer    abc', 'abc'],
    [' Bearer abc ', 'abc'],
  ])('A032 reads the token of %j', (header, token) => {
    expect(parseBearerToken(header)).toEqual({ kind: 'token', token })
  })

  it.each([
    ['no header', undefined],
    ['no header in the form of fetch', null],
    ['an empty header', ''],
    ['a header of spaces', '   '],
    ['Basic credentials', 'Basic dXNlcjpwYXNz'],
    ['a scheme that begins like Bearer', 'BearerToken abc'],
    ['a DPoP token', 'DPoP abc'],
    ['a scheme alone', 'Bearer'],
    ['a scheme and a space', 'Bearer '],
    ['Digest credentials', 'Digest username="a", realm="b"'],
  ])('A030 A032 takes %s for no credentials', (_name, header) => {
    expect(parseBearerToken(header)).toEqual({ kind: 'none' })
  })

  it.each([
    ['two tokens', 'Bearer abc def'],
    ['two headers joined', 'Bearer abc, Bearer def'],
    ['two headers joined without a space', 'Bearer abc,Bearer def'],
    ['another scheme joined with a token', 'Basic dXNlcjpwYXNz, Bearer def'],
    ['a token joined with another scheme', 'Bearer abc, Basic dXNlcjpwYXNz'],
    ['an empty header joined', 'Bearer abc,'],
    ['a header joined to an empty one', ', Bearer abc'],
    ['a quoted token', 'Bearer "abc"'],
    ['a token with a line break', 'Bearer abc\r\nX-Evil: 1'],
    ['a token beyond ASCII', 'Bearer t\u00f6ken'],
    ['padding inside', 'Bearer a=b'],
    ['a tab for a space', 'Bearer\tabc'],
    ['a header of a name', 'Bearer: abc'],
    ['a null character', 'Bearer abc\0'],
  ])('A032 refuses %s', (_name, header) => {
    expect(parseBearerToken(header)).toEqual({ kind: 'malformed' })
  })

  it('D7 refuses a header of more than 16 KiB unread', () => {
    const longest = `Bearer ${'a'.repeat(16_384 - 7)}`
    expect(parseBearerToken(longest).kind).toBe('token')
    expect(parseBearerToken(`${longest}a`)).toEqual({ kind: 'malformed' })
    expect(parseBearerToken('Bearer '.repeat(150_000))).toEqual({ kind: 'malformed' })
  })

  it('A019 finds no token with a character that RFC 6750 does not allow', () => {
    const texts = fc.sample(fc.string({ unit: fc.oneof(fc.constantFrom('a', '=', '/', ' '), fc.string()) }), 1000)
    const tokens = texts.map((text) => parseBearerToken(`Bearer ${text}`)).filter(({ kind }) => kind === 'token')
    expect(tokens.length).toBeGreaterThan(0)
    for (const token of tokens) expect(token).toMatchObject({ token: expect.stringMatching(/^[\w\-.~+/]+=*$/) })
  })
})

describe('formatBearerChallenge', () => {
  const resource_metadata = 'https://rs.example/.well-known/oauth-protected-resource/mcp'

  it('A028 A030 names the metadata and no error when nothing else is known', () => {
    expect(formatBearerChallenge({ resource_metadata })).toBe(`Bearer resource_metadata="${resource_metadata}"`)
  })

  it('A031 A038 writes each parameter once, quoted, separated by commas', () => {
    const challenge = formatBearerChallenge({
      error: 'insufficient_scope',
      error_description: 'The access token lacks a required scope',
      scope: 'read write',
      resource_metadata,
    })
    expect(challenge).toBe(
      'Bearer error="insufficient_scope", error_description="The access token lacks a required scope", ' +
        `scope="read write", resource_metadata="${resource_metadata}"`,
    )
  })

  it.each([
    ['a line break', 'x\r\nSet-Cookie: a=b', 'xSet-Cookie: a=b'],
    ['a quotation mark', 'x", error="none', 'x, error=none'],
    ['a backslash', 'x\\" y', 'x y'],
    ['letters beyond ASCII', 'caf\u00e9 \u{1f600}', 'caf '],
    ['a null character', 'a\0b', 'ab'],
    ['a tab', 'a\tb', 'ab'],
    ['a delete character', 'a\x7fb', 'ab'],
  ])('B7 drops %s from a description', (_name, given, left) => {
    expect(formatBearerChallenge({ error_description: given, resource_metadata })).toBe(
      `Bearer error_description="${left}", resource_metadata="${resource_metadata}"`,
    )
  })

  it('B7 never lets a value break out of its quotes or its header, whatever it is', () => {
    const text = anyText()
    fc.assert(
      fc.property(text, text, text, text, (error, error_description, scope, metadata) => {
        const challenge = formatBearerChallenge({ error, error_description, scope, resource_metadata: metadata })
        const names = [...challenge.matchAll(/([a-z_]+)="[^"\\]*"(?:, |$)/g)].map(([, name]) => name)
        expect(names).toEqual(['error', 'error_description', 'scope', 'resource_metadata'])
        expect(challenge.replace(/(?:Bearer )?[a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*"(?:, |$)/g, '')).toBe('')
        expect(new Headers({ 'www-authenticate': challenge }).get('www-authenticate')).toBe(challenge)
      }),
    )
  })
})
