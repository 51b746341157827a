/** `private_key_jwt`: where a client's keys come from, and how they change. A116, A063, A080. */
import { describe, expect, it } from 'vitest'
import { outcome, tryLater } from './support/answers.ts'
import { assertionOf, assertionParameters, showCredentials } from './support/assertion.ts'
import {
  authorize,
  callMCP,
  newClient,
  redeem,
  redirectURI,
  refresh,
  register,
  type TestClient,
} from './support/client.ts'
import { type DocumentHost, publishClient, startDocumentHost, startWithDocuments } from './support/document-host.ts'
import { type Changes, type ForgeKey, newForgeKey } from './support/forge.ts'
import type { TestServer } from './support/server.ts'
import { createSecureServer, startServer } from './support/start.ts'

const key = newForgeKey('ES256')
const nextKey = newForgeKey('ES256')

/** Publishes keys, named `a`, `b` and so on unless `over` says otherwise. */
function publishKeys(host: DocumentHost, keys: readonly ForgeKey[], over: Changes = {}, headers = {}): string {
  const named = keys.map(({ publicJwk }, i) => ({ ...publicJwk, kid: 'abc'[i], ...over }))
  host.answer('/jwks', { headers, body: { keys: named.map((one) => JSON.parse(JSON.stringify(one)) as unknown) } })
  return `${host.origin}/jwks`
}

/** A client whose keys are on the host. */
async function startWithKeys(headers: Readonly<Record<string, string>> = {}) {
  const setUp = await startWithDocuments()
  const jwks_uri = publishKeys(setUp.host, [key], {}, headers)
  return { ...setUp, client: publishClient(setUp.host, { token_endpoint_auth_method: undefined, jwks_uri }) }
}

/** What the server says to a new assertion of the client. */
async function judge(server: TestServer, client: TestClient, signer: ForgeKey, header: Changes = {}): Promise<string> {
  return outcome(await showCredentials(server, assertionParameters(assertionOf(server, client, signer, { header }))))
}

/** How often the keys were asked for. */
function fetches(host: DocumentHost): number {
  return host.requests.filter((path) => path === '/jwks').length
}

describe('where keys come from', () => {
  const metadata = { token_endpoint_auth_method: 'private_key_jwt' }
  const jwks = { keys: [key.publicJwk] }

  it.each<[string, (host: DocumentHost, server: TestServer) => Promise<TestClient> | TestClient]>([
    ['a document with keys', (host) => publishClient(host, { ...metadata, jwks })],
    ['a document that says where', (host) => publishClient(host, { ...metadata, jwks_uri: publishKeys(host, [key]) })],
    ['a registration with keys', async (_host, server) => await newClient(server, { ...metadata, jwks })],
    [
      'a registration that says where',
      async (host, server) => await newClient(server, { ...metadata, jwks_uri: publishKeys(host, [key]) }),
    ],
  ])('A080 A116 %s: the client signs in, and refreshes, each time with a new assertion', async (_name, from) => {
    const { host, server } = await startWithDocuments()
    const client = await from(host, server)
    expect(client).not.toHaveProperty('client_secret')
    const show = (): ReturnType<typeof assertionParameters> => assertionParameters(assertionOf(server, client, key))
    const authorization = await authorize(server, { client })
    expect(outcome(await redeem(server, authorization))).toBe('401 invalid_client')
    const redeemed = await redeem(server, authorization, show())
    expect(redeemed.status).toBe(200)
    const { access_token, refresh_token } = redeemed.json()
    expect((await callMCP(server, String(access_token))).status).toBe(200)
    expect(outcome(await refresh(server, client, String(refresh_token)))).toBe('401 invalid_client')
    expect((await refresh(server, client, String(refresh_token), show())).status).toBe(200)
    expect(fetches(host)).toBeLessThanOrEqual(1)
  })

  it.each(['jwks', 'jwks_uri'] as const)('A116 the operator: %s', async (member) => {
    const host = await startDocumentHost()
    const known = { client_id: 'known-signer', redirect_uris: [redirectURI], ...metadata }
    const clients = [{ ...known, ...(member === 'jwks' ? { jwks } : { jwks_uri: publishKeys(host, [key]) }) }]
    const clientIdMetadata = { dangerouslyAllowedHosts: [host.authority] }
    const server = await startServer({ clients, clientIdMetadata, httpsHosts: ['localhost'] })
    expect(await judge(server, known, key)).toBe('200')
    expect(await judge(server, known, nextKey)).toBe('401 invalid_client')
  })

  it('A081 A116 a registration echoes the keys in force, and needs no secret', async () => {
    const { server } = await startWithDocuments()
    const answer = await register(server, {
      ...metadata,
      jwks: { keys: [{ ...key.publicJwk, kid: 'a', x5c: ['AAAA'] }] },
    })
    expect(answer.json()).toMatchObject({ ...metadata, jwks: { keys: [{ ...key.publicJwk, kid: 'a' }] } })
    expect(answer.text).not.toMatch(/"x5c"|"client_secret[_"]/)
  })

  it.each<[string, Changes]>([
    ['no keys', {}],
    ['an empty set', { jwks: { keys: [] } }],
    ['a private key', { jwks: { keys: [key.privateJwk] } }],
    ['a private key besides', { jwks: { keys: [nextKey.publicJwk, key.privateJwk] } }],
    ['a secret', { jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } }],
    ['both places', { jwks, jwks_uri: 'https://client.example/jwks' }],
    ['keys over http', { jwks_uri: 'http://client.example/jwks' }],
    ['keys over http on loopback', { jwks_uri: 'http://127.0.0.1/jwks' }],
    ['no URL', { jwks_uri: 'jwks' }],
    ['a URL with a password', { jwks_uri: 'https://a:b@client.example/jwks' }],
  ])('A116 A087 a registration with %s is refused', async (_name, over) => {
    const { server } = await startWithDocuments()
    expect(outcome(await register(server, { ...metadata, ...over }))).toBe('400 invalid_client_metadata')
  })

  it('A080 a registration whose keys are on a denied host is refused', async () => {
    const { host, server } = await startWithDocuments({}, { deniedHosts: ['localhost', 'evil.example'] })
    for (const jwks_uri of [`${host.origin}/jwks`, 'https://a.evil.example/jwks', 'https://evil.example./jwks']) {
      expect(outcome(await register(server, { ...metadata, jwks_uri }))).toBe('400 invalid_client_metadata')
    }
    const clients = [
      { client_id: 'x', redirect_uris: [redirectURI], ...metadata, jwks_uri: 'https://evil.example/jwks' },
    ]
    const clientIdMetadata = { deniedHosts: ['evil.example'] }
    expect(() => createSecureServer({ clients, clientIdMetadata })).toThrow(/^clients: the jwks_uri of "x"/)
  })
})

