import { createPublicKey, KeyObject } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type JWTVerifierOptions, jwtVerifier } from '../../src/verification/jwt-verifier.ts'
import type { VerifiedToken } from '../../src/verifier.ts'
import { refusal } from '../support/refusal.ts'
import { createIdP, encode, type IdP, issuer, newKey, resource, type TestKey, type TokenParts } from './support/idp.ts'

let key: TestKey
let stranger: TestKey
let rsa: TestKey
beforeAll(async () => {
  key = await newKey('key-1')
  stranger = await newKey('key-1')
  rsa = await newKey('key-rsa', 'RS256')
})

const now = 1_700_000_000
const options: JWTVerifierOptions = { issuer }

interface Verdict {
  readonly idp: IdP
  readonly verify: (token: string) => Promise<VerifiedToken>
}

async function setUp(over: Partial<JWTVerifierOptions> = {}): Promise<Verdict> {
  const idp = await createIdP({ key })
  const verifier = jwtVerifier({ ...options, ...over })(idp.tools)
  return { idp, verify: async (token) => await verifier.verify(token, { resource }) }
}

/** `accepted`, or the reason of the refusal. */
async function outcomeOf(work: Promise<VerifiedToken>): Promise<unknown> {
  return await work.then(
    () => 'accepted',
    (error: unknown) => Reflect.get(Object(error), 'reason') ?? error,
  )
}

/** The verdict of a server that knows no key yet: what it asked for tells whether a key could have changed it. */
async function judge(parts: TokenParts, over?: Partial<JWTVerifierOptions>): Promise<unknown> {
  const { idp, verify } = await setUp(over)
  return { outcome: await outcomeOf(verify(await idp.mint(parts))), requests: idp.requests }
}

const refusedUnasked = { outcome: 'token_invalid', requests: [] }

describe('A011 C9 refuses without a request to anybody a token whose aud is', () => {
  it.each<[string, unknown]>([
    ['absent', undefined],
    ['null', null],
    ['empty', ''],
    ['an empty list', []],
    ['a number', 7],
    ['an object', { [resource]: resource }],
    ['another server', 'https://other.example/mcp'],
    ['ours with a slash', `${resource}/`],
    ['ours in capitals', resource.toUpperCase()],
    ['the origin', 'https://mcp.example'],
    ['longer', `${resource}2`],
    ['shorter', resource.slice(0, -1)],
    ['the client, as in an id token', 'client-1'],
    ['ours and a foreign one', [resource, 'https://other.example/mcp']],
    ['a foreign one and ours', ['https://other.example/mcp', resource]],
    ['ours and a number', [resource, 7]],
    ['ours and an empty one', [resource, '']],
    ['a list in a list', [[resource]]],
    ['ours 25 times', Array.from({ length: 25 }, () => resource)],
  ])('%s', async (_case, aud) => expect(await judge({ payload: { aud } })).toEqual(refusedUnasked))
})

describe('A018 refuses without a request to anybody a token whose iss is', () => {
  it.each<[string, unknown]>([
    ['absent', undefined],
    ['empty', ''],
    ['of somebody else', 'https://evil.example'],
    ['ours with a slash', `${issuer}/`],
    ['ours with a path', `${issuer}/tenant`],
    ['ours over http', 'http://login.example'],
    ['ours with the port', 'https://login.example:443'],
    ['ours in capitals', 'https://LOGIN.example'],
    ['a list', [issuer]],
    ['10 kB long', `${issuer}/${'a'.repeat(10_000)}`],
  ])('%s', async (_case, iss) => expect(await judge({ payload: { iss } })).toEqual(refusedUnasked))
})

describe('A013 refuses without a request to anybody a token with', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['no exp', { exp: undefined }],
    ['exp null', { exp: null }],
    ['exp as text', { exp: String(now + 600) }],
    ['exp negative', { exp: -1 }],
    ['no iat', { iat: undefined }],
    ['iat as text', { iat: String(now) }],
    ['iat in the future', { iat: now + 31 }],
    ['nbf in the future', { nbf: now + 31 }],
    ['nbf as text', { nbf: String(now) }],
    ['nbf null', { nbf: null }],
    ['no sub', { sub: undefined }],
    ['an empty sub', { sub: '' }],
    ['a sub that is a number', { sub: 1 }],
    ['the sub of an API key of ours', { sub: 'key:nightly-job' }],
  ])('%s', async (_case, payload) => {
    const { idp, verify } = await setUp()
    await expect(verify(await idp.mint({ payload }))).rejects.toThrow(refusal('token_invalid'))
    // Whose key it would be is looked at after the signature.
    expect(idp.requests.length).toBe(payload['sub'] === 'key:nightly-job' ? 2 : 0)
  })

  it.each([-1, -5, -600])('exp %d seconds from now, and says so', async (seconds) => {
    const { idp, verify } = await setUp({ expiryToleranceSeconds: 0 })
    const token = await idp.mint({ payload: { exp: now + seconds } })
    await expect(verify(token)).rejects.toThrow(refusal('token_expired'))
    expect(idp.requests).toEqual([])
  })
})

