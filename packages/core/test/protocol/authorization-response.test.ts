import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildAuthorizationResponseURL } from '../../src/protocol/authorization-response.ts'
import { anyText } from '../support/any-text.ts'

const iss = 'https://as.example'

function response(redirectURI: string, state?: string): URL {
  return new URL(buildAuthorizationResponseURL(redirectURI, { code: 'c', iss, state }))
}

describe('an authorization response', () => {
  it('A024 carries code, issuer and state', () => {
    expect(buildAuthorizationResponseURL('https://app.example/cb', { code: 'c0de', iss, state: 's' })).toBe(
      'https://app.example/cb?code=c0de&iss=https%3A%2F%2Fas.example&state=s',
    )
  })

  it('A024 A026 carries error, description, issuer and state', () => {
    const error = { error: 'access_denied', error_description: 'The request was denied', iss, state: 's' } as const
    const { searchParams } = new URL(buildAuthorizationResponseURL('https://app.example/cb', error))
    expect(Object.fromEntries(searchParams)).toEqual(error)
    expect([...searchParams]).toHaveLength(4)
  })

  it.each([
    'a+b',
    '100%',
    '%2B',
    'a&iss=https://evil.example',
    '\u00e9',
    '<script>',
    '"',
    '#',
    'a=b',
    '\u{1f600}',
    ' ',
  ])('A109 gives the state %j back to the byte', (state) => {
    const url = response('https://app.example/cb', state)
    expect(url.searchParams.getAll('state')).toEqual([state])
    expect(url.searchParams.getAll('iss')).toEqual([iss])
  })

  it('A109 gives any state back, and exactly one of each member, whatever the state is', () => {
    fc.assert(
      fc.property(anyText(), (state) => {
        const url = response('https://app.example/cb?own=1', state)
        expect([...url.searchParams.keys()].sort()).toEqual(['code', 'iss', 'own', 'state'])
        expect(url.searchParams.get('state')).toBe(state)
        expect([url.origin, url.pathname, url.hash]).toEqual(['https://app.example', '/cb', ''])
      }),
    )
  })

  it('A109 has no state when none was sent', () => {
    expect(response('https://app.example/cb').searchParams.has('state')).toBe(false)
  })

  it.each([
    ['https://app.example/cb?a=1&b=%2F+x', 'https://app.example/cb?a=1&b=%2F+x&code=c&'],
    ['https://app.example/cb?flag', 'https://app.example/cb?flag&code=c&'],
    ['https://app.example/cb?a=1?b=2', 'https://app.example/cb?a=1?b=2&code=c&'],
    ['https://app.example/cb?a=1&a=2', 'https://app.example/cb?a=1&a=2&code=c&'],
    ['https://app.example/cb?', 'https://app.example/cb?code=c&'],
    ['https://app.example', 'https://app.example?code=c&'],
    ['http://127.0.0.1:32767/callback', 'http://127.0.0.1:32767/callback?code=c&'],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'cursor://anysphere.cursor-mcp/oauth/callback?code=c&'],
  ])('A110 keeps the own query of %s as it was written', (redirectURI, start) => {
    expect(buildAuthorizationResponseURL(redirectURI, { code: 'c', iss })).toBe(`${start}iss=https%3A%2F%2Fas.example`)
  })

  it.each([
    'https://app.example/cb?iss=https://evil.example',
    'https://app.example/cb?iss=https://evil.example&iss=https://evil.example',
    'https://app.example/cb?%69ss=https://evil.example',
    'https://app.example/cb?code=planted&state=planted',
    'https://app.example/cb?error=access_denied&error_description=x&error_uri=https://evil.example',
    'https://app.example/cb?iss',
  ])('B5 says each thing once for the redirect URI %s', (redirectURI) => {
    expect([...response(redirectURI, 's').searchParams]).toEqual([
      ['code', 'c'],
      ['iss', iss],
      ['state', 's'],
    ])
  })

  it('B5 leaves parameters alone whose names only resemble its own', () => {
    expect([...response('https://app.example/cb?ISS=1&issuer=2&code_id=3').searchParams.keys()]).toEqual([
      'ISS',
      'issuer',
      'code_id',
      'code',
      'iss',
    ])
  })
})