describe('keys that change', () => {
  it('A063 A116 a new key is taken at its first use, and the old one is over', async () => {
    const { host, server, client } = await startWithKeys()
    expect(await judge(server, client, key, { kid: 'a' })).toBe('200')
    publishKeys(host, [nextKey], { kid: 'next' })
    server.clock.advance(60)
    expect(await judge(server, client, nextKey, { kid: 'next' })).toBe('200')
    expect(await judge(server, client, key, { kid: 'a' })).toBe('401 invalid_client')
    expect(fetches(host)).toBe(2)
  })

  it('A063 A116 a new key of the same name is taken, too', async () => {
    const { host, server, client } = await startWithKeys()
    expect(await judge(server, client, key)).toBe('200')
    publishKeys(host, [nextKey])
    server.clock.advance(60)
    expect(await judge(server, client, nextKey)).toBe('200')
    expect(fetches(host)).toBe(2)
  })

  it('A063 A116 unknown keys make us ask once in a minute, however many there are', async () => {
    const { host, server, client } = await startWithKeys({ 'cache-control': 'max-age=3600' })
    expect(await judge(server, client, key)).toBe('200')
    for (let minute = 1; minute <= 3; minute += 1) {
      const all = Array.from(
        { length: 20 },
        async (_, i) => await judge(server, client, nextKey, { kid: `unknown-${i}` }),
      )
      expect(new Set(await Promise.all(all))).toEqual(new Set(['401 invalid_client']))
      expect(fetches(host)).toBe(minute)
      server.clock.advance(59)
      expect(await judge(server, client, nextKey, { kid: 'unknown' })).toBe('401 invalid_client')
      expect(fetches(host)).toBe(minute)
      server.clock.advance(1)
    }
  })

  it.each(['no-store', 'max-age=0', 'no-cache'])(
    'A063 keys are kept for a minute, whatever they say: %s',
    async (cacheControl) => {
      const { host, server, client } = await startWithKeys({ 'cache-control': cacheControl })
      for (let i = 0; i < 3; i += 1) expect(await judge(server, client, key)).toBe('200')
      expect(await judge(server, client, nextKey)).toBe('401 invalid_client')
      expect(fetches(host)).toBe(1)
      server.clock.advance(60)
      expect(await judge(server, client, key)).toBe('200')
      expect(fetches(host)).toBe(2)
    },
  )

  it('A116 of several keys without names the one that fits is found, and no other', async () => {
    const { host, server, client } = await startWithKeys()
    const unnamed = { kid: undefined }
    publishKeys(host, [newForgeKey('ES256'), nextKey, key], unnamed)
    expect(await judge(server, client, key)).toBe('200')
    expect(await judge(server, client, nextKey)).toBe('200')
    expect(await judge(server, client, newForgeKey('ES256'))).toBe('401 invalid_client')
    publishKeys(host, [nextKey, newForgeKey('ES256')], unnamed)
    server.clock.advance(60)
    expect(await judge(server, client, newForgeKey('ES256'))).toBe('401 invalid_client')
    expect(await judge(server, client, key)).toBe('401 invalid_client')
  })

  it('A080 a client that gives its keys up needs none any more, and one that gets some needs them', async () => {
    const { host, server } = await startWithDocuments()
    const headers = { 'cache-control': 'no-store' }
    const client = publishClient(host, {}, { headers })
    expect(outcome(await refresh(server, client, 'x'))).toBe('400 invalid_grant')
    publishClient(host, { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.publicJwk] } }, { headers })
    expect(outcome(await refresh(server, client, 'x'))).toBe('401 invalid_client')
    publishClient(host, {}, { headers })
    expect(outcome(await refresh(server, client, 'x'))).toBe('400 invalid_grant')
  })
})

