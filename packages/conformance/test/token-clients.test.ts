import { afterEach, beforeEach, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { type Answer, type SendOptions, send } from './support/browser.ts'
import {
  type Authorization,
  authorize,
  encode,
  login,
  newClient,
  type Overrides,
  redeem,
  redirectURI,
  refresh,
  register,
  type TestClient,
  tokenRequest,
} from './support/client.ts'
import { startTestServer, type TestServer } from './support/server.ts'

// Every kind of character that form-encoding changes, and one that would end the id if it were not encoded.
const oddClient = {
  client_id: 'team:client +%41/ü',
  client_secret: 'secret:with +%41/=&? and ü',
  redirect_uris: [redirectURI],
}
const plainClient = {
  client_id: 'plain-client',
  client_secret: 'secret:with+%2B-in-it',
  redirect_uris: [redirectURI],
}

let server: TestServer
beforeEach(async () => {
  server = await startTestServer({ clients: [oddClient, plainClient] })
})
afterEach(async () => await server.close())

const formEncode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+')
const basic = (id: string, secret: string): { authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

/** A code's request as plain parameters, without any client credentials. */
function codeParameters(authorization: Authorization): Overrides {
  return {
    grant_type: 'authorization_code',
    code: authorization.code,
    redirect_uri: redirectURI,
    code_verifier: authorization.verifier,
    client_id: undefined,
    client_secret: undefined,
  }
}

async function redeemWithBasic(client: TestClient, headers: { authorization: string }): Promise<Answer> {
  const authorization = await authorize(server, { client })
  return await tokenRequest(server, client, codeParameters(authorization), headers)
}

it('A043 takes Basic credentials with id and secret form-encoded, as the RFC wants it', async () => {
  const headers = basic(formEncode(oddClient.client_id), formEncode(oddClient.client_secret))
  expect((await redeemWithBasic(oddClient, headers)).status).toBe(200)
})

it('A043 takes Basic credentials as they are, as many clients send them', async () => {
  const headers = basic(plainClient.client_id, plainClient.client_secret)
  expect((await redeemWithBasic(plainClient, headers)).status).toBe(200)
})

it('A043 takes Basic credentials of a client that registered itself, whatever the case of the scheme', async () => {
  const client = await newClient(server, { token_endpoint_auth_method: 'client_secret_basic' })
  const { authorization } = basic(client.client_id, String(client.client_secret))
  expect((await redeemWithBasic(client, { authorization: authorization.replace('Basic', 'bAsIc') })).status).toBe(200)
})

it('A043 takes Basic credentials beside the same client_id in the body', async () => {
  const client = await newClient(server, { token_endpoint_auth_method: 'client_secret_basic' })
  const parameters = { ...codeParameters(await authorize(server, { client })), client_id: client.client_id }
  const headers = basic(client.client_id, String(client.client_secret))
  expect((await tokenRequest(server, client, parameters, headers)).status).toBe(200)
})

it('A044 takes the secret in the body', async () => {
  const client = await newClient(server, { token_endpoint_auth_method: 'client_secret_post' })
  expect(client.client_secret).toMatch(/^[\w-]{43}$/)
  expect((await redeem(server, await authorize(server, { client }))).status).toBe(200)
})

it('A044 takes a public client without a secret, and gives it none', async () => {
  const client = await newClient(server, { token_endpoint_auth_method: 'none' })
  expect(client).not.toHaveProperty('client_secret')
  expect(client).not.toHaveProperty('client_secret_expires_at')
  expect((await redeem(server, await authorize(server, { client }))).status).toBe(200)
})

it('A044 counts an empty client_secret of a public client as none', async () => {
  const authorization = await authorize(server)
  expect((await redeem(server, authorization, { client_secret: '' })).status).toBe(200)
})

it('A089 registers a client that names no method for one that works', async () => {
  const answer = await register(server, { token_endpoint_auth_method: undefined })
  const client = answer.json() as unknown as TestClient
  expect(answer.json()['token_endpoint_auth_method']).toBe('client_secret_basic')
  expect((await redeemWithBasic(client, basic(client.client_id, String(client.client_secret)))).status).toBe(200)
})

it('A089 C5 tells when a secret ends, and ends it then', async () => {
  await server.close()
  server = await startTestServer({ lifetimes: { clientRegistration: 3600 } })
  const answer = await register(server, { token_endpoint_auth_method: 'client_secret_post' })
  const client = answer.json() as unknown as TestClient
  expect(answer.json()['client_secret_expires_at']).toBe(server.clock.now() + 3600)
  const tokens = await login(server, { client })
  server.clock.advance(3600)
  expect(outcome(await refresh(server, client, tokens.refresh_token))).toBe('401 invalid_client')
})

const wrongSecret = 'x'.repeat(43)

it.each<[string, (other: string, own: string) => string | undefined]>([
  ['no secret', () => undefined],
  ['a wrong secret', () => wrongSecret],
  ['the secret of another client', (other) => other],
  ['the start of its secret', (_other, own) => own.slice(0, 42)],
])('A045 refuses a confidential client with %s in the body, and its code stays good', async (_case, secretFrom) => {
  const method = 'client_secret_post'
  const client = await newClient(server, { token_endpoint_auth_method: method })
  const other = await newClient(server, { token_endpoint_auth_method: method })
  const authorization = await authorize(server, { client })
  const secret = secretFrom(String(other.client_secret), String(client.client_secret))
  const refused = await redeem(server, authorization, { client_secret: secret })
  expect(outcome(refused)).toBe('401 invalid_client')
  expect(refused.headers.get('www-authenticate')).toBeNull()
  expect((await redeem(server, authorization)).status).toBe(200)
})

it.each([
  ['a wrong secret', (id: string) => basic(id, wrongSecret)],
  ['an empty secret', (id: string) => basic(id, '')],
  ['an unknown id', () => basic('nobody', wrongSecret)],
  ['no id', () => basic('', wrongSecret)],
  ['no colon', (id: string) => ({ authorization: `Basic ${Buffer.from(id).toString('base64')}` })],
  ['something that is no base64', () => ({ authorization: 'Basic %%%' })],
  ['nothing behind the scheme', () => ({ authorization: 'Basic' })],
])('A045 challenges a client that sent Basic credentials with %s', async (_case, headers) => {
  const client = await newClient(server, { token_endpoint_auth_method: 'client_secret_basic' })
  const authorization = await authorize(server, { client })
  const refused = await tokenRequest(server, client, codeParameters(authorization), headers(client.client_id))
  expect(outcome(refused)).toBe('401 invalid_client')
  expect(refused.headers.get('www-authenticate')).toMatch(/^Basic realm="[^"]+"/)
  expect((await redeem(server, authorization)).status).toBe(200)
})

it('A045 refuses an unknown public client', async () => {
  const authorization = await authorize(server)
  const stranger = { ...authorization, client: { client_id: 'nobody' } }
  expect(outcome(await redeem(server, stranger))).toBe('401 invalid_client')
})

it('A045 refuses a confidential client without its secret at a refresh too, and the refresh token stays good', async () => {
  const client = await newClient(server, { token_endpoint_auth_method: 'client_secret_post' })
  const tokens = await login(server, { client })
  const refused = await refresh(server, { client_id: client.client_id }, tokens.refresh_token)
  expect(outcome(refused)).toBe('401 invalid_client')
  expect((await refresh(server, client, tokens.refresh_token)).status).toBe(200)
})

/** One row of the error matrix: what to change about a request that would succeed. */
interface Malformed {
  readonly parameters?: Overrides
  readonly more?: string
  readonly headers?: Record<string, string | readonly string[]>
  readonly body?: (form: string) => string
}

const json = (form: string): string => JSON.stringify(Object.fromEntries(new URLSearchParams(form)))
const repeated = ['grant_type', 'code', 'code_verifier', 'redirect_uri', 'client_id', 'unknown']

it.each<[string, Malformed, string]>([
  ['a JSON body', { headers: { 'content-type': 'application/json' }, body: json }, '400 invalid_request'],
  ['a JSON body that says it is a form', { body: json }, '400 invalid_request'],
  ['a form that says it is text', { headers: { 'content-type': 'text/plain' } }, '400 invalid_request'],
  ['a form that says nothing', { headers: { 'content-type': '' } }, '400 invalid_request'],
  ['an empty body', { body: () => '' }, '400 invalid_request'],
  ['a body of more than 64 KB', { more: `&x=${'x'.repeat(65_536)}` }, '413 invalid_request'],
  ['more parameters than anybody needs', { more: '&x='.repeat(600) }, '400 invalid_request'],
  ['no grant_type', { parameters: { grant_type: undefined } }, '400 invalid_request'],
  ['an empty grant_type', { parameters: { grant_type: '' } }, '400 invalid_request'],
  ['an unknown grant_type', { parameters: { grant_type: 'magic' } }, '400 unsupported_grant_type'],
  ['the grant_type password', { parameters: { grant_type: 'password' } }, '400 unsupported_grant_type'],
  ['client_credentials', { parameters: { grant_type: 'client_credentials' } }, '400 unsupported_grant_type'],
  ['a grant_type in capitals', { parameters: { grant_type: 'AUTHORIZATION_CODE' } }, '400 unsupported_grant_type'],
  ['no code', { parameters: { code: undefined } }, '400 invalid_request'],
  ['an empty code', { parameters: { code: '' } }, '400 invalid_request'],
  ['a refresh without a token', { parameters: { grant_type: 'refresh_token' } }, '400 invalid_request'],
  ['no client at all', { parameters: { client_id: undefined } }, '400 invalid_request'],
  ...repeated.map((name): [string, Malformed, string] => [
    `a repeated ${name}`,
    { more: `&${name}=1&${name}=1` },
    '400 invalid_request',
  ]),
  ['an empty repetition', { more: '&code=' }, '400 invalid_request'],
])('A046 refuses a token request with %s, and the code stays good', async (_case, malformed, refused) => {
  const authorization = await authorize(server)
  const good = { ...codeParameters(authorization), client_id: authorization.client.client_id }
  const form = encode({ ...good, ...malformed.parameters }) + (malformed.more ?? '')
  const answer = await post(malformed.body?.(form) ?? form, malformed.headers)
  expect(outcome(answer)).toBe(refused)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.json()['error_description']).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
  expect((await redeem(server, authorization)).status).toBe(200)
})

it.each([
  ['a secret in the body too', { client_secret: 'own' }, '400 invalid_request'],
  ['another client_id in the body', { client_id: 'somebody-else' }, '400 invalid_request'],
])('A046 refuses Basic credentials with %s, and the code stays good', async (_case, extra, refused) => {
  const client = await newClient(server, { token_endpoint_auth_method: 'client_secret_basic' })
  const authorization = await authorize(server, { client })
  const secret = String(client.client_secret)
  const body = 'client_secret' in extra ? { client_secret: secret } : extra
  const parameters = { ...codeParameters(authorization), ...body }
  const answer = await tokenRequest(server, client, parameters, basic(client.client_id, secret))
  expect(outcome(answer)).toBe(refused)
  expect((await redeem(server, authorization)).status).toBe(200)
})

it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])('A046 answers %s with 405 and what is allowed', async (method) => {
  const answer = await send(server.auth.metadata.authorizationServer.token_endpoint, { method })
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
})

it('A046 does not read a token request from the query', async () => {
  const authorization = await authorize(server)
  const query = encode({ ...codeParameters(authorization), client_id: authorization.client.client_id })
  expect(outcome(await post('', {}, `?${query}`))).toBe('400 invalid_request')
  expect((await redeem(server, authorization)).status).toBe(200)
})

it('A046 ignores parameters it does not know and counts empty ones as omitted', async () => {
  const authorization = await authorize(server)
  const answer = await redeem(server, authorization, { audience: 'x', redirect_uri: '', scope: '', resource: '' })
  expect(answer.status).toBe(200)
})

it('A046 reads a form whose media type has a parameter and any case', async () => {
  const authorization = await authorize(server)
  const form = encode({ ...codeParameters(authorization), client_id: authorization.client.client_id })
  const contentType = 'Application/X-WWW-Form-Urlencoded; charset=UTF-8'
  expect((await post(form, { 'content-type': contentType })).status).toBe(200)
})

async function post(body: string, headers: SendOptions['headers'] = {}, query = ''): Promise<Answer> {
  return await send(server.auth.metadata.authorizationServer.token_endpoint + query, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  })
}