describe('A017 refuses without a request to anybody, as another kind of token,', () => {
  it.each<[string, TokenParts]>([
    ['an id token with a nonce', { header: { typ: 'JWT' }, payload: { nonce: 'n' } }],
    ['an id token with at_hash', { header: { typ: undefined }, payload: { at_hash: 'h' } }],
    ['an id token with c_hash', { payload: { c_hash: 'h' } }],
    ['one that says it is an id token', { payload: { token_use: 'id' } }],
    ['one that says it is a refresh token', { payload: { token_use: 'refresh' } }],
    ['one whose typ says so', { payload: { typ: 'Refresh' } }],
    ['one whose typ says so beside another use', { payload: { token_use: 'access', typ: 'Refresh' } }],
    ['one whose token_type says so', { payload: { token_type: 'refresh_token' } }],
    ['an offline token', { payload: { typ: 'Offline' } }],
    ['an id token that was serialized', { payload: { typ: 'Serialized-ID' } }],
    ['a logout token', { header: { typ: 'logout+jwt' } }],
    ['a logout token without a type', { header: { typ: 'JWT' }, payload: { events: {} } }],
    ['an event', { header: { typ: 'secevent+jwt' } }],
    ['an ID-JAG', { header: { typ: 'oauth-id-jag+jwt' } }],
    ['a DPoP proof', { header: { typ: 'dpop+jwt' } }],
    ['a token bound to a key', { payload: { cnf: { jkt: 'x' } } }],
    ['one whose type is a list', { header: { typ: ['at+jwt'] } }],
    ['one whose type is empty', { header: { typ: '' } }],
  ])('%s', async (_case, parts) => expect(await judge(parts)).toEqual(refusedUnasked))

  it('a JWT where RFC 9068 is taken at its word', async () => {
    expect(await judge({ header: { typ: 'JWT' } }, { types: ['application/at+jwt'] })).toEqual(refusedUnasked)
    const { idp, verify } = await setUp({ types: ['application/at+jwt'] })
    expect(await verify(await idp.mint())).toMatchObject({ subject: 'user-1' })
  })
})

describe('A010 C10 refuses without a request to anybody', () => {
  const own = { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }
  it.each<[string, TokenParts]>([
    ['alg none', { header: { alg: 'none' } }],
    ['alg None', { header: { alg: 'None' } }],
    ['no alg', { header: { alg: undefined } }],
    ['alg as a list', { header: { alg: ['ES256'] } }],
    ['HS256', { header: { alg: 'HS256' }, hmacSecret: 'secret' }],
    ['an unknown crit', { header: { crit: ['x-ours'], 'x-ours': true } }],
    ['an empty crit', { header: { crit: [] } }],
    ['b64 false', { header: { b64: false, crit: ['b64'] } }],
    ['b64 false without crit', { header: { b64: false } }],
    ['a payload that is a list', { rawPayload: '[]' }],
    ['a payload that is a text', { rawPayload: '"text"' }],
    ['a payload that is null', { rawPayload: 'null' }],
    ['a payload that is no JSON', { rawPayload: '{' }],
    ['a payload in another encoding', { rawPayload: Buffer.from('{"iss":"\u00e9"}', 'latin1') }],
    ['a claim that is there twice, of which the last one counts', { rawPayload: twice('evil') }],
    ['a token of 20 kB', { payload: { more: 'a'.repeat(20_000) } }],
    ['a key in its header of an algorithm nobody has', { header: { jwk: own, alg: 'HS512' } }],
  ])('%s', async (_case, parts) => expect(await judge(parts)).toEqual(refusedUnasked))

  it.each(['', 'a', 'a.b', 'a.b.c', 'a.b.c.d.e', 'e30.e30.', '.e30.e30', 'e30.e30.AA==', 'é.é.é', 'e30.W10.AA'])(
    '%o',
    async (token) => {
      const { idp, verify } = await setUp()
      await expect(verify(token)).rejects.toThrow(refusal('token_invalid'))
      expect(idp.requests).toEqual([])
    },
  )
})

function twice(last: string): string {
  const claims = { iss: issuer, sub: 'user-1', iat: now, exp: now + 600, client_id: 'c', aud: resource }
  return `${JSON.stringify(claims).slice(0, -1)},"aud":"https://${last}.example"}`
}

