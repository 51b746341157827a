import { expect, it } from 'vitest'
import { walk } from './clients/person.ts'
import { outcome } from './support/answers.ts'
import { send } from './support/browser.ts'
import {
  authorizeURL,
  callMCP,
  newPKCE,
  type Overrides,
  redirectURI,
  refresh,
  register,
  type TestClient,
  tokenRequest,
} from './support/client.ts'
import { type ReadyServer, readyProvider, startReady } from './support/ready-idp.ts'

/** A client that the operator registered by hand, once and for all. */
const desk = {
  client_id: 'desk',
  client_secret: 'a-secret-of-thirty-two-characters',
  client_name: 'Desk',
  redirect_uris: [redirectURI],
}

/** A sign-in with a static client; what the token endpoint gives for it. */
async function login(
  server: ReadyServer,
  client: TestClient = desk,
  over: Overrides = {},
): Promise<Record<string, unknown> & { access_token: string; refresh_token: string }> {
  const { verifier, challenge } = newPKCE()
  const start = new URL(authorizeURL(server, client, challenge, { scope: undefined, ...over }))
  const back = await walk(start, redirectURI, { elsewhere: (url) => server.idp.elsewhere(url) })
  const answer = await tokenRequest(server, client, {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    redirect_uri: redirectURI,
    code_verifier: verifier,
  })
  expect(outcome(answer)).toBe('200')
  return answer.json() as Awaited<ReturnType<typeof login>>
}

it('A101 signs in a static client in front of a ready client of the provider, with the default scopes', async () => {
  const server = await startReady({ clients: [desk] })
  const tokens = await login(server)
  expect(tokens['scope']).toBe('openid read')
  expect(server.idp.last('authorize')?.parameters).toEqual({
    response_type: 'code',
    client_id: 'ready-client',
    redirect_uri: `${server.origin}/auth/callback`,
    scope: 'openid read',
    state: expect.any(String),
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_challenge_method: 'S256',
  })
  expect(server.idp.last('token')?.authorization).toBe(`Basic ${btoa('ready-client:ready-secret')}`)
  const facts = { subject: 'user-1', scopes: ['openid', 'read'], clientId: 'desk' }
  expect((await callMCP(server, tokens.access_token)).json()).toMatchObject(facts)
})

it('A046 refuses a static client with a wrong secret, and one the operator does not know', async () => {
  const server = await startReady({ clients: [desk] })
  const { refresh_token } = await login(server)
  const impostor = { ...desk, client_secret: 'another-secret-of-thirty-two-char' }
  expect(outcome(await refresh(server, impostor, refresh_token))).toBe('401 invalid_client')
  expect(outcome(await refresh(server, { client_id: 'unknown' }, refresh_token))).toBe('401 invalid_client')
  expect(outcome(await refresh(server, desk, refresh_token))).toBe('200')
})

it('asks for the default scopes of the operator, and for more only when the client does', async () => {
  const server = await startReady({ clients: [desk], defaultScopes: ['read'] })
  expect((await login(server))['scope']).toBe('read')
  // What the provider needs to say who it is comes on top, and is not the client's.
  expect(server.idp.last('authorize')?.parameters['scope']?.split(' ').toSorted()).toEqual(['openid', 'read'])
  expect((await login(server, desk, { scope: 'read write' }))['scope']).toBe('read write')
  const challenge = (await callMCP(server)).headers.get('www-authenticate')
  expect(challenge).toContain('scope="read"')
})

