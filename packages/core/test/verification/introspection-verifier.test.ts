import { beforeEach, describe, expect, it } from 'vitest'
import {
  type IntrospectionVerifierOptions,
  introspectionVerifier,
} from '../../src/verification/introspection-verifier.ts'
import type { VerifiedToken } from '../../src/verifier.ts'
import { misconfiguration, refusal } from '../support/refusal.ts'
import { createIdP, type IdP, issuer, newKey, resource, type TestKey } from './support/idp.ts'

const endpoint = `${issuer}/introspect`
const options: IntrospectionVerifierOptions = { issuer, endpoint, clientId: 'rs & co', clientSecret: 's:e+c/r%t é' }
const invalid = refusal('token_invalid')
const unavailable = refusal('upstream_unavailable')

let key: TestKey
let idp: IdP
/** What was sent, one for each call. */
let sent: { readonly headers: Headers; readonly form: URLSearchParams }[]
let answer: unknown

beforeEach(async () => {
  key ??= await newKey('key-1')
  idp = await createIdP({ key })
  sent = []
  answer = active()
  idp.answer((url, init) => {
    if (url !== endpoint) {
      return Response.json({ issuer, introspection_endpoint: endpoint })
    }
    sent.push({
      headers: new Headers(init.headers),
      form: new URLSearchParams(typeof init.body === 'string' ? init.body : ''),
    })
    return answer instanceof Response ? answer.clone() : Response.json(answer)
  })
})

function active(over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const now = idp.clock.now()
  const usual = { active: true, sub: 'user-1', client_id: 'client-1', scope: 'read write', token_type: 'Bearer' }
  return { ...usual, iss: issuer, aud: resource, iat: now - 10, exp: now + 600, ...over }
}

type Verify = (token?: string, target?: string) => Promise<VerifiedToken>

function createVerify(over: Partial<IntrospectionVerifierOptions> = {}): Verify {
  const verifier = introspectionVerifier({ ...options, ...over })(idp.tools)
  return async (token = 'opaque-token', target = resource) => await verifier.verify(token, { resource: target })
}

describe('introspection by RFC 7662', () => {
  it('gives what the server says about an active token', async () => {
    answer = active({ username: 'ada' })
    expect(await createVerify()()).toMatchObject({
      subject: 'user-1',
      clientId: 'client-1',
      scopes: ['read', 'write'],
      issuer,
      username: 'ada',
      expiresAt: idp.clock.now() + 600,
    })
  })

  it('sends the token and our credentials by HTTP Basic, form-encoded first', async () => {
    await createVerify()()
    const [{ headers, form } = { headers: new Headers(), form: new URLSearchParams() }] = sent
    expect(Object.fromEntries(form)).toEqual({ token: 'opaque-token', token_type_hint: 'access_token' })
    expect(atob(headers.get('authorization')?.slice(6) ?? '')).toBe('rs+%26+co:s%3Ae%2Bc%2Fr%25t+%C3%A9')
    expect(headers.get('content-type')).toBe('application/x-www-form-urlencoded')
  })

  it('sends our credentials in the form where that is configured', async () => {
    await createVerify({ authMethod: 'client_secret_post' })()
    expect(sent[0]?.headers.get('authorization')).toBeNull()
    expect(Object.fromEntries(sent[0]?.form ?? [])).toMatchObject({
      client_id: 'rs & co',
      client_secret: 's:e+c/r%t é',
    })
  })

  it('finds the endpoint in the metadata of the issuer', async () => {
    expect(await createVerify({ endpoint: undefined })()).toMatchObject({ subject: 'user-1' })
    expect(idp.requests).toEqual([`${issuer}/.well-known/oauth-authorization-server`, endpoint])
  })
})