describe('A010 refuses, and never asks for anything but the published keys,', () => {
  const places = [`${issuer}/.well-known/oauth-authorization-server`, `${issuer}/keys`]

  /** Four forgeries of a kind: the keys are known after the first, and the others may not ask for anything else. */
  async function judgeForgeries(parts: TokenParts): Promise<unknown> {
    const { idp, verify } = await setUp()
    const outcomes: unknown[] = []
    for (const jti of ['1', '2', '3', '4']) {
      const token = await idp.mint({ ...parts, payload: { jti } })
      outcomes.push(await outcomeOf(verify(token)))
    }
    return { outcomes, requests: idp.requests }
  }
  const allRefused = { outcomes: Array(4).fill('token_invalid'), requests: places }

  it('a token by another key of the same name', async () => {
    expect(await judgeForgeries({ key: stranger })).toEqual(allRefused)
  })

  it.each<[string, (jwk: object) => Readonly<Record<string, unknown>>]>([
    ['jwk', (jwk) => ({ jwk })],
    ['jku', () => ({ jku: 'https://evil.example/keys' })],
    ['x5u', () => ({ x5u: 'https://evil.example/chain' })],
    ['x5c', () => ({ x5c: ['MIIB'] })],
    ['jwk and no kid', (jwk) => ({ jwk, kid: undefined })],
    ['a path as kid', () => ({ kid: '../../x' })],
    ['a URL as kid', () => ({ kid: 'https://evil.example/key' })],
    ['10 kB of kid', () => ({ kid: 'k'.repeat(9000) })],
    ['a kid that is a number', () => ({ kid: 1 })],
    ['a kid that is an object', () => ({ kid: { toString: 1 } })],
    ['no kid', () => ({ kid: undefined })],
  ])('a token by a key of its own with %s', async (_case, header) => {
    expect(await judgeForgeries({ key: stranger, header: header(stranger.publicJWK) })).toEqual(allRefused)
  })

  it('a token whose payload was changed', async () => {
    const { idp, verify } = await setUp()
    const [header, , signature] = (await idp.mint()).split('.')
    const payload = { iss: issuer, aud: resource, sub: 'admin', iat: now, exp: now + 600 }
    await expect(verify(`${header}.${encode(JSON.stringify(payload))}.${signature}`)).rejects.toThrow(
      refusal('token_invalid'),
    )
    expect(idp.requests).toEqual(places)
  })

  it('HS256 signed with the published key, in every form in which it can be had', async () => {
    const idp = await createIdP({ key: rsa })
    const verifier = jwtVerifier(options)(idp.tools)
    await verifier.verify(await idp.mint(), { resource })
    const publicKey = createPublicKey(KeyObject.from(rsa.privateKey))
    const secrets = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      publicKey.export({ type: 'pkcs1', format: 'pem' }),
      JSON.stringify(rsa.publicJWK),
      Buffer.from(String(rsa.publicJWK.n), 'base64url'),
    ]
    for (const hmacSecret of secrets) {
      const token = await idp.mint({ header: { alg: 'HS256' }, hmacSecret })
      await expect(verifier.verify(token, { resource })).rejects.toThrow(refusal('token_invalid'))
    }
    expect(idp.requests).toEqual(places)
  })

  it('a token by a published key that is for another algorithm', async () => {
    const idp = await createIdP({ key: rsa })
    const verifier = jwtVerifier(options)(idp.tools)
    const token = await idp.mint({ header: { alg: 'PS256' } })
    await expect(verifier.verify(token, { resource })).rejects.toThrow(refusal('token_invalid'))
    expect(idp.requests).toEqual(places)
  })

  it.each([{ use: 'enc' }, { key_ops: ['encrypt'] }])('a token by a key that is published for %o', async (members) => {
    const { idp, verify } = await setUp()
    idp.publish({ ...key, publicJWK: { ...key.publicJWK, use: 'sig', ...members } }, await newKey('key-2'))
    await expect(verify(await idp.mint())).rejects.toThrow(refusal('token_invalid'))
  })
})

