import { describe, expect, it } from 'vitest'
import { type ClientMetadata, displayName, parseRegistrationRequest } from '../../src/protocol/client-registration.ts'
import { isRegistrableRedirectURI } from '../../src/protocol/redirect-uri.ts'
import { refusal } from '../support/refusal.ts'

const redirectURI = 'http://127.0.0.1:32767/callback'

function parse(over: Record<string, unknown>, schemes?: readonly string[]): ClientMetadata {
  const isAllowed = (uri: string): boolean => isRegistrableRedirectURI(uri, schemes)
  return parseRegistrationRequest({ redirect_uris: [redirectURI], ...over }, isAllowed)
}

describe('redirect URIs of a registration', () => {
  it.each([
    ['are missing', undefined],
    ['are null', null],
    ['are no list', redirectURI],
    ['are an empty list', []],
    ['are no texts', [7]],
    ['are a list in a list', [[redirectURI]]],
    ['are all refused', ['http://evil.example/cb', 'javascript:alert(1)']],
    ['are more than ten', Array.from({ length: 11 }, (_, i) => `https://app.example/${i}`)],
    ['are a thousand', Array.from({ length: 1000 }, (_, i) => `https://app.example/${i}`)],
    ['are longer than 2048 characters', [`https://app.example/${'a'.repeat(2048)}`]],
  ])('A084 A086 refuses one whose redirect URIs %s', (_name, redirect_uris) => {
    expect(() => parse({ redirect_uris })).toThrow(refusal('redirect_uris_invalid'))
  })

  it.each([
    ['null', null],
    ['a list', [redirectURI]],
    ['a text', '{}'],
    ['a number', 7],
    ['nothing', undefined],
  ])('A085 refuses %s for a registration', (_name, body) => {
    const attempt = (): unknown => parseRegistrationRequest(body, () => true)
    expect(attempt).toThrow(
      expect.objectContaining({ error: expect.stringMatching(/^invalid_(client_metadata|redirect_uri)$/) }),
    )
  })

  it('B3 drops what policy refuses and keeps the rest: one bad URI of Cursor does not refuse Cursor', () => {
    const cursor = [
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
    ]
    expect(parse({ redirect_uris: cursor }).redirect_uris).toEqual(cursor)
    expect(parse({ redirect_uris: cursor }, []).redirect_uris).toEqual(cursor.slice(1))
    expect(parse({ redirect_uris: ['http://evil.example/', cursor[1], 'data:,x'] }).redirect_uris).toEqual([cursor[1]])
  })

  it('A081 keeps ten, each once and as written', () => {
    const ten = Array.from({ length: 10 }, (_, i) => `https://App.example/${i}?x=%2F`)
    expect(parse({ redirect_uris: ten }).redirect_uris).toEqual(ten)
    expect(parse({ redirect_uris: [redirectURI, redirectURI] }).redirect_uris).toEqual([redirectURI])
  })
})

