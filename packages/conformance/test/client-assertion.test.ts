/** `private_key_jwt`: what an assertion must say, and that it is good once. A116, R21. */
import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { assertionOf, assertionParameters, assertionType, showCredentials } from './support/assertion.ts'
import { authorize, callMCP, newClient, redeem, redirectURI, refresh, type TestClient } from './support/client.ts'
import { type Changes, encodePart, type ForgeKey, newForgeKey } from './support/forge.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { createSecureServer, startServer } from './support/start.ts'
import { createOutage, slowStore } from './support/stores.ts'
import { startTwin } from './support/twin.ts'

const key = newForgeKey('ES256')
const otherKey = newForgeKey('ES256')

/** Registers a client with these keys. */
async function newSigningClient(server: TestServer, ...keys: readonly ForgeKey[]): Promise<TestClient> {
  const jwks = { keys: keys.map((one) => ({ ...one.publicJwk })) }
  return await newClient(server, { token_endpoint_auth_method: 'private_key_jwt', jwks })
}

let server: TestServer
let client: TestClient
let other: TestClient
beforeAll(async () => {
  server = await startTestServer()
  client = await newSigningClient(server, key)
  other = await newSigningClient(server, otherKey)
})
afterAll(async () => await server.close())

/** What the server says to an assertion. */
async function judge(assertion: string, over: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
  return outcome(await showCredentials(server, { ...assertionParameters(assertion), ...over }))
}

async function judgeChanged(changes: { header?: Changes; payload?: Changes }, signer = key): Promise<string> {
  return await judge(assertionOf(server, client, signer, changes))
}

describe('a good assertion', () => {
  it.each(['EdDSA', 'ES256', 'RS256'] as const)('A116 signs a client in, with %s', async (alg) => {
    const own = newForgeKey(alg)
    const signing = await newSigningClient(server, own)
    const show = (): ReturnType<typeof assertionParameters> => assertionParameters(assertionOf(server, signing, own))
    const authorization = await authorize(server, { client: signing })
    const redeemed = await redeem(server, authorization, show())
    expect(redeemed.status).toBe(200)
    const { access_token, refresh_token } = redeemed.json()
    expect((await callMCP(server, String(access_token))).status).toBe(200)
    expect((await refresh(server, signing, String(refresh_token), show())).status).toBe(200)
  })

  it.each<[string, { header?: Changes; payload?: Changes }]>([
    ['as it is', {}],
    ['without a type', { header: { typ: undefined } }],
    ['of type JWT', { header: { typ: 'JWT' } }],
    ['with its type in full', { header: { typ: 'application/client-authentication+jwt' } }],
    ['with one audience in a list', { payload: { aud: ['$issuer'] } }],
    ['without a time of issue', { payload: { iat: undefined } }],
    ['from a clock that is ahead', { payload: { iat: '$+29', nbf: '$+29' } }],
    ['from a clock that is behind', { payload: { exp: '$-29' } }],
    ['that lives ten minutes', { payload: { exp: '$+600' } }],
    ['with a long name', { payload: { jti: 'j'.repeat(512) } }],
    ['that says more', { payload: { scope: 'identify', client_id: 'other' } }],
  ])('A116 is one %s', async (_name, { header = {}, payload = {} }) => {
    expect(await judgeChanged({ header, payload: resolve(payload) })).toBe('200')
  })

  it('A116 may come with the client_id it is about', async () => {
    expect(await judge(assertionOf(server, client, key), { client_id: client.client_id })).toBe('200')
  })

  it('A116 is refused nowhere because of an attempt that failed with its name', async () => {
    const payload = { jti: 'the-same-name' }
    expect(await judgeChanged({ payload }, otherKey)).toBe('401 invalid_client')
    expect(await judgeChanged({ payload: { ...payload, aud: 'https://other.example' } })).toBe('401 invalid_client')
    expect(await judgeChanged({ payload })).toBe('200')
    expect(await judgeChanged({ payload })).toBe('401 invalid_client')
  })

  it('A116 may have the name of one of another client', async () => {
    const changes = { payload: { jti: 'shared-name' } }
    expect(await judge(assertionOf(server, client, key, changes))).toBe('200')
    expect(await judge(assertionOf(server, other, otherKey, changes))).toBe('200')
  })
})

