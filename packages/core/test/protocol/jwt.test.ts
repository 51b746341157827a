import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type AccessTokenClaims, signAccessToken, verifyAccessToken } from '../../src/protocol/jwt.ts'
import { refusal } from '../support/refusal.ts'
import { encodePart, hmacByHand, newSigningKey, signByHand } from '../support/signing.ts'

const now = 1_700_000_000
const issuer = 'https://as.example'
const audience = 'https://rs.example/mcp'
const claims: AccessTokenClaims = {
  iss: issuer,
  aud: audience,
  sub: '80351110224678912',
  client_id: 'client',
  scope: 'identify guilds',
  iat: now - 10,
  exp: now + 3600,
  jti: 'token-id',
  sid: 'grant-id',
}

let key: Awaited<ReturnType<typeof newSigningKey>>
let stranger: typeof key
beforeAll(async () => {
  key = await newSigningKey('EdDSA')
  stranger = await newSigningKey('EdDSA')
})

async function verify(token: string, at = now): Promise<AccessTokenClaims> {
  return await verifyAccessToken(token, { issuer, audience, keys: new Map([[key.kid, key]]), now: at })
}

function header(over: object = {}): object {
  return { alg: 'EdDSA', typ: 'at+jwt', kid: key.kid, ...over }
}

/** Our own token with other claims; `undefined` leaves one out. */
function signed(over: object, headerOver: object = {}): string {
  return signByHand(header(headerOver), { ...claims, ...over }, key.privateJwk)
}

describe('a token of ours', () => {
  it.each(['EdDSA', 'ES256', 'RS256'] as const)('C9 is verified with its %s key', async (alg) => {
    const own = await newSigningKey(alg)
    const token = await signAccessToken(claims, own)
    const expected = { issuer, audience, keys: new Map([[own.kid, own]]), now }
    await expect(verifyAccessToken(token, expected)).resolves.toMatchObject({ ...claims })
  })

  it('A017 says that it is an access token, by RFC 9068, and holds nothing else about the user', async () => {
    const token = await signAccessToken(claims, key)
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: key.kid })
    expect(decodeJwt(token)).toEqual(claims)
  })

  it('C10 is verified by any key of the ring, not only by the one that signs', async () => {
    const keys = new Map([stranger, key].map((one) => [one.kid, one]))
    const token = await signAccessToken(claims, key)
    await expect(verifyAccessToken(token, { issuer, audience, keys, now })).resolves.toMatchObject({ sub: claims.sub })
  })

  it('A011 may name its one audience in a list', async () => {
    await expect(verify(signed({ aud: [audience] }))).resolves.toMatchObject({ aud: audience })
  })

  it.each([
    ['the second before it ends', claims.exp - 1],
    ['a moment before it ends', claims.exp - 0.001],
  ])('A013 lives until %s', async (_name, at) => {
    await expect(verify(signed({}), at)).resolves.toMatchObject({ sub: claims.sub })
  })

  it.each([
    ['the second it ends', claims.exp],
    ['the second after', claims.exp + 1],
    ['five seconds after', claims.exp + 5],
    ['a year after', claims.exp + 31_536_000],
  ])('A013 C10 is dead %s, and says that it expired', async (_name, at) => {
    await expect(verify(signed({}), at)).rejects.toThrow(refusal('token_expired'))
  })
})

describe('a token with other claims, signed with our key', () => {
  it.each<readonly [string, object]>([
    ['A013 no exp', { exp: undefined }],
    ['A013 an exp that is text', { exp: String(claims.exp) }],
    ['A013 an exp of null', { exp: null }],
    ['A013 C10 an nbf in the future', { nbf: now + 3600 }],
    ['A013 C10 an nbf one second ahead', { nbf: now + 1 }],
    ['A013 an nbf that is text', { nbf: 'now' }],
    ['no iat', { iat: undefined }],
    ['A018 another issuer', { iss: 'https://evil.example' }],
    ['A018 the issuer with a slash', { iss: `${issuer}/` }],
    ['A018 the issuer in another case', { iss: 'https://AS.example' }],
    ['A018 the issuer in a list', { iss: [issuer] }],
    ['A018 no issuer', { iss: undefined }],
    ['A011 another audience', { aud: 'https://other.example/mcp' }],
    ['A012 a sibling resource', { aud: 'https://rs.example/other' }],
    ['A011 the audience with a slash', { aud: `${audience}/` }],
    ['A011 C9 our audience and a foreign one', { aud: [audience, 'https://evil.example'] }],
    ['A011 C9 a foreign audience and ours', { aud: ['https://evil.example', audience] }],
    ['A011 our audience twice', { aud: [audience, audience] }],
    ['A011 an empty list of audiences', { aud: [] }],
    ['C9 the client as audience', { aud: 'client' }],
    ['A011 no audience', { aud: undefined }],
    ['no sub', { sub: undefined }],
    ['a sub that is a number', { sub: 7 }],
    ['no client_id', { client_id: undefined }],
    ['no scope', { scope: undefined }],
    ['a scope in a list', { scope: ['identify'] }],
    ['no sid', { sid: undefined }],
    ['no jti', { jti: undefined }],
    ['a jti that is a number', { jti: 7 }],
  ])('is refused: %s', async (_name, over) => {
    await expect(verify(signed(over))).rejects.toThrow(refusal('token_invalid'))
  })
})

