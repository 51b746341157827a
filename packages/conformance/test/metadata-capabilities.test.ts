/** A062: what the metadata promises works, and nothing works that it does not promise. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { createBrowser, send } from './support/browser.ts'
import {
  authorize,
  encode,
  login,
  newClient,
  type Overrides,
  openConsent,
  redirectURI,
  refresh,
  register,
  type TestClient,
  tokenRequest,
} from './support/client.ts'
import { parametersOf } from './support/pages.ts'
import type { TestServer } from './support/server.ts'
import { createSecureServer, knownClient, startServer } from './support/start.ts'

interface Credentials {
  readonly headers: Record<string, string>
  readonly fields: Overrides
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** How a client shows who it is, by method. */
const methods: Readonly<Record<string, (server: TestServer, client: TestClient) => Credentials>> = {
  none: (_server, { client_id }) => ({ headers: {}, fields: { client_id } }),
  client_secret_post: (_server, { client_id, client_secret }) => ({
    headers: {},
    fields: { client_id, client_secret },
  }),
  client_secret_basic: (_server, { client_id, client_secret }) => ({
    headers: { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` },
    fields: {},
  }),
  private_key_jwt: (server, { client_id }) => ({
    headers: {},
    fields: {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: signAssertion(server, client_id, privateKey),
    },
  }),
}

it('A062 advertises exactly the authentication methods that the following tests use', async () => {
  const server = await startServer()
  const metadata = server.auth.metadata.authorizationServer
  expect([...metadata.token_endpoint_auth_methods_supported].sort()).toEqual(Object.keys(methods).sort())
  expect([...metadata.revocation_endpoint_auth_methods_supported].sort()).toEqual(Object.keys(methods).sort())
  const confidential = Object.keys(methods).filter((method) => method !== 'none')
  expect([...metadata.introspection_endpoint_auth_methods_supported].sort()).toEqual(confidential.sort())
  expect(metadata.token_endpoint_auth_signing_alg_values_supported).toContain('ES256')
  for (const algorithm of metadata.token_endpoint_auth_signing_alg_values_supported) {
    expect(algorithm).toMatch(/^(ES|RS|PS|Ed)/)
  }
})

it.each(Object.entries(methods))(
  'A062 serves a client of the method %s at the token, introspection and revocation endpoints',
  async (method, credentials) => {
    const server = await startServer()
    const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'test', alg: 'ES256' }] }
    const keys = method === 'private_key_jwt' ? { jwks } : {}
    const client = await newClient(server, { token_endpoint_auth_method: method, ...keys })
    const call = async (endpoint: string, fields: Overrides) => {
      const shown = credentials(server, client)
      return await send(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...shown.headers },
        body: encode({ ...shown.fields, ...fields }),
      })
    }
    const metadata = server.auth.metadata.authorizationServer
    const { code, verifier } = await authorize(server, { client })
    const codeGrant = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectURI }
    const issued = await call(metadata.token_endpoint, codeGrant)
    expect(outcome(issued)).toBe('200')
    const refresh_token = String(issued.json()['refresh_token'])
    const refreshed = await call(metadata.token_endpoint, { grant_type: 'refresh_token', refresh_token })
    expect(outcome(refreshed)).toBe('200')
    const token = String(refreshed.json()['access_token'])
    const introspected = await call(metadata.introspection_endpoint, { token })
    const isPublic = method === 'none'
    expect(outcome(introspected)).toBe(isPublic ? '401 invalid_client' : '200')
    expect(introspected.json()['active']).toBe(isPublic ? undefined : true)
    // A resource server that asks about whatever it is shown must not take one kind for the other.
    const refreshToken = await call(metadata.introspection_endpoint, {
      token: String(refreshed.json()['refresh_token']),
    })
    const use = [introspected, refreshToken].map((answer) => answer.json()['token_use'])
    expect(use).toEqual(isPublic ? [undefined, undefined] : [undefined, 'refresh_token'])
    expect(outcome(await call(metadata.revocation_endpoint, { token }))).toBe('200')
    await expect(server.auth.verifyAccessToken(token)).rejects.toMatchObject({ reason: 'grant_revoked' })
  },
)

it('A062 serves the grant types it names, and answers all others with unsupported_grant_type', async () => {
  const server = await startServer()
  const { grant_types_supported } = server.auth.metadata.authorizationServer
  expect(grant_types_supported).toEqual(['authorization_code', 'refresh_token'])
  const tokens = await login(server)
  expect((await refresh(server, tokens.client, tokens.refresh_token)).status).toBe(200)
  const others = [
    'password',
    'implicit',
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:device_code',
    'AUTHORIZATION_CODE',
  ]
  for (const grant_type of others) {
    const fields = { grant_type, username: 'a', password: 'b', assertion: 'c', subject_token: 'd' }
    expect(outcome(await tokenRequest(server, tokens.client, fields))).toBe('400 unsupported_grant_type')
  }
})

it('A062 refuses to register an authentication method that it does not name', async () => {
  const server = await startServer()
  for (const token_endpoint_auth_method of ['tls_client_auth', 'self_signed_tls_client_auth', 'client_secret_jwt']) {
    expect(outcome(await register(server, { token_endpoint_auth_method }))).toBe('400 invalid_client_metadata')
  }
})

it('A062 answers at every endpoint it names', async () => {
  const server = await startServer()
  const members = Object.entries(server.auth.metadata.authorizationServer)
  const endpoints = members.filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri')
  expect(endpoints.map(([name]) => name).sort()).toEqual([
    'authorization_endpoint',
    'introspection_endpoint',
    'jwks_uri',
    'registration_endpoint',
    'revocation_endpoint',
    'token_endpoint',
  ])
  for (const [name, url] of endpoints) {
    const isRead = name === 'authorization_endpoint' || name === 'jwks_uri'
    const answer = await send(String(url), isRead ? {} : { method: 'POST', body: '' })
    expect([name, answer.status === 200 || answer.status === 400]).toEqual([name, true])
  }
})

it.each(['/userinfo', '/par', '/device_authorization', '/end_session', '/introspection', '/.well-known/webfinger'])(
  'A062 leaves %s, which it does not name, to the application',
  async (path) => {
    const server = await startServer()
    expect((await send(server.origin + path)).status).toBe(404)
    expect((await send(server.origin + path, { method: 'POST', body: '' })).status).toBe(404)
  },
)

it('A062 answers in the query, the one response mode it names', async () => {
  const server = await startServer({ clients: [knownClient] })
  expect(server.auth.metadata.authorizationServer.response_modes_supported).toEqual(['query'])
  const asked = await authorize(server, { client: knownClient, over: { response_mode: 'query' } })
  expect(asked.code).not.toBe('')
  for (const response_mode of ['form_post', 'fragment', 'jwt', 'web_message']) {
    const answer = await openConsent(server, knownClient, createBrowser(), { response_mode })
    expect(parametersOf(answer).get('error')).toBe('invalid_request')
  }
})

it('A062 grants every scope that it names', async () => {
  const server = await startServer({ serverScopes: ['tools:run'] })
  const { scopes_supported } = server.auth.metadata.authorizationServer
  expect([...scopes_supported].sort()).toEqual(['email', 'guilds', 'identify', 'offline_access', 'tools:run'])
  const tokens = await login(server, { over: { scope: scopes_supported.join(' ') } })
  expect(tokens.scope.split(' ').sort()).toEqual([...scopes_supported].sort())
})

it.each([true, false])(
  'A062 A069 takes the URL of a document as a client id exactly when it says so (enabled: %s)',
  async (enabled) => {
    const client_id = 'https://client.example/metadata.json'
    const document = { client_id, client_name: 'Document Client', redirect_uris: [redirectURI] }
    const server = createSecureServer({
      clientIdMetadata: {
        enabled,
        fetch: async () => ({
          status: 200,
          headers: new Headers({ 'content-type': 'application/json' }),
          text: JSON.stringify(document),
        }),
      },
    })
    const { client_id_metadata_document_supported } = server.auth.metadata.authorizationServer
    expect(client_id_metadata_document_supported).toBe(enabled ? true : undefined)
    const page = await openConsent(server, { client_id }, server.createBrowser())
    expect(page.status).toBe(enabled ? 200 : 400)
    expect(page.text.includes('Document Client')).toBe(enabled)
  },
)

function signAssertion(server: TestServer, clientId: string, key: KeyObject): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = server.clock.now()
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: server.auth.metadata.authorizationServer.issuer,
    iat: now,
    exp: now + 60,
    jti: crypto.randomUUID(),
  }
  const signed = `${part({ alg: 'ES256', kid: 'test' })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}