/** Fills in what a table cannot know: `$issuer`, `$token` for the endpoint, `$+30` for thirty seconds from now. */
function resolve(payload: Changes): Changes {
  const { issuer, token_endpoint } = server.auth.metadata.authorizationServer
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill)
    if (typeof value !== 'string' || !value.startsWith('$')) return value
    if (value.startsWith('$issuer')) return value.replace('$issuer', issuer)
    if (value === '$token') return token_endpoint
    if (value === '$other') return other.client_id
    return server.clock.now() + Number(value.slice(1))
  }
  return Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, fill(value)]))
}

describe('claims', () => {
  it.each<[string, Changes]>([
    ['the token endpoint as audience', { aud: '$token' }],
    ['the issuer and a slash as audience', { aud: '$issuer/' }],
    ['another server as audience', { aud: 'https://other.example' }],
    ['another audience besides', { aud: ['$issuer', 'https://other.example'] }],
    ['another audience first', { aud: ['https://other.example', '$issuer'] }],
    ['the token endpoint besides', { aud: ['$issuer', '$token'] }],
    ['the issuer twice', { aud: ['$issuer', '$issuer'] }],
    ['no audience', { aud: undefined }],
    ['an empty list of audiences', { aud: [] }],
    ['a list in a list', { aud: [['$issuer']] }],
    ['a number as audience', { aud: 7 }],
    ['no end', { exp: undefined }],
    ['an end that has passed', { exp: '$-31' }],
    ['an end that is far', { exp: '$+631' }],
    ['an end in another century', { exp: 99_999_999_999 }],
    ['an end that is a text', { exp: 'tomorrow' }],
    ['an end that is null', { exp: null }],
    ['no name', { jti: undefined }],
    ['an empty name', { jti: '' }],
    ['a number for a name', { jti: 7 }],
    ['a very long name', { jti: 'j'.repeat(513) }],
    ['a beginning in the future', { nbf: '$+31' }],
    ['a time of issue in the future', { iat: '$+31' }],
    ['a time of issue that is a text', { iat: 'now' }],
    ['no issuer', { iss: undefined }],
    ['no subject', { sub: undefined }],
    ['another issuer than subject', { iss: 'https://other.example' }],
    ['another client as issuer', { iss: '$other' }],
    ['another client as subject', { sub: '$other' }],
    ['a subject in a list', { sub: ['x'] }],
  ])('A116 R21 that are refused: %s', async (_name, payload) => {
    expect(await judgeChanged({ payload: resolve(payload) })).toBe('401 invalid_client')
  })

  it('A116 that name another client are no use to it', async () => {
    const own = { payload: resolve({ iss: '$other', sub: '$other' }) }
    expect(await judge(assertionOf(server, client, key, own))).toBe('401 invalid_client')
    expect(await judge(assertionOf(server, client, key), { client_id: other.client_id })).toBe('401 invalid_client')
  })
})