describe('refuses a token that introspection calls', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['A015 inactive', { active: false }],
    ['active as text', { active: 'true' }],
    ['active as number', { active: 1 }],
    ['active null', { active: null }],
    ['A018 of another issuer', { iss: 'https://evil.example' }],
    ['A018 of the issuer with a slash', { iss: `${issuer}/` }],
    ['A018 of a list of issuers', { iss: [issuer] }],
    ['A018 of the issuer null', { iss: null }],
    ['A011 for another audience', { aud: 'https://other.example/mcp' }],
    ['A011 for us and another audience', { aud: [resource, 'https://other.example/mcp'] }],
    ['A011 for nobody', { aud: [] }],
    ['A011 for null', { aud: null }],
    ['A011 without an audience', { aud: undefined }],
    ['A013 beginning later', { nbf: 1_700_000_031 }],
    ['A013 issued later', { iat: 1_700_000_031 }],
    ['A013 ending at a text', { exp: '1700000600' }],
    ['A017 a refresh token', { token_type: 'refresh_token' }],
    ['A017 a refresh token by its use', { token_type: undefined, token_use: 'refresh_token' }],
    ['A017 an id token', { nonce: 'n' }],
    ['A115 bound to a key', { cnf: { jkt: 'x' } }],
    ['A115 of the type DPoP', { token_type: 'DPoP' }],
    ['of a type that is a list', { token_type: ['Bearer'] }],
    ['of nobody', { sub: undefined }],
    ['of an API key of ours', { sub: 'key:nightly-job' }],
  ])('%s', async (_case, over) => {
    answer = active(over)
    await expect(createVerify()()).rejects.toThrow(invalid)
  })

  it('A013 over, and says so', async () => {
    answer = active({ exp: idp.clock.now() - 5 })
    await expect(createVerify()()).rejects.toThrow(refusal('token_expired'))
  })

  it.each(['', 'a b', 'a\r\nb', 'é', 'a'.repeat(16_385)])('nothing, since nobody asks about %o', async (token) => {
    await expect(createVerify()(token)).rejects.toThrow(invalid)
    expect(idp.requests).toEqual([])
  })
})

describe('A011 C9 a server that names no audience', () => {
  it('is believed about the tokens of clients on the list, whose aud decides where there is one', async () => {
    const verify = createVerify({ clientIds: ['client-1'] })
    answer = active({ aud: undefined })
    expect(await verify('1')).toMatchObject({ clientId: 'client-1' })
    answer = active({ aud: undefined, client_id: 'client-2' })
    await expect(verify('2')).rejects.toThrow(invalid)
    answer = active({ aud: undefined, client_id: undefined })
    await expect(verify('3')).rejects.toThrow(invalid)
    answer = active({ aud: 'https://other.example/mcp' })
    await expect(verify('4')).rejects.toThrow(invalid)
  })

  it('is believed about everybody only where that is said with its name', async () => {
    const verify = createVerify({ dangerouslyAllowMissingAudience: true })
    answer = active({ aud: undefined, client_id: undefined })
    expect(await verify('1')).toMatchObject({ clientId: '' })
    answer = active({ aud: 'https://other.example/mcp' })
    await expect(verify('2')).rejects.toThrow(invalid)
  })

  it.each([[['https://api.example', resource]], ['https://api.example']])(
    'may have one of its own: %o',
    async (aud) => {
      const verify = createVerify({ audience: 'https://api.example', toleratedAudiences: [resource] })
      answer = active({ aud })
      expect(await verify()).toMatchObject({ subject: 'user-1' })
    },
  )
})

describe('accepts', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['no iss', { iss: undefined }],
    ['no iat', { iat: undefined }],
    ['no token_type', { token_type: undefined }],
    ['token_type in small letters', { token_type: 'bearer' }],
    ['token_type access_token', { token_type: 'access_token' }],
    ['a list of one audience', { aud: [resource] }],
  ])('%s', async (_case, over) => {
    answer = active(over)
    expect(await createVerify()()).toMatchObject({ subject: 'user-1', issuer })
  })

  it('no exp, for as long as the answer counts', async () => {
    answer = active({ exp: undefined })
    expect(await createVerify()()).toMatchObject({ expiresAt: idp.clock.now() + 30 })
  })

  it('a subject and roles from where the server writes them', async () => {
    answer = active({ sub: undefined, uid: 'u-7', groups: ['admin'] })
    const verify = createVerify({ mapClaims: ({ uid }) => ({ subject: String(uid), roles: ['admin'] }) })
    expect(await verify()).toMatchObject({ subject: 'u-7', roles: ['admin'] })
  })
})

describe('answers of introspection are remembered', () => {
  it('for thirty seconds, and then asked for again, so that a revoked token ends', async () => {
    const verify = createVerify()
    await verify()
    idp.clock.advance(29.9)
    await verify()
    expect(sent).toHaveLength(1)
    answer = { active: false }
    idp.clock.advance(0.1)
    await expect(verify()).rejects.toThrow(invalid)
    expect(sent).toHaveLength(2)
  })

  it('A013 never past exp', async () => {
    const verify = createVerify({ cacheSeconds: 60 })
    answer = active({ exp: idp.clock.now() + 10 })
    await verify()
    idp.clock.advance(10)
    answer = { active: false }
    await expect(verify()).rejects.toThrow(invalid)
    expect(sent).toHaveLength(2)
  })

  it('one question for fifty requests with one token, and one for each other token', async () => {
    const verify = createVerify()
    await Promise.all(Array.from({ length: 50 }, async () => await verify()))
    await verify('another')
    expect(sent).toHaveLength(2)
  })

  it('for each resource by itself', async () => {
    const verify = createVerify()
    await verify()
    await expect(verify('opaque-token', 'https://mcp.example/other')).rejects.toThrow(invalid)
  })

  it('until the token is forgotten', async () => {
    const tokens = introspectionVerifier(options)
    const verifier = tokens(idp.tools)
    await verifier.verify('opaque-token', { resource })
    answer = { active: false }
    await tokens.forget('opaque-token')
    await expect(verifier.verify('opaque-token', { resource })).rejects.toThrow(invalid)
  })

  it('also when they are refusals, for three seconds', async () => {
    const verify = createVerify()
    answer = { active: false }
    for (const seconds of [0, 2.9]) {
      idp.clock.advance(seconds)
      await expect(verify()).rejects.toThrow(invalid)
    }
    expect(sent).toHaveLength(1)
    answer = active()
    idp.clock.advance(0.1)
    expect(await verify()).toMatchObject({ subject: 'user-1' })
  })
})

