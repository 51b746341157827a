import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { toDiscord, walk } from './person.ts'

/** Only the transport is relaxed, since the server listens on loopback: every check of the answers is on. */
const loopback = { [oauth.allowInsecureRequests]: true } as const
const redirectURI = 'http://127.0.0.1:32765/callback'

let server: TestServer
let as: oauth.AuthorizationServer
let client: oauth.Client
let authentication: oauth.ClientAuth

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => await server.close())

async function discover(algorithm: 'oauth2' | 'oidc'): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(server.origin)
  return await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...loopback, algorithm }))
}

async function register(
  metadata: Partial<oauth.Client>,
): ReturnType<typeof oauth.processDynamicClientRegistrationResponse> {
  const answer = await oauth.dynamicClientRegistrationRequest(as, metadata, loopback)
  return await oauth.processDynamicClientRegistrationResponse(answer)
}

const registration = { redirect_uris: [redirectURI], grant_types: ['authorization_code', 'refresh_token'] }

beforeEach(async () => {
  server.discord.settings.deny = false
  as = await discover('oauth2')
  client = await register({ ...registration, token_endpoint_auth_method: 'none' })
  authentication = oauth.None()
})

function secretOf(registered: Awaited<ReturnType<typeof register>>): string {
  const { client_secret: secret } = registered
  return typeof secret === 'string' ? secret : ''
}

/** The callback of a sign-in, not judged yet. */
async function authorize(verifier: string, over: Record<string, string> = {}): Promise<URL> {
  const url = new URL(String(as.authorization_endpoint))
  const parameters = {
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectURI,
    state: 'xyz',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    resource: server.mcpURL,
    ...over,
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return await walk(url, redirectURI, { elsewhere: toDiscord(server) })
}

async function redeem(callback: URL, verifier: string): Promise<oauth.TokenEndpointResponse> {
  const parameters = oauth.validateAuthResponse(as, client, callback, 'xyz')
  const answer = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    authentication,
    parameters,
    redirectURI,
    verifier,
    loopback,
  )
  return await oauth.processAuthorizationCodeResponse(as, client, answer)
}

async function login(): Promise<oauth.TokenEndpointResponse & { refresh_token: string }> {
  const verifier = oauth.generateRandomCodeVerifier()
  const tokens = await redeem(await authorize(verifier), verifier)
  return { ...tokens, refresh_token: tokens.refresh_token ?? '' }
}

async function refresh(token: string): Promise<oauth.TokenEndpointResponse> {
  const answer = await oauth.refreshTokenGrantRequest(as, client, authentication, token, loopback)
  return await oauth.processRefreshTokenResponse(as, client, answer)
}

async function validate(token: string, audience: string = server.mcpURL): Promise<oauth.JWTAccessTokenClaims> {
  const request = new Request(server.mcpURL, { headers: { authorization: `Bearer ${token}` } })
  return await oauth.validateJwtAccessToken(as, request, audience, loopback)
}

it.each(['oauth2', 'oidc'] as const)('A057 A058 accepts our metadata at its %s address', async (algorithm) => {
  expect(await discover(algorithm)).toMatchObject({
    issuer: server.origin,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  })
})

it('A053 A055 accepts our resource metadata, which names the issuer it found', async () => {
  const resource = new URL(server.mcpURL)
  const answer = await oauth.resourceDiscoveryRequest(resource, loopback)
  const metadata = await oauth.processResourceDiscoveryResponse(resource, answer)
  expect(metadata.authorization_servers).toEqual([as.issuer])
})

it.each([
  { method: 'none', authenticate: () => oauth.None() },
  { method: 'client_secret_basic', authenticate: oauth.ClientSecretBasic },
  { method: 'client_secret_post', authenticate: oauth.ClientSecretPost },
])('A041 A043 A044 A047 logs in with $method and validates the access token', async ({ method, authenticate }) => {
  const registered = await register({ ...registration, token_endpoint_auth_method: method })
  expect(registered['token_endpoint_auth_method']).toBe(method)
  client = registered
  authentication = authenticate(secretOf(registered))
  const tokens = await login()
  expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'identify' })
  expect(await validate(tokens.access_token)).toMatchObject({
    iss: as.issuer,
    aud: server.mcpURL,
    sub: '80351110224678912',
    client_id: client.client_id,
    scope: 'identify',
  })
  const refreshed = await refresh(tokens.refresh_token)
  expect((await validate(refreshed.access_token)).sub).toBe('80351110224678912')
  expect(refreshed.refresh_token).not.toBe(tokens.refresh_token)
})

it('A047 fails its audience check for another resource', async () => {
  const { access_token: token } = await login()
  await expect(validate(token, `${server.origin}/other`)).rejects.toMatchObject({
    code: oauth.JWT_CLAIM_COMPARISON,
    cause: { claim: 'aud', claims: { aud: server.mcpURL } },
  })
})

it('A024 A060 receives iss and knows that it must, so that an answer without it is refused', async () => {
  const callback = await authorize(oauth.generateRandomCodeVerifier())
  const iss = callback.searchParams.get('iss')
  expect(iss).toBe(as.issuer)
  callback.searchParams.delete('iss')
  expect(() => oauth.validateAuthResponse(as, client, callback, 'xyz')).toThrow('"iss" (issuer) missing')
})