describe('headers and signatures', () => {
  it.each<[string, Changes]>([
    ['the type of an access token', { typ: 'at+jwt' }],
    ['the type of a proof', { typ: 'dpop+jwt' }],
    ['the type of a request', { typ: 'oauth-authz-req+jwt' }],
    ['a type that is no text', { typ: ['JWT'] }],
    ['an extension nobody knows', { crit: ['x'], x: 1 }],
    ['a payload that is not encoded', { crit: ['b64'], b64: false }],
    ['an algorithm that is not its own', { alg: 'RS256' }],
    ['an algorithm nobody has', { alg: 'XS256' }],
    ['no algorithm', { alg: undefined }],
    ['the name of a key it does not have', { kid: 'nobody' }],
  ])('A116 A010 that are refused: %s', async (_name, header) => {
    expect(await judgeChanged({ header })).toBe('401 invalid_client')
  })

  it.each(['jwk', 'jku', 'x5u'])('A116 A010 that bring a key of their own are no better: %s', async (member) => {
    const value = member === 'jwk' ? otherKey.publicJwk : 'https://127.0.0.1:1/jwks'
    expect(await judgeChanged({ header: { [member]: value } }, otherKey)).toBe('401 invalid_client')
  })

  it("A116 that are another key's are refused", async () => {
    expect(await judgeChanged({}, otherKey)).toBe('401 invalid_client')
  })

  it.each(['none', 'None', 'NONE'])('A116 A010 that are not there are refused: %s', async (alg) => {
    const [header = '', payload = '', signature = ''] = assertionOf(server, client, key, { header: { alg } }).split('.')
    expect(await judge(`${header}.${payload}.`)).toBe('401 invalid_client')
    expect(await judge(`${header}.${payload}.${signature}`)).toBe('401 invalid_client')
  })

  it('A116 A010 that take the public key for a secret are refused', async () => {
    const secrets = [
      key.publicKey.export({ format: 'pem', type: 'spki' }),
      JSON.stringify(key.publicJwk),
      String(key.publicJwk.x),
    ]
    for (const secret of secrets) {
      const [, payload = ''] = assertionOf(server, client, key).split('.')
      const input = `${encodePart({ alg: 'HS256', typ: 'JWT' })}.${payload}`
      const assertion = `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
      expect(await judge(assertion)).toBe('401 invalid_client')
    }
  })

  it('A116 that fit another payload are refused', async () => {
    const [header = '', , signature = ''] = assertionOf(server, client, key).split('.')
    const [, payload = ''] = assertionOf(server, client, key, { payload: { jti: 'x' } }).split('.')
    expect(await judge(`${header}.${payload}.${signature}`)).toBe('401 invalid_client')
  })

  it.each(['', '.', '..', 'a.b.c', 'e30.e30.e30', 'x'.repeat(10_000), `e30.${'W'.repeat(10_000)}.e30`])(
    'A116 D7 that are none are refused: %.20s',
    async (assertion) => {
      const answer = await judge(assertion)
      expect(['401 invalid_client', '400 invalid_request']).toContain(answer)
    },
  )
})

describe('the form it comes in', () => {
  it.each([
    ['another type', { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }],
    ['no type', { client_assertion_type: undefined }],
    ['an empty type', { client_assertion_type: '' }],
  ])('A116 is refused with %s', async (_name, over) => {
    expect(await judge(assertionOf(server, client, key), over)).toBe('401 invalid_client')
  })

  it('A046 A116 is refused with another method besides', async () => {
    const parameters = assertionParameters(assertionOf(server, client, key))
    const secret = await showCredentials(server, { ...parameters, client_secret: 's3cret' })
    const basic = await showCredentials(server, parameters, { authorization: `Basic ${btoa('a:b')}` })
    expect([outcome(secret), outcome(basic)]).toEqual(['400 invalid_request', '400 invalid_request'])
    expect(await judge(String(parameters['client_assertion']))).toBe('200')
  })

  it.each([
    ['nothing', {}],
    ['a secret', { client_secret: 'any' }],
    ['the type alone', { client_assertion_type: assertionType }],
  ])('A080 A116 cannot be replaced by %s', async (_name, over) => {
    const answer = await showCredentials(server, { client_id: client.client_id, ...over })
    expect(outcome(answer)).toBe('401 invalid_client')
  })

  it('A116 is no use to a client that is registered for another method', async () => {
    const secretive = await newClient(server, { token_endpoint_auth_method: 'client_secret_post' })
    const known = await newClient(server)
    for (const one of [secretive, known]) {
      const assertion = assertionOf(server, one, key)
      expect(outcome(await refresh(server, { client_id: one.client_id }, 'x', assertionParameters(assertion)))).toBe(
        '401 invalid_client',
      )
    }
  })
})

describe('once', () => {
  it('A116 an assertion is good for one request, whatever endpoint the next one goes to, until it has long ended', async () => {
    const own = await startServer()
    const signing = await newSigningClient(own, key)
    const parameters = assertionParameters(assertionOf(own, signing, key, { payload: { exp: own.clock.now() + 600 } }))
    expect(outcome(await showCredentials(own, parameters))).toBe('200')
    expect(outcome(await showCredentials(own, parameters))).toBe('401 invalid_client')
    expect(outcome(await refresh(own, signing, 'x', parameters))).toBe('401 invalid_client')
    for (const seconds of [599, 30, 2]) {
      own.clock.advance(seconds)
      expect(outcome(await showCredentials(own, parameters))).toBe('401 invalid_client')
    }
  })

  it('A116 of two that come at the same time, to two processes, one is good', async () => {
    const stores: Parameters<typeof slowStore>[0][] = []
    const first = await startServer({
      wrapStore: (store) => {
        const slow = slowStore(store)
        stores.push(slow)
        return slow
      },
    })
    const [store] = stores
    if (!store) throw new Error('no store')
    const twin = await startTwin(first, { store })
    const signing = await newSigningClient(first, key)
    for (let round = 0; round < 10; round += 1) {
      const parameters = assertionParameters(assertionOf(first, signing, key))
      // Who is authenticated learns that there is no such refresh token.
      const all = [first, twin, first, twin].map(async (one) => outcome(await refresh(one, signing, 'x', parameters)))
      expect((await Promise.all(all)).sort()).toEqual([
        '400 invalid_grant',
        ...Array.from({ length: 3 }, () => '401 invalid_client'),
      ])
    }
    await twin.close()
  })

  it('D9 A116 while the store is away nobody can tell, and nobody is told no', async () => {
    const outage = createOutage()
    const own = await startServer({ wrapStore: outage.wrap })
    const signing = await newSigningClient(own, key)
    const parameters = assertionParameters(assertionOf(own, signing, key))
    outage.start('set assertion')
    expect(outcome(await showCredentials(own, parameters))).toBe('503 temporarily_unavailable')
    outage.end()
    expect(outcome(await showCredentials(own, parameters))).toBe('200')
  })
})

describe('the token endpoint as audience', () => {
  const client_id = 'known-signer'
  const clients = [
    {
      client_id,
      redirect_uris: [redirectURI],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.publicJwk] },
    },
  ]

  it.each([
    [undefined, '401 invalid_client'],
    [false, '401 invalid_client'],
    [true, '200'],
  ])(
    'A116 R21 is one only where the operator allows it: %s',
    async (dangerouslyAllowTokenEndpointAudience, expected) => {
      const own = await startServer({
        clients,
        ...(dangerouslyAllowTokenEndpointAudience === undefined ? {} : { dangerouslyAllowTokenEndpointAudience }),
      })
      const { issuer, token_endpoint } = own.auth.metadata.authorizationServer
      const judgeFor = async (aud: unknown, jti: string): Promise<string> =>
        outcome(
          await showCredentials(
            own,
            assertionParameters(assertionOf(own, { client_id }, key, { payload: { aud, jti } })),
          ),
        )
      expect(await judgeFor(token_endpoint, 'one')).toBe(expected)
      expect(await judgeFor([token_endpoint], 'two')).toBe(expected)
      expect(await judgeFor([token_endpoint, issuer], 'three')).toBe('401 invalid_client')
      expect(await judgeFor(`${issuer}/introspect`, 'four')).toBe('401 invalid_client')
      expect(await judgeFor(issuer, 'five')).toBe('200')
      expect(await judgeFor(token_endpoint, 'five')).toBe('401 invalid_client')
    },
  )
})

describe('advertising', () => {
  it('A062 A116 the metadata lists the method and asymmetric algorithms, no others', () => {
    const { metadata } = createSecureServer().auth
    const lists = metadata.authorizationServer
    expect(lists.token_endpoint_auth_methods_supported).toContain('private_key_jwt')
    for (const algorithms of [
      lists.token_endpoint_auth_signing_alg_values_supported,
      lists.revocation_endpoint_auth_signing_alg_values_supported,
      lists.introspection_endpoint_auth_signing_alg_values_supported,
    ]) {
      expect(algorithms).toContain('ES256')
      expect(algorithms.filter((alg) => /^(?:none|HS\d+)$/i.test(alg))).toEqual([])
    }
  })
})
