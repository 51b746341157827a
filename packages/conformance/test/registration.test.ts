/** Dynamic client registration. */
import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { type Answer, createBrowser, send } from './support/browser.ts'
import { authorize, newClient, openConsent, redeem, redirectURI, register } from './support/client.ts'
import { localPage, pageText, shownBy } from './support/pages.ts'
import type { TestServer } from './support/server.ts'
import { startServer } from './support/start.ts'
import { createOutage } from './support/stores.ts'

it('A081 answers 201 with the id, the time and the metadata in force, and nobody may store the answer', async () => {
  const server = await startServer()
  const answer = await register(server, { client_name: 'Test Client' })
  expect(answer.status).toBe(201)
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('pragma')).toBe('no-cache')
  expect(answer.json()).toEqual({
    client_id: expect.stringMatching(/^dcr_[\w-]{40,396}$/) as unknown,
    client_id_issued_at: server.clock.now(),
    redirect_uris: [redirectURI],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    client_name: 'Test Client',
  })
})

it('A081 stores nothing for a registration, so that registering costs the server nothing', async () => {
  const store = createOutage()
  const server = await startServer({ wrapStore: store.wrap })
  store.start()
  expect((await register(server)).status).toBe(201)
  expect(store.steps).toEqual([])
})

it('A082 gives a public client no secret', async () => {
  const server = await startServer()
  const client = (await register(server, { token_endpoint_auth_method: 'none' })).json()
  expect(Object.keys(client)).not.toContain('client_secret')
  expect(Object.keys(client)).not.toContain('client_secret_expires_at')
})

it.each(['client_secret_basic', 'client_secret_post'])(
  'A082 gives a client of %s a secret with its end, and a different one to every client',
  async (token_endpoint_auth_method) => {
    const server = await startServer({ lifetimes: { clientRegistration: 86_400 } })
    const first = (await register(server, { token_endpoint_auth_method })).json()
    const second = (await register(server, { token_endpoint_auth_method })).json()
    expect(first['client_secret']).toMatch(/^[\w-]{43}$/)
    expect(first['client_secret_expires_at']).toBe(server.clock.now() + 86_400)
    expect(second['client_secret']).not.toBe(first['client_secret'])
  },
)

it('A082 makes ids that are unguessable, of one request never the same twice, and never a URL', async () => {
  const server = await startServer()
  const ids = new Set<string>()
  for (let count = 0; count < 5; count += 1) ids.add((await newClient(server)).client_id)
  expect(ids.size).toBe(5)
  for (const id of ids) {
    expect(id).toMatch(/^dcr_[\w-]+$/)
    expect(id).not.toContain(Buffer.from('32767').toString('base64url'))
    expect(Buffer.from(id.slice(4), 'base64url').toString('latin1')).not.toContain('32767')
  }
})

it('A082 lets nobody choose an id or a secret', async () => {
  const server = await startServer()
  const chosen = { client_id: 'chosen', client_secret: 'chosen-secret', client_id_issued_at: 1 }
  const client = (await register(server, { ...chosen, token_endpoint_auth_method: 'client_secret_post' })).json()
  expect(client['client_id']).toMatch(/^dcr_/)
  expect(client['client_secret']).not.toBe('chosen-secret')
  expect(client['client_id_issued_at']).toBe(server.clock.now())
})

it.each([
  ['missing', undefined, 'invalid_redirect_uri'],
  ['empty', [], 'invalid_redirect_uri'],
  ['null', null, 'invalid_redirect_uri'],
  ['a text', redirectURI, 'invalid_redirect_uri'],
  ['a number', 5, 'invalid_redirect_uri'],
  ['an object', { 0: redirectURI }, 'invalid_redirect_uri'],
  ['a list of numbers', [1], 'invalid_redirect_uri'],
  ['a list of nothing', [null], 'invalid_redirect_uri'],
  ['a list of lists', [[redirectURI]], 'invalid_redirect_uri'],
  ['a list of empty texts', [''], 'invalid_redirect_uri'],
])('A084 refuses redirect_uris that are %s', async (_case, redirect_uris, error) => {
  const server = await startServer()
  expect(outcome(await register(server, { redirect_uris }))).toBe(`400 ${error}`)
})

it.each(['{bad', '{"redirect_uris":', '[]', 'null', '"x"', '5', '', '\u0000', '{"redirect_uris":["\ud800"]}'])(
  'A085 answers the body %j with a JSON error',
  async (body) => {
    const server = await startServer()
    const answer = await post(server, body, 'application/json')
    expect(answer.status).toBe(400)
    expect(['invalid_client_metadata', 'invalid_redirect_uri']).toContain(answer.json()['error'])
  },
)

it.each(['text/plain', 'application/x-www-form-urlencoded', 'text/json', 'multipart/form-data', undefined])(
  'A085 refuses registration metadata of the media type %s',
  async (type) => {
    const server = await startServer()
    expect(outcome(await post(server, JSON.stringify({ redirect_uris: [redirectURI] }), type))).toBe(
      '400 invalid_request',
    )
  },
)