describe('keys that cannot be had', () => {
  it.each<[string, Parameters<DocumentHost['answer']>[1]]>([
    ['have a private one among them', { body: { keys: [key.publicJwk, nextKey.privateJwk] } }],
    ['are only for encryption', { body: { keys: [{ ...key.publicJwk, use: 'enc' }] } }],
    ['are for another algorithm', { body: { keys: [{ ...key.publicJwk, alg: 'ES384' }] } }],
    ['are no set', { body: [key.publicJwk] }],
    ['are not JSON', { body: 'keys' }],
    ['are a page', { headers: { 'content-type': 'text/html' }, body: { keys: [key.publicJwk] } }],
    ['are not there', { status: 404 }],
    ['are too many', { body: { keys: [key.publicJwk], padding: 'x'.repeat(5120) } }],
  ])('A116 no assertion is good where they %s', async (_name, answer) => {
    const { host, server, client } = await startWithKeys()
    host.answer('/jwks', answer)
    expect(await judge(server, client, key)).toBe('401 invalid_client')
  })

  it('A076 A116 no assertion is good where they lead elsewhere, and nobody goes there', async () => {
    const { host, server, client } = await startWithKeys()
    publishKeys(host, [key])
    host.answer('/moved', { body: { keys: [key.publicJwk] } })
    host.answer('/jwks', { status: 302, headers: { location: `${host.origin}/moved` } })
    expect(await judge(server, client, key)).toBe('401 invalid_client')
    expect(host.requests).not.toContain('/moved')
  })

  it('A074 D1 nobody connects to an address that is not public for them', async () => {
    const canary = await startDocumentHost()
    const { host, server } = await startWithDocuments({ httpsHosts: ['localhost', '127.0.0.1'] })
    publishKeys(canary, [key])
    for (const origin of [canary.origin, canary.origin.replace('localhost', '127.0.0.1')]) {
      const metadata = { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: `${origin}/jwks` }
      expect(await judge(server, publishClient(host, metadata, { path: `/${origin.length}` }), key)).toBe(
        '401 invalid_client',
      )
      expect(await judge(server, await newClient(server, metadata), key)).toBe('401 invalid_client')
    }
    expect(canary.connections()).toBe(0)
  })

  it('D9 A116 while their host is away a client may try again, and one that was known goes on', async () => {
    const { host, server, client } = await startWithKeys()
    const unlucky = await newClient(server, {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: `${host.origin}/other`,
    })
    expect(await judge(server, client, key)).toBe('200')
    host.setDown(true)
    server.clock.advance(3600)
    expect(await judge(server, client, key)).toBe('200')
    const answer = await showCredentials(server, assertionParameters(assertionOf(server, unlucky, key)))
    expect(tryLater(answer)).toEqual({ status: 503, seconds: true, challenge: null })
  })

  it('A078 who makes us ask for ever new ones is stopped', async () => {
    const { host, server } = await startWithDocuments()
    const clients = await Promise.all(
      Array.from({ length: 32 }, async (_, i) => {
        const jwks_uri = `${host.origin}/jwks-${i}`
        return await newClient(server, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri })
      }),
    )
    const outcomes = await Promise.all(clients.map(async (client) => await judge(server, client, key)))
    expect(outcomes.filter((one) => one === '429 temporarily_unavailable')).toHaveLength(2)
    expect(host.requests).toHaveLength(30)
  })
})