describe('A011 A013 A017 accepts, by one request for the metadata and one for the keys,', () => {
  it.each<[string, TokenParts]>([
    ['a token by RFC 9068', {}],
    ['its type written out', { header: { typ: 'application/at+jwt' } }],
    ['its type in capitals', { header: { typ: 'AT+JWT' } }],
    ['a JWT', { header: { typ: 'JWT' } }],
    ['no type', { header: { typ: undefined } }],
    ['no kid where there is one key', { header: { kid: undefined } }],
    ['a list of one audience', { payload: { aud: [resource] } }],
    ['ours twenty times', { payload: { aud: Array.from({ length: 20 }, () => resource) } }],
    ['an end four seconds ago', { payload: { exp: now - 4 } }],
    ['a beginning in half a minute', { payload: { nbf: now + 30, iat: now + 30 } }],
    ['times with fractions', { payload: { iat: now - 0.5, exp: now + 0.5 } }],
    ['a use that says access', { payload: { token_use: 'access', typ: 'Bearer', token_type: 'Bearer' } }],
    ['a certificate beside its kid', { header: { x5t: 'AAAA', x5c: ['MIIB'] } }],
    ['claims nobody knows', { payload: { extra: { deep: ['é'] } } }],
  ])('%s', async (_case, parts) => {
    const { idp, verify } = await setUp()
    const token = await idp.mint(parts)
    expect(await verify(token)).toMatchObject({
      issuer,
      subject: 'user-1',
      clientId: 'client-1',
      scopes: ['read', 'write'],
    })
    expect(await verify(token)).toMatchObject({ subject: 'user-1' })
    expect(idp.requests).toEqual([`${issuer}/.well-known/oauth-authorization-server`, `${issuer}/keys`])
  })

  it.each(['RS256', 'ES256', 'EdDSA'] as const)('%s', async (alg) => {
    const idp = await createIdP({ key: alg === 'RS256' ? rsa : await newKey('k', alg) })
    const verifier = jwtVerifier(options)(idp.tools)
    expect(await verifier.verify(await idp.mint(), { resource })).toMatchObject({ subject: 'user-1' })
  })

  it('keys without a name, of which each may be the one', async () => {
    const { idp, verify } = await setUp()
    const { kid: _kid, ...nameless } = key.publicJWK
    const { kid: _other, ...another } = stranger.publicJWK
    idp.publish({ ...stranger, publicJWK: another }, { ...key, publicJWK: nameless })
    expect(await verify(await idp.mint({ header: { kid: undefined } }))).toMatchObject({ subject: 'user-1' })
  })

  it('scopes as scp, as text or list, and the names of a client that some write', async () => {
    const { idp, verify } = await setUp()
    const scp = await idp.mint({ payload: { scope: undefined, scp: ['read'], client_id: undefined, azp: 'azp-1' } })
    expect(await verify(scp)).toMatchObject({ scopes: ['read'], clientId: 'azp-1' })
    const text = await idp.mint({ payload: { scope: undefined, scp: 'read write', client_id: undefined, cid: 'c' } })
    expect(await verify(text)).toMatchObject({ scopes: ['read', 'write'], clientId: 'c' })
    const none = await idp.mint({ payload: { scope: undefined, client_id: undefined } })
    expect(await verify(none)).toMatchObject({ scopes: [], clientId: '' })
  })
})

describe('options of jwtVerifier', () => {
  it('A018 hand no claims to a judge of issuers or audiences before a signature vouches for them', async () => {
    const seen: string[] = []
    const isIssuer = (iss: string): boolean => seen.push(iss) > 0
    const { idp, verify } = await setUp({
      isIssuer,
      toleratedAudiences: (audience) => seen.push(audience) > 0,
    })
    await expect(verify(await idp.mint({ key: stranger }))).rejects.toThrow(refusal('token_invalid'))
    expect(seen).toEqual([])
    await verify(await idp.mint({ payload: { iss: 'https://login.example/t1', aud: [resource, 'api'] } }))
    expect(seen).toEqual(['https://login.example/t1', 'api'])
  })

  it('A011 take an audience of the provider in place of the resource, and only tolerated ones beside it', async () => {
    const { idp, verify } = await setUp({ audience: 'api://ours', toleratedAudiences: ['userinfo'] })
    const ask = async (aud: unknown): Promise<unknown> => await verify(await idp.mint({ payload: { aud } }))
    expect(await ask(['api://ours', 'userinfo'])).toMatchObject({ subject: 'user-1' })
    await expect(ask(resource)).rejects.toThrow(refusal('token_invalid'))
    await expect(ask('userinfo')).rejects.toThrow(refusal('token_invalid'))
    await expect(ask(['api://ours', 'foreign'])).rejects.toThrow(refusal('token_invalid'))
  })

  it('give what was verified frozen, since every request with this token gets it', async () => {
    const { idp, verify } = await setUp({ mapClaims: () => ({ roles: ['admin'] }) })
    const { claims, roles, scopes } = await verify(await idp.mint({ payload: { deep: { list: [{}] } } }))
    const deep: unknown = Reflect.get(Object(claims['deep']), 'list')
    expect([claims, claims['deep'], deep, roles, scopes].map(Object.isFrozen)).toEqual(Array(5).fill(true))
  })
})
