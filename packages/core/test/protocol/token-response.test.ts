import { describe, expect, it } from 'vitest'
import { buildTokenResponse, parseUpstreamTokenResponse } from '../../src/protocol/token-response.ts'

const now = 1_700_000_000

describe('buildTokenResponse', () => {
  it('A041 A042 names type, lifetime and scope', () => {
    const options = { accessToken: 'at', expiresIn: 3600, refreshToken: 'rt', scopes: ['read', 'write'] }
    expect(buildTokenResponse(options)).toEqual({
      access_token: 'at',
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: 'rt',
      scope: 'read write',
    })
  })

  it('A095 has no refresh_token member when there is none', () => {
    const options = { accessToken: 'at', expiresIn: 1, refreshToken: undefined, scopes: ['read'] }
    expect(Object.keys(buildTokenResponse(options))).toEqual(['access_token', 'token_type', 'expires_in', 'scope'])
  })
})

describe('the token response of an identity provider', () => {
  it('is read with every member', () => {
    const body = {
      access_token: 'at',
      token_type: 'Bearer',
      expires_in: 604_800,
      refresh_token: 'rt',
      scope: 'identify guilds',
      id_token: 'a.b.c',
      webhook: { ignored: true },
    }
    expect(parseUpstreamTokenResponse(body, now)).toEqual({
      accessToken: 'at',
      expiresAt: now + 604_800,
      refreshToken: 'rt',
      scopes: ['identify', 'guilds'],
      idToken: 'a.b.c',
    })
  })

  it.each([
    ['no optional member', { access_token: 'at', token_type: 'bearer' }, { accessToken: 'at' }],
    ['a type in another case', { access_token: 'at', token_type: 'BEARER' }, { accessToken: 'at' }],
    ['scopes separated by commas', token({ scope: 'repo,user' }), { accessToken: 'at', scopes: ['repo', 'user'] }],
    ['scopes by comma and space', token({ scope: 'repo, user' }), { accessToken: 'at', scopes: ['repo', 'user'] }],
    ['an empty scope', token({ scope: '' }), { accessToken: 'at', scopes: [] }],
    ['a lifetime as text, as forms give', token({ expires_in: '3600' }), { accessToken: 'at', expiresAt: now + 3600 }],
    ['a lifetime with a fraction', token({ expires_in: 3599.9 }), { accessToken: 'at', expiresAt: now + 3599 }],
    ['a lifetime of zero', token({ expires_in: 0 }), { accessToken: 'at', expiresAt: now }],
    ['no lifetime, said with null', token({ expires_in: null }), { accessToken: 'at' }],
    ['no refresh token, said with null', token({ refresh_token: null }), { accessToken: 'at' }],
    ['no scope, said with null', token({ scope: null }), { accessToken: 'at' }],
    ['no ID token, said with null', token({ id_token: null }), { accessToken: 'at' }],
  ])('is read with %s', (_name, body, tokens) => {
    expect(parseUpstreamTokenResponse(body, now)).toEqual(tokens)
  })

  it.each([
    ['no access token', { token_type: 'Bearer' }],
    ['an empty access token', token({ access_token: '' })],
    ['an access token that is no text', token({ access_token: 7 })],
    ['an access token without end', token({ access_token: 'a'.repeat(16_385) })],
    ['no type', { access_token: 'at' }],
    ['another type', token({ token_type: 'mac' })],
    ['an empty refresh token', token({ refresh_token: '' })],
    ['a lifetime that is no number', token({ expires_in: 'soon' })],
    ['a lifetime below zero', token({ expires_in: -1 })],
    ['an endless lifetime', token({ expires_in: '1e999' })],
    ['a lifetime that is true', token({ expires_in: true })],
    ['an empty lifetime', token({ expires_in: '' })],
    ['a lifetime in a list', token({ expires_in: [3600] })],
    ['a scope in a list', token({ scope: ['identify'] })],
    ['a scope with characters no scope has', token({ scope: 'identify "guilds"' })],
    ['an error with status 200', { error: 'bad_verification_code' }],
    ['a list', []],
    ['a text', 'access_token=at'],
    ['null', null],
    ['nothing', undefined],
  ])('is refused with %s', (_name, body) => {
    expect(parseUpstreamTokenResponse(body, now)).toBeUndefined()
  })
})

function token(over: Record<string, unknown>): Record<string, unknown> {
  return { access_token: 'at', token_type: 'Bearer', ...over }
}