it('A089 registers without naming a method and logs in with the one it is given', async () => {
  const registered = await register({ redirect_uris: [redirectURI] })
  expect(registered['token_endpoint_auth_method']).toBe('client_secret_basic')
  client = registered
  authentication = oauth.ClientSecretBasic(secretOf(registered))
  const verifier = oauth.generateRandomCodeVerifier()
  const tokens = await redeem(await authorize(verifier), verifier)
  expect(tokens.access_token).toEqual(expect.any(String))
  expect(tokens.refresh_token).toBeUndefined()
})

it.each(['refresh_token', 'access_token'] as const)('A119 revokes by the %s, and both are dead', async (which) => {
  const tokens = await login()
  const answer = await oauth.revocationRequest(as, client, authentication, String(tokens[which]), loopback)
  await oauth.processRevocationResponse(answer)
  await expect(refresh(tokens.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant', status: 400 })
  const call = oauth.protectedResourceRequest(
    tokens.access_token,
    'POST',
    new URL(server.mcpURL),
    new Headers(),
    null,
    loopback,
  )
  await expect(call).rejects.toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
})

it('A119 accepts what we tell of a token before and after its end', async () => {
  const registered = await register({ ...registration, token_endpoint_auth_method: 'client_secret_post' })
  client = registered
  authentication = oauth.ClientSecretPost(secretOf(registered))
  const { access_token: token } = await login()
  const introspect = async (): Promise<oauth.IntrospectionResponse> => {
    const answer = await oauth.introspectionRequest(as, client, authentication, token, loopback)
    return await oauth.processIntrospectionResponse(as, client, answer)
  }
  expect(await introspect()).toMatchObject({ active: true, client_id: client.client_id, sub: '80351110224678912' })
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, token, loopback))
  expect(await introspect()).toEqual({ active: false })
})

it('A119 accepts the answer to the revocation of an unknown token', async () => {
  const answer = await oauth.revocationRequest(as, client, authentication, 'unknown', loopback)
  await expect(oauth.processRevocationResponse(answer)).resolves.toBeUndefined()
})

it('A031 A054 parses the challenge of the resource', async () => {
  const call = oauth.protectedResourceRequest('garbage', 'POST', new URL(server.mcpURL), new Headers(), null, loopback)
  const error = await call.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
  expect((error as oauth.WWWAuthenticateChallengeError).cause).toEqual([
    {
      scheme: 'bearer',
      parameters: {
        error: 'invalid_token',
        error_description: 'The access token is invalid',
        scope: 'identify',
        resource_metadata: `${server.origin}/.well-known/oauth-protected-resource/mcp`,
      },
    },
  ])
})

it.each([
  {
    id: 'A022',
    what: 'a wrong verifier',
    error: 'invalid_grant',
    spoil: (form: URLSearchParams) => form.set('code_verifier', 'x'.repeat(43)),
  },
  {
    id: 'A023',
    what: 'an unknown code',
    error: 'invalid_grant',
    spoil: (form: URLSearchParams) => form.set('code', 'unknown'),
  },
  {
    id: 'A049',
    what: 'another resource',
    error: 'invalid_target',
    spoil: (form: URLSearchParams) => form.set('resource', 'https://other.example/mcp'),
  },
  {
    id: 'A046',
    what: 'an unknown grant type',
    error: 'unsupported_grant_type',
    spoil: (form: URLSearchParams) => form.set('grant_type', 'password'),
  },
  {
    id: 'A046',
    what: 'a repeated parameter',
    error: 'invalid_request',
    spoil: (form: URLSearchParams) => form.append('code', 'twice'),
  },
])('$id parses the refusal of $what as $error', async ({ error, spoil }) => {
  const verifier = oauth.generateRandomCodeVerifier()
  const callback = oauth.validateAuthResponse(as, client, await authorize(verifier), 'xyz')
  const answer = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    authentication,
    callback,
    redirectURI,
    verifier,
    {
      ...loopback,
      [oauth.customFetch]: async (url, { body, ...init }) => {
        spoil(body)
        return await fetch(url, { ...init, body })
      },
    },
  )
  const refused = oauth.processAuthorizationCodeResponse(as, client, answer)
  await expect(refused).rejects.toBeInstanceOf(oauth.ResponseBodyError)
  await expect(refused).rejects.toMatchObject({ error, status: 400, error_description: expect.any(String) })
})

it('A045 parses the refusal of a wrong secret as a Basic challenge', async () => {
  client = await register(registration)
  authentication = oauth.ClientSecretBasic('wrong')
  const refused = refresh('unknown')
  await expect(refused).rejects.toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
  await expect(refused).rejects.toMatchObject({ status: 401, cause: [{ scheme: 'basic' }] })
})

it('A026 parses a denied sign-in, with state and iss, as an authorization error', async () => {
  server.discord.settings.deny = true
  const callback = await authorize(oauth.generateRandomCodeVerifier())
  const judge = (): unknown => oauth.validateAuthResponse(as, client, callback, 'xyz')
  expect(judge).toThrow(oauth.AuthorizationResponseError)
  expect(judge).toThrow(
    expect.objectContaining({ error: 'access_denied', error_description: 'The sign-in was denied' }),
  )
})

it.each([
  { id: 'A083', metadata: { redirect_uris: ['http://evil.example/callback'] }, error: 'invalid_redirect_uri' },
  { id: 'A084', metadata: {}, error: 'invalid_redirect_uri' },
  {
    id: 'A087',
    metadata: { ...registration, token_endpoint_auth_method: 'tls_client_auth' },
    error: 'invalid_client_metadata',
  },
])('$id parses a refused registration as $error', async ({ metadata, error }) => {
  await expect(register(metadata)).rejects.toMatchObject({ error, status: 400 })
})