it('A085 reads JSON whose media type has a parameter', async () => {
  const server = await startServer()
  const body = JSON.stringify({ redirect_uris: [redirectURI] })
  expect((await post(server, body, 'Application/JSON; charset=utf-8')).status).toBe(201)
})

it('A085 answers with the code and its description, and nothing else', async () => {
  const server = await startServer()
  const answer = await register(server, { redirect_uris: 5 })
  expect(Object.keys(answer.json())).toEqual(['error', 'error_description'])
  expect(answer.headers.get('cache-control')).toBe('no-store')
})

it('A086 refuses a body of 2 MB with 413, announced or not, and goes on serving', async () => {
  const server = await startServer()
  const body = JSON.stringify({ redirect_uris: [redirectURI], client_name: 'x'.repeat(2_000_000) })
  expect(outcome(await post(server, body, 'application/json'))).toBe('413 invalid_request')
  const url = server.auth.metadata.authorizationServer.registration_endpoint ?? ''
  const chunked = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: new Blob([body]).stream(),
    duplex: 'half',
  } as RequestInit)
  expect(chunked.status).toBe(413)
  expect((await register(server)).status).toBe(201)
})

it.each([
  ['1000 redirect URIs', { redirect_uris: many(1000) }, 'invalid_redirect_uri'],
  ['11 redirect URIs', { redirect_uris: many(11) }, 'invalid_redirect_uri'],
  ['a redirect URI of 3 KB', { redirect_uris: [`https://client.example/${'x'.repeat(3000)}`] }, 'invalid_redirect_uri'],
  ['ten long redirect URIs', { redirect_uris: many(10, 'x'.repeat(200)) }, 'invalid_client_metadata'],
])('A086 refuses %s and says what to shorten', async (_case, metadata, error) => {
  const server = await startServer()
  const answer = await register(server, metadata)
  expect(outcome(answer)).toBe(`400 ${error}`)
  expect(answer.json()['error_description']).toMatch(/redirect URI|redirect_uris/)
})

it('A086 slows one source down that registers without end, and lets it go on later', async () => {
  const server = await startServer()
  let answer = await register(server)
  let accepted = 0
  for (; answer.status === 201 && accepted < 1000; accepted += 1) {
    const forwarded = { 'x-forwarded-for': `203.0.113.${accepted % 250}`, forwarded: `for=203.0.113.${accepted % 250}` }
    const body = JSON.stringify({ redirect_uris: [redirectURI] })
    answer = await post(server, body, 'application/json', forwarded)
  }
  expect(accepted).toBeLessThan(400)
  expect(outcome(answer)).toBe('429 temporarily_unavailable')
  const wait = Number(answer.headers.get('retry-after'))
  expect(wait).toBeGreaterThanOrEqual(1)
  server.clock.advance(wait)
  expect((await register(server)).status).toBe(201)
})

it('A086 lets a registration expire: page and token endpoint then tell to register again', async () => {
  const server = await startServer({ lifetimes: { clientRegistration: 3600 } })
  const client = await newClient(server)
  server.clock.advance(3599)
  expect((await openConsent(server, client, createBrowser())).status).toBe(200)
  const authorization = await authorize(server, { client })
  server.clock.advance(1)
  const page = await openConsent(server, client, createBrowser())
  expect(shownBy(page)).toEqual(localPage(400))
  expect(pageText(page)).toContain('register')
  expect(outcome(await redeem(server, authorization))).toBe('401 invalid_client')
})

it.each([
  ['an unknown method', { token_endpoint_auth_method: 'tls_client_auth' }],
  ['an empty method', { token_endpoint_auth_method: '' }],
  ['a method that is no text', { token_endpoint_auth_method: ['none'] }],
  ['private_key_jwt without keys', { token_endpoint_auth_method: 'private_key_jwt' }],
  ['grant types without authorization_code', { grant_types: ['client_credentials'] }],
  ['the implicit grant', { grant_types: ['implicit'], response_types: ['token'] }],
  ['response types without code', { response_types: ['token', 'id_token'] }],
  ['a list of a thousand grant types', { grant_types: Array.from({ length: 1000 }, () => 'authorization_code') }],
])('A087 refuses %s', async (_case, metadata) => {
  const server = await startServer()
  expect(outcome(await register(server, metadata))).toBe('400 invalid_client_metadata')
})

it('A087 names in the answer only grant and response types that it has', async () => {
  const server = await startServer()
  const grant_types = ['password', 'authorization_code', 'implicit', 'refresh_token', 'urn:x']
  const client = (await register(server, { grant_types, response_types: ['code', 'token'] })).json()
  expect(client['grant_types']).toEqual(['authorization_code', 'refresh_token'])
  expect(client['response_types']).toEqual(['code'])
})

