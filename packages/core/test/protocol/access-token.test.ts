import { describe, expect, it } from 'vitest'
import {
  type AccessTokenRules,
  assertAudience,
  assertTimely,
  type Claims,
  isAnotherKind,
  judgeAccessToken,
  readClientId,
  readScopes,
} from '../../src/protocol/access-token.ts'
import { refusal } from '../support/refusal.ts'

const now = 1_700_000_000
const rules: AccessTokenRules = {
  isIssuer: (iss) => iss === 'https://login.example',
  audiences: ['https://mcp.example/mcp'],
  isTolerated: (audience) => audience === 'userinfo',
  types: [undefined, 'at+jwt'],
  expiryToleranceSeconds: 5,
  futureToleranceSeconds: 30,
}
const good = {
  iss: 'https://login.example',
  sub: 'user-1',
  aud: 'https://mcp.example/mcp',
  iat: now,
  exp: now + 60,
}
const invalid = refusal('token_invalid')

describe('RFC 9068 §4', () => {
  it('A011 A013 A018 accepts a token that says everything right', () => {
    expect(judgeAccessToken({ typ: 'at+jwt' }, good, rules, now)).toEqual({
      issuer: 'https://login.example',
      subject: 'user-1',
      expiresAt: now + 60,
    })
  })

  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt', undefined])(
    'A017 takes the type %o',
    (typ) => {
      expect(judgeAccessToken(typ === undefined ? {} : { typ }, good, rules, now)).toMatchObject({ subject: 'user-1' })
    },
  )

  it.each(['JWT', '', 'at', 'at+jwt2', 'application/application/at+jwt', 'text/at+jwt', null, 1, ['at+jwt']])(
    'A017 does not take the type %o',
    (typ) => expect(() => judgeAccessToken({ typ }, good, rules, now)).toThrow(invalid),
  )

  it('A017 takes no token without a type where one is needed', () => {
    expect(() => judgeAccessToken({}, good, { ...rules, types: ['at+jwt'] }, now)).toThrow(invalid)
  })

  it.each<[string, Claims]>([
    ['iss', { iss: undefined }],
    ['iss', { iss: 'https://login.example/' }],
    ['sub', { sub: undefined }],
    ['sub', { sub: 'a'.repeat(2049) }],
    ['aud', { aud: undefined }],
    ['exp', { exp: undefined }],
    ['iat', { iat: undefined }],
  ])('A011 A013 A018 needs a good %s', (_claim, over) => {
    expect(() => judgeAccessToken({}, { ...good, ...over }, rules, now)).toThrow(invalid)
  })
})

describe('audiences', () => {
  it.each<[unknown]>([
    ['https://mcp.example/mcp'],
    [['https://mcp.example/mcp']],
    [['userinfo', 'https://mcp.example/mcp']],
    [Array(20).fill('https://mcp.example/mcp')],
  ])('A011 C9 are ours: %o', (aud) => expect(() => assertAudience({ aud }, rules)).not.toThrow())

  it.each<[unknown]>([
    [undefined],
    [null],
    [''],
    [0],
    [[]],
    [{}],
    ['userinfo'],
    [['userinfo']],
    ['https://mcp.example/mcp/'],
    [['https://mcp.example/mcp', 'foreign']],
    [['https://mcp.example/mcp', '']],
    [['https://mcp.example/mcp', null]],
    [[['https://mcp.example/mcp']]],
    [Array(21).fill('https://mcp.example/mcp')],
  ])('A011 C9 are not ours: %o', (aud) => expect(() => assertAudience({ aud }, rules)).toThrow(invalid))
})

describe('times', () => {
  it.each<[Claims, number]>([
    [{}, Number.POSITIVE_INFINITY],
    [{ exp: now - 4.9 }, now - 4.9],
    [{ exp: now, iat: now + 30, nbf: now + 30 }, now],
    [{ exp: 1e300 }, 1e300],
  ])('A013 let %o pass until %d', (claims, expiresAt) => expect(assertTimely(claims, rules, now)).toBe(expiresAt))

  it.each<[Claims]>([
    [{ exp: null }],
    [{ exp: '1800000000' }],
    [{ exp: Number.NaN }],
    [{ exp: Number.POSITIVE_INFINITY }],
    [{ exp: -1 }],
    [{ exp: [now + 60] }],
    [{ iat: now + 30.1 }],
    [{ iat: null }],
    [{ nbf: now + 30.1 }],
    [{ nbf: '0' }],
  ])('A013 refuse %o', (claims) => expect(() => assertTimely(claims, rules, now)).toThrow(invalid))

  it('A013 say when a token has merely ended', () => {
    expect(() => assertTimely({ exp: now - 5 }, rules, now)).toThrow(refusal('token_expired'))
  })
})

describe('other kinds of tokens', () => {
  it.each<[Claims]>([
    [{ nonce: 'n' }],
    [{ nonce: null }],
    [{ at_hash: 'h' }],
    [{ c_hash: 'h' }],
    [{ s_hash: 'h' }],
    [{ events: {} }],
    [{ cnf: { 'x5t#S256': 'x' } }],
    ...['id', 'ID', 'id_token', 'refresh', 'refresh_token', 'Offline', 'Logout', 'Serialized-ID'].map(
      (use): [Claims] => [{ token_use: use }],
    ),
    [{ typ: 'Refresh' }],
    [{ token_use: 'access', typ: 'ID' }],
    [{ token_type: 'refresh_token' }],
  ])('A017 are told by %o', (claims) => expect(isAnotherKind(claims)).toBe(true))

  it.each<[Claims]>([[{}], [{ token_use: 'access' }], [{ typ: 'Bearer' }], [{ typ: 'identity' }], [{ token_use: 1 }]])(
    'A017 are not told by %o',
    (claims) => expect(isAnotherKind(claims)).toBe(false),
  )
})

describe('what else a token says', () => {
  it.each<[Claims, readonly string[]]>([
    [{ scope: 'a b' }, ['a', 'b']],
    [{ scope: '' }, []],
    [{ scp: 'a b' }, ['a', 'b']],
    [{ scp: ['a', 'b', '', 1] }, ['a', 'b']],
    [{ scope: 'a', scp: ['b'] }, ['a']],
    [{ scope: 7 }, []],
    [{ scope: { a: true } }, []],
    [{}, []],
  ])('the scopes of %o', (claims, scopes) => expect(readScopes(claims)).toEqual(scopes))

  it.each<[Claims, string | undefined]>([
    [{ client_id: 'a', azp: 'b' }, 'a'],
    [{ azp: 'b', appid: 'c' }, 'b'],
    [{ appid: 'c', cid: 'd' }, 'c'],
    [{ cid: 'd' }, 'd'],
    [{ client_id: 7, cid: 'd' }, 'd'],
    [{ client_id: '' }, undefined],
  ])('the client of %o', (claims, client) => expect(readClientId(claims)).toBe(client))
})