describe('A014 D9 is undecided, and never calls a token bad, while introspection answers with', () => {
  it.each<[string, () => unknown]>([
    ['401, to our own credentials', () => Response.json({ error: 'invalid_client' }, { status: 401 })],
    ['403', () => new Response(null, { status: 403 })],
    ['400', () => Response.json({ error: 'invalid_request' }, { status: 400 })],
    ['404', () => new Response(null, { status: 404 })],
    ['429', () => new Response(null, { status: 429 })],
    ['500', () => new Response('oops', { status: 500 })],
    ['503', () => new Response(null, { status: 503 })],
    ['204', () => new Response(null, { status: 204 })],
    ['201', () => Response.json({ active: false }, { status: 201 })],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://evil.example' } })],
    ['a page', () => new Response('<html>')],
    ['a list', () => []],
    ['null', () => null],
    ['an error', () => ({ error: 'invalid_token' })],
    ['active inherited from nowhere', () => ({})],
    ['600 kB', () => ({ active: false, more: 'a'.repeat(600_000) })],
  ])('%s', async (_case, give) => {
    const verify = createVerify()
    answer = give()
    await expect(verify()).rejects.toThrow(unavailable)
    answer = active()
    expect(await verify()).toMatchObject({ subject: 'user-1' })
    expect(idp.requests).toEqual([endpoint, endpoint])
  })

  it('a delay that it asks for, which is passed on', async () => {
    answer = new Response(null, { status: 429, headers: { 'retry-after': '17' } })
    await expect(createVerify()()).rejects.toMatchObject({ reason: 'upstream_unavailable', retryAfterSeconds: 17 })
  })

  it('nothing: then others are told at once, for two seconds', async () => {
    const verify = createVerify()
    idp.answer(() => Promise.reject(new Error('ECONNREFUSED')))
    await expect(verify('1')).rejects.toThrow(unavailable)
    await expect(verify('2')).rejects.toThrow(unavailable)
    expect(idp.requests).toHaveLength(1)
    idp.answer(() => Response.json(active()))
    idp.clock.advance(2)
    expect(await verify('2')).toMatchObject({ subject: 'user-1' })
  })

  it('500 about a token that somebody made up: nobody else has to suffer for it', async () => {
    const verify = createVerify()
    answer = new Response(null, { status: 500 })
    await expect(verify('made-up')).rejects.toThrow(unavailable)
    answer = active()
    expect(await verify('good')).toMatchObject({ subject: 'user-1' })
  })

  it('metadata of another issuer, or none of an endpoint', async () => {
    const verify = createVerify({ endpoint: undefined })
    idp.answer(() =>
      Response.json({ issuer: 'https://evil.example', introspection_endpoint: 'https://evil.example/i' }),
    )
    await expect(verify()).rejects.toThrow(unavailable)
    idp.answer(() => Response.json({ issuer }))
    idp.clock.advance(10)
    await expect(verify()).rejects.toThrow(unavailable)
    expect(idp.requests.every((url) => url.includes('/.well-known/'))).toBe(true)
  })
})

describe('options of introspectionVerifier', () => {
  it.each<[string, Partial<IntrospectionVerifierOptions>]>([
    ['issuer', { issuer: [] }],
    ['issuer', { issuer: 'http://login.example' }],
    ['endpoint', { endpoint: 'http://login.example/introspect' }],
    ['clientId', { clientId: '' }],
    ['clientSecret', { clientSecret: '' }],
    ['clientIds', { clientIds: [''] }],
    ['audience', { audience: [] }],
    ['cacheSeconds', { cacheSeconds: 0 }],
    ['cacheSeconds', { cacheSeconds: 61 }],
    ['expiryToleranceSeconds', { expiryToleranceSeconds: -1 }],
  ])('that cannot work are refused at the start: %s', (option, over) => {
    expect(() => introspectionVerifier({ ...options, ...over })).toThrow(misconfiguration(option))
  })
})