describe('the rest of a registration', () => {
  it('A089 gives a client that says nothing the defaults of RFC 7591', () => {
    expect(parse({})).toEqual({
      redirect_uris: [redirectURI],
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code'],
      response_types: ['code'],
    })
  })

  it.each(['none', 'client_secret_basic', 'client_secret_post'])('A087 keeps the auth method %s', (method) => {
    expect(parse({ token_endpoint_auth_method: method }).token_endpoint_auth_method).toBe(method)
  })

  it.each([
    ['an auth method we do not have', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['an auth method in another case', { token_endpoint_auth_method: 'None' }],
    ['an auth method that is null', { token_endpoint_auth_method: null }],
    ['an auth method named like a member of every list', { token_endpoint_auth_method: 'length' }],
    ['grant types without authorization_code', { grant_types: ['client_credentials'] }],
    ['refresh_token alone', { grant_types: ['refresh_token'] }],
    ['no grant type', { grant_types: [] }],
    ['grant types that are no list', { grant_types: 'authorization_code' }],
    ['more grant types than exist', { grant_types: Array.from({ length: 21 }, () => 'authorization_code') }],
    ['response types without code', { response_types: ['token'] }],
    ['a hybrid response type', { response_types: ['code token'] }],
    ['no response type', { response_types: [] }],
    ['a name that is no text', { client_name: { en: 'App' } }],
  ])('A087 refuses %s', (_name, over) => {
    expect(() => parse(over)).toThrow(refusal('client_metadata_invalid'))
  })

  it.each([
    [['authorization_code'], ['authorization_code']],
    [
      ['authorization_code', 'refresh_token'],
      ['authorization_code', 'refresh_token'],
    ],
    [
      ['refresh_token', 'urn:x', 'authorization_code'],
      ['authorization_code', 'refresh_token'],
    ],
  ])('A087 A090 A095 answers to the grant types %j with those it serves', (grant_types, served) => {
    expect(parse({ grant_types }).grant_types).toEqual(served)
  })

  it('A087 answers with code alone to a client that asks for more response types', () => {
    expect(parse({ response_types: ['token', 'code'] }).response_types).toEqual(['code'])
  })

  it.each([
    ['native', 'native'],
    ['web', 'web'],
    ['desktop', undefined],
    [null, undefined],
  ])('A090 reads the application type %j', (application_type, expected) => {
    expect(parse({ application_type }).application_type).toBe(expected)
  })

  it('A090 leaves out members it does not know, also those that would pollute a prototype', () => {
    const body: unknown = JSON.parse(
      `{"redirect_uris":["${redirectURI}"],"software_id":"x","jwks":{},"client_id":"chosen","client_secret":"chosen",
        "scope":"admin","__proto__":{"polluted":true},"constructor":{}}`,
    )
    const metadata = parseRegistrationRequest(body, () => true)
    expect(Object.keys(metadata).sort()).toEqual([
      'grant_types',
      'redirect_uris',
      'response_types',
      'token_endpoint_auth_method',
    ])
    expect(metadata).not.toHaveProperty('polluted')
  })

  it.each([
    ['https://app.example/about', 'https://app.example/about'],
    ['http://app.example/', 'http://app.example/'],
    ['javascript:alert(1)', undefined],
    ['data:text/html,x', undefined],
    ['//app.example', undefined],
    ['https://app.example/\nx', undefined],
    [`https://app.example/${'a'.repeat(256)}`, undefined],
    ['', undefined],
    [null, undefined],
  ])('A088 reads the client_uri %j', (client_uri, expected) => {
    expect(parse({ client_uri }).client_uri).toBe(expected)
  })

  it('A088 never keeps a logo, a policy or a terms URI', () => {
    const evil = 'javascript:alert(1)'
    const metadata = parse({ logo_uri: evil, policy_uri: evil, tos_uri: evil, client_uri: evil })
    expect(JSON.stringify(metadata)).not.toContain('javascript')
  })
})

describe('displayName', () => {
  it.each([
    ['a plain name', 'Claude Code', 'Claude Code'],
    ['markup, which the page escapes', '"><img src=x onerror=1>', '"><img src=x onerror=1>'],
    ['a right-to-left override', 'evil\u202egnp.exe', 'evilgnp.exe'],
    ['direction isolates', 'a\u2066b\u2067c\u2068d\u2069e', 'abcde'],
    ['direction marks', 'a\u200e\u200f\u061cb', 'ab'],
    ['zero-width characters', 'Cl\u200baude\u200d\ufeff', 'Claude'],
    ['control characters', 'a\0b\x1bc\x7fd\x85e', 'abcde'],
    ['line breaks', 'Claude\r\nverified by Discord', 'Claudeverified by Discord'],
    ['Unicode line separators', 'a\u2028b\u2029c', 'abc'],
    ['runs of space', '  a \u00a0\u3000  b  ', 'a b'],
    ['private-use characters', 'a\ue000\u{f0000}b', 'ab'],
    ['tag characters', 'a\u{e0041}b', 'ab'],
    ['letters beyond ASCII', 'Sch\u00f6ne App \u{1f600}', 'Sch\u00f6ne App \u{1f600}'],
    ['nothing visible', '\u202e\u200b \n', undefined],
    ['nothing', '', undefined],
    ['no name', undefined, undefined],
  ])('A088 A5 shows %s', (_name, given, shown) => {
    expect(displayName(given)).toBe(shown)
  })

  it('A5 shows at most 80 characters, never half of one', () => {
    expect(displayName('a'.repeat(81))).toBe('a'.repeat(80))
    expect(displayName('\u{1f600}'.repeat(100))).toBe('\u{1f600}'.repeat(80))
    expect(displayName('a'.repeat(10_000))).toHaveLength(80)
  })

  it('A088 gives the name of a registration in its shown form', () => {
    expect(parse({ client_name: ' Evil\u202e App ' }).client_name).toBe('Evil App')
    expect(parse({ client_name: '\u200b' })).not.toHaveProperty('client_name')
    expect(parse({ client_name: null })).not.toHaveProperty('client_name')
  })
})