it.each(['client_uri', 'logo_uri', 'policy_uri', 'tos_uri', 'software_statement'])(
  'A088 does not take over a %s with a script in it',
  async (name) => {
    const server = await startServer()
    for (const value of [
      'javascript:alert(1)',
      'data:text/html,<script>',
      'https://x.example/"><script>',
      ' https://x',
    ]) {
      const answer = await register(server, { [name]: value })
      expect(answer.status).toBe(201)
      expect(answer.json()).not.toHaveProperty(name)
    }
  },
)

it('A088 refuses a jwks_uri that is not https, for a client that would need it', async () => {
  const server = await startServer()
  for (const jwks_uri of ['javascript:alert(1)', 'http://client.example/jwks', 'file:///etc/passwd', '/jwks']) {
    const answer = await register(server, { token_endpoint_auth_method: 'private_key_jwt', jwks_uri })
    expect(outcome(answer)).toBe('400 invalid_client_metadata')
  }
})

it.each([
  ['markup', '<b>x</b>', '<b>x</b>'],
  ['a change of direction', 'a\u202Eb\u2066c', 'abc'],
  ['control characters', 'a\u0000b\u001b[31m', 'ab[31m'],
  ['10 KB', 'x'.repeat(10_000), 'x'.repeat(80)],
  ['pairs of code units', '🙂'.repeat(100), '🙂'.repeat(80)],
  ['nothing visible', '\u200b\u200b', undefined],
  ['nothing', '', undefined],
  ['null', null, undefined],
])('A088 takes a client_name of %s as a name, cleaned', async (_case, client_name, kept) => {
  const server = await startServer()
  const answer = await register(server, { client_name })
  expect(answer.status).toBe(201)
  expect(answer.json()['client_name']).toBe(kept)
})

it.each([5, ['a'], { a: 1 }, true])('A088 refuses the client_name %j', async (client_name) => {
  const server = await startServer()
  expect(outcome(await register(server, { client_name }))).toBe('400 invalid_client_metadata')
})

it('A088 is not impressed by members that objects know', async () => {
  const server = await startServer()
  const polluting = `{"__proto__":{"client_secret":"x","admin":true},"constructor":{"prototype":{"polluted":1}},`
  const answer = await post(server, `${polluting}"redirect_uris":["${redirectURI}"]}`, 'application/json')
  expect(answer.status).toBe(201)
  expect(answer.text).not.toMatch(/"admin"|polluted|constructor/)
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
})

it('A089 gives a client that names no method client_secret_basic, and that method works', async () => {
  const server = await startServer()
  const answer = await register(server, { token_endpoint_auth_method: undefined, grant_types: undefined })
  const client = answer.json() as { client_id: string; client_secret: string }
  expect(answer.json()).toMatchObject({
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code'],
    response_types: ['code'],
  })
  const { code, verifier } = await authorize(server, { client })
  const token = await send(server.auth.metadata.authorizationServer.token_endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}`,
    },
    body: new URLSearchParams({ grant_type: 'authorization_code', code, code_verifier: verifier }).toString(),
  })
  expect(token.status).toBe(200)
})

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' }] }

it.each([
  ['application_type native', { application_type: 'native' }, { application_type: 'native' }],
  ['application_type web', { application_type: 'web' }, { application_type: 'web' }],
  ['an application_type nobody knows', { application_type: 'tv' }, {}],
  ['an application_type of null', { application_type: null }, {}],
  ['names in languages', { 'client_name#de': 'Klient' }, {}],
  ['software members', { software_id: 'x', software_version: '1', contacts: ['a@client.example'] }, {}],
  ['members nobody knows', { unknown_member: { deep: [1] } }, {}],
  ['a scope', { scope: 'identify nope' }, {}],
  ['a client_uri', { client_uri: 'https://client.example/' }, { client_uri: 'https://client.example/' }],
  ['refresh_token', { grant_types: ['authorization_code', 'refresh_token'] }, {}],
  ['private_key_jwt', { token_endpoint_auth_method: 'private_key_jwt', jwks }, { jwks }],
])('A090 accepts a registration with %s and echoes what is in force', async (_case, metadata, echoed) => {
  const server = await startServer()
  const answer = await register(server, metadata)
  expect(answer.status).toBe(201)
  expect(answer.json()).toMatchObject(echoed)
  const known = [
    'client_id',
    'client_id_issued_at',
    'redirect_uris',
    'token_endpoint_auth_method',
    'grant_types',
    'response_types',
    'client_name',
    ...Object.keys(echoed),
  ]
  expect(Object.keys(answer.json()).filter((name) => !known.includes(name))).toEqual([])
  expect(Object.values(answer.json())).not.toContain(null)
})

it('A087 A090 answers other methods than POST with 405 and Allow', async () => {
  const server = await startServer()
  const url = server.auth.metadata.authorizationServer.registration_endpoint ?? ''
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const answer = await send(url, { method })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  }
})

function many(count: number, path = 'cb'): string[] {
  return Array.from({ length: count }, (_, index) => `https://client.example/${path}${index}`)
}

async function post(
  server: TestServer,
  body: string,
  type: string | undefined,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return await send(server.auth.metadata.authorizationServer.registration_endpoint ?? '', {
    method: 'POST',
    headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) },
    body,
  })
}