describe('a token with another header, signed with our key', () => {
  it.each<readonly [string, object]>([
    ['A017 typ JWT', { typ: 'JWT' }],
    ['A017 an ID-JAG', { typ: 'oauth-id-jag+jwt' }],
    ['A017 no typ, as an ID token', { typ: undefined }],
    ['A010 an unknown critical extension', { crit: ['x'], x: 1 }],
    ['A010 a critical extension that is not there', { crit: ['exp'] }],
    ['A010 an empty list of critical extensions', { crit: [] }],
    ['A010 an unencoded payload', { crit: ['b64'], b64: false }],
    ['C10 no kid', { kid: undefined }],
    ['C10 an unknown kid', { kid: 'other' }],
    ['C10 a kid that is a path', { kid: '../../../../dev/null' }],
    ['C10 a kid that is an address', { kid: 'https://evil.example/key' }],
    ['C10 a kid that asks a database', { kid: "' OR '1'='1" }],
    ['C10 a kid named like a member of every object', { kid: '__proto__' }],
    ['C10 a kid that is a list', { kid: ['x'] }],
    ['C10 another algorithm of the same key', { alg: 'Ed25519' }],
    ['C10 an algorithm of another key', { alg: 'ES256' }],
    ['A010 a member that we never write', { x: 1 }],
    ['A010 an address of keys', { jku: 'https://evil.example/jwks' }],
    ['A010 an algorithm that is none', { alg: 'none' }],
    ['A010 no algorithm', { alg: undefined }],
  ])('is refused: %s', async (_name, over) => {
    await expect(verify(signed({}, over))).rejects.toThrow(refusal('token_invalid'))
  })
})

describe('a forged token', () => {
  it.each(['none', 'None', 'NONE', 'nOnE'])('A010 C9 is refused with alg %s and no signature', async (alg) => {
    const unsigned = `${encodePart(header({ alg }))}.${encodePart(claims)}.`
    await expect(verify(unsigned)).rejects.toThrow(refusal('token_invalid'))
  })

  it('A010 is refused with a changed payload, header or signature', async () => {
    const [head = '', payload = '', signature = ''] = (await signAccessToken(claims, key)).split('.')
    const changed = [
      [head, encodePart({ ...claims, sub: 'admin' }), signature],
      [encodePart({ ...header(), x: 1 }), payload, signature],
      [head, payload, signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))],
      [head, payload, ''],
      [head, payload],
      [head, payload, signature, ''],
    ]
    for (const parts of changed) {
      await expect(verify(parts.join('.'))).rejects.toThrow(refusal('token_invalid'))
    }
  })

  it('A010 is refused when another key made it under our key id', async () => {
    const token = signByHand(header(), claims, stranger.privateJwk)
    await expect(verify(token)).rejects.toThrow(refusal('token_invalid'))
  })

  it('A010 C9 is refused as HS256 made with the public key, in whatever form the public key is written', async () => {
    const { publicJwk } = key
    const pem = createPublicKey({ key: publicJwk as JsonWebKey, format: 'jwk' })
    const secrets = [
      pem.export({ type: 'spki', format: 'pem' }),
      pem.export({ type: 'spki', format: 'pem' }).toString().trim(),
      pem.export({ type: 'spki', format: 'der' }),
      Buffer.from(publicJwk.x ?? '', 'base64url'),
      publicJwk.x ?? '',
      JSON.stringify(publicJwk),
      '',
    ]
    for (const secret of secrets) {
      const token = hmacByHand(header({ alg: 'HS256' }), claims, secret)
      await expect(verify(token)).rejects.toThrow(refusal('token_invalid'))
    }
  })

  it.each<readonly [string, (jwk: JWK) => object]>([
    ['jwk', (jwk) => ({ jwk })],
    ['jku', () => ({ jku: 'https://evil.example/jwks' })],
    ['x5u', () => ({ x5u: 'https://evil.example/cert' })],
    ['x5c', (jwk) => ({ x5c: [jwk.x] })],
    ['jwk and its own kid', (jwk) => ({ jwk, kid: stranger.kid })],
  ])('A010 is refused with a key in its header (%s), and nothing is fetched', async (_name, extra) => {
    const fetch = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('no network'))
    const token = signByHand(header(extra(stranger.publicJwk)), claims, stranger.privateJwk)
    await expect(verify(token)).rejects.toThrow(refusal('token_invalid'))
    expect(fetch).not.toHaveBeenCalled()
  })

  it.each([
    ['nothing', ''],
    ['dots', '..'],
    ['one part', 'abc'],
    ['parts that are no JSON', 'YQ.YQ.YQ'],
    ['parts that are no base64url', '*.*.*'],
    ['a JSON that is no object', `${encodePart([])}.${encodePart([])}.YQ`],
    ['five parts, as an encrypted token', 'e30.a.b.c.d'],
    ['a refresh token', `${'a'.repeat(27)}.${'b'.repeat(43)}.${'c'.repeat(43)}`],
    ['an authorization code', `${'a'.repeat(27)}.${'b'.repeat(43)}`],
  ])('A017 A031 is refused: %s', async (_name, token) => {
    await expect(verify(token)).rejects.toThrow(refusal('token_invalid'))
  })

  it.each([' ', '\n', '=', '.'])('A010 is refused with %j after it', async (more) => {
    await expect(verify(`${await signAccessToken(claims, key)}${more}`)).rejects.toThrow(refusal('token_invalid'))
  })

  it('A010 is refused when there is no key at all', async () => {
    const token = await signAccessToken(claims, key)
    const nothing = { issuer, audience, keys: new Map(), now }
    await expect(verifyAccessToken(token, nothing)).rejects.toThrow(refusal('token_invalid'))
  })
})