it('sends the default audience and further parameters with the sign-in, the code and every refresh', async () => {
  const provider = readyProvider({
    authorizationParameters: { audience: 'https://api.example', prompt: 'select_account' },
    tokenParameters: { audience: 'https://api.example', tenant: 'one' },
    refreshSendsScope: true,
  })
  const server = await startReady({ clients: [desk], provider })
  const tokens = await login(server)
  expect(server.idp.last('authorize')?.parameters).toMatchObject({
    audience: 'https://api.example',
    prompt: 'select_account',
    client_id: 'ready-client',
  })
  expect(server.idp.last('token')?.parameters).toEqual({
    grant_type: 'authorization_code',
    code: expect.any(String),
    code_verifier: expect.any(String),
    redirect_uri: `${server.origin}/auth/callback`,
    audience: 'https://api.example',
    tenant: 'one',
  })
  const before = (await callMCP(server, tokens.access_token)).json()['upstream']
  server.clock.advance(601)
  const after = (await callMCP(server, tokens.access_token)).json()['upstream']
  expect(after).not.toBe(before)
  expect(server.idp.last('refresh')?.parameters).toEqual({
    grant_type: 'refresh_token',
    refresh_token: expect.any(String),
    audience: 'https://api.example',
    tenant: 'one',
    scope: 'openid read',
  })
})

it('A101 lets further parameters replace none of its own', async () => {
  const bad = {
    client_id: 'other',
    redirect_uri: 'https://evil.example',
    state: 'x',
    scope: 'all',
    code_challenge: 'x',
  }
  const provider = readyProvider({
    authorizationParameters: { ...bad, response_type: 'token', code_challenge_method: 'plain' },
    tokenParameters: { ...bad, grant_type: 'password', code: 'x', code_verifier: 'x' },
  })
  const server = await startReady({ clients: [desk], provider })
  await login(server)
  expect(server.idp.last('authorize')?.parameters).toMatchObject({
    response_type: 'code',
    client_id: 'ready-client',
    redirect_uri: `${server.origin}/auth/callback`,
    scope: 'openid read',
    code_challenge_method: 'S256',
    state: expect.not.stringMatching(/^x$/),
  })
  expect(server.idp.last('token')?.parameters).toMatchObject({
    grant_type: 'authorization_code',
    redirect_uri: `${server.origin}/auth/callback`,
    code: expect.stringMatching(/^code~/),
    code_verifier: expect.stringMatching(/^[\w-]{43,}$/),
  })
})

it('A101 passes no parameter of the client on to the provider', async () => {
  const server = await startReady({ clients: [desk] })
  const extra = {
    audience: 'https://evil.example',
    prompt: 'consent',
    acr_values: 'x',
    login_hint: 'victim',
    tenant: 'x',
  }
  await login(server, desk, extra)
  const sent = Object.keys(server.idp.last('authorize')?.parameters ?? {})
  for (const name of [...Object.keys(extra), 'resource']) expect(sent).not.toContain(name)
})

it.each([
  ['client_secret_post', 'ready-secret', { client_id: 'ready-client', client_secret: 'ready-secret' }],
  ['none', '', { client_id: 'ready-client' }],
] as const)('shows the provider its ready client by %s', async (tokenEndpointAuthMethod, clientSecret, shown) => {
  const server = await startReady({
    clients: [desk],
    provider: readyProvider({ tokenEndpointAuthMethod, clientSecret }),
  })
  await login(server)
  const { parameters, authorization } = server.idp.last('token') ?? {}
  expect(authorization).toBeNull()
  expect(parameters).toEqual({
    grant_type: 'authorization_code',
    code: expect.any(String),
    code_verifier: expect.any(String),
    redirect_uri: `${server.origin}/auth/callback`,
    ...shown,
  })
})

it('A062 A081 offers registration beside static clients, and CIMD unless it is off', async () => {
  const server = await startReady({ clients: [desk], clientIdMetadata: { enabled: false } })
  const answer = await register(server)
  expect(answer.status).toBe(201)
  const tokens = await login(server, answer.json() as unknown as TestClient)
  expect((await callMCP(server, tokens.access_token)).status).toBe(200)
  const metadata = (await send(`${server.origin}/.well-known/oauth-authorization-server`)).json()
  expect(metadata['client_id_metadata_document_supported']).not.toBe(true)
})

it('A016 keeps what the provider issued from client and page', async () => {
  const server = await startReady({ clients: [desk] })
  const tokens = await login(server)
  expect(JSON.stringify(tokens)).not.toMatch(/access~\d|refresh~\d|code~\d/)
  for (const secret of ['access~2', 'refresh~2']) {
    expect(outcome(await callMCP(server, secret))).toBe('401 invalid_token')
  }
})
