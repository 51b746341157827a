/** An MCP client and its user, step by step: every step can be taken wrongly on purpose. @module */
import { createHash, randomBytes } from 'node:crypto'
import type { OAuthProxy } from '@mcp-auth/core'
import { redirectURI } from '../support/redirect-uri.ts'
import { type Answer, type Browser, createBrowser, send } from './browser.ts'

export { redirectURI }

/** A server to sign in at, and the IdP behind it, which is asked without a network. */
export interface SignInServer {
  readonly auth: OAuthProxy
  readonly mcpURL: string
  readonly idp: { fetch(request: Request): Promise<Response> }
}

/** A registered client. */
export interface TestClient {
  readonly client_id: string
  readonly client_secret?: string
}

/** A PKCE pair. */
export function newPKCE(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** Registers a client; `metadata` overrides or adds members. */
export async function register(
  server: Pick<SignInServer, 'auth'>,
  metadata: Record<string, unknown> = {},
): Promise<Answer> {
  return await send(`${server.auth.metadata.authorizationServer.registration_endpoint}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: [redirectURI],
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      client_name: 'Test Client',
      ...metadata,
    }),
  })
}

/** Registers a client that must be accepted. */
export async function newClient(
  server: Pick<SignInServer, 'auth'>,
  metadata: Record<string, unknown> = {},
): Promise<TestClient> {
  const answer = await register(server, metadata)
  if (answer.status !== 201) throw new Error(`registration: ${answer.status} ${answer.text}`)
  return answer.json() as unknown as TestClient
}

/** Parameters of a request; `undefined` leaves one out, a list repeats it. */
export type Overrides = Readonly<Record<string, string | readonly string[] | undefined>>

/** Encodes parameters. */
export function encode(parameters: Overrides): string {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue
    for (const one of typeof value === 'string' ? [value] : value) form.append(name, one)
  }
  return form.toString()
}

/** The URL of an authorization request. */
export function authorizeURL(
  server: Pick<SignInServer, 'auth' | 'mcpURL'>,
  client: TestClient,
  challenge: string,
  over: Overrides = {},
): string {
  const parameters = {
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectURI,
    state: 'client-state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    scope: 'identify',
    resource: server.mcpURL,
    ...over,
  }
  return `${server.auth.metadata.authorizationServer.authorization_endpoint}?${encode(parameters)}`
}

/** A page together with its address. */
export type Page = Answer & { readonly url: string }

/** Opens the consent page. */
export async function openConsent(
  server: SignInServer,
  client: TestClient,
  browser: Browser,
  over: Overrides = {},
  pkce: { verifier: string; challenge: string } = newPKCE(),
): Promise<Page & { readonly verifier: string }> {
  const url = authorizeURL(server, client, pkce.challenge, over)
  return { ...(await browser.load(url)), url, verifier: pkce.verifier }
}

/** Approves on the consent page and signs in at the IdP; stops at the URL of our callback, not loaded yet. */
export async function signIn(server: SignInServer, browser: Browser, page: Page): Promise<string> {
  const approved = await browser.submit(page, { decision: 'approve' })
  if (approved.location === undefined) throw new Error(`approval: ${approved.status} ${approved.text.slice(0, 300)}`)
  const back = await server.idp.fetch(new Request(approved.location))
  const location = back.headers.get('location')
  if (location === null) throw new Error(`the IdP answered ${back.status} to ${approved.location}`)
  return location
}

/** A whole sign-in: what arrived at the client's redirect URI. */
export interface Authorization {
  readonly answer: Answer
  readonly parameters: URLSearchParams
  readonly code: string
  readonly verifier: string
  readonly client: TestClient
}

/** Signs in and returns what the client gets. */
export async function authorize(
  server: SignInServer,
  options: { readonly client?: TestClient; readonly browser?: Browser; readonly over?: Overrides } = {},
): Promise<Authorization> {
  const client = options.client ?? (await newClient(server))
  const browser = options.browser ?? createBrowser()
  const page = await openConsent(server, client, browser, options.over)
  const callback = await signIn(server, browser, page)
  const answer = await browser.load(callback, { from: 'https://idp.example/' })
  const parameters = new URL(answer.location ?? 'about:blank').searchParams
  return { answer, parameters, code: parameters.get('code') ?? '', verifier: page.verifier, client }
}

/** A token request with a client's credentials in the body; `over` changes parameters. */
export async function tokenRequest(
  server: Pick<SignInServer, 'auth'>,
  client: TestClient,
  over: Overrides,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return await send(server.auth.metadata.authorizationServer.token_endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: encode({ client_id: client.client_id, client_secret: client.client_secret, ...over }),
  })
}

/** Redeems a code. */
export async function redeem(
  server: SignInServer,
  authorization: Authorization,
  over: Overrides = {},
): Promise<Answer> {
  return await tokenRequest(server, authorization.client, {
    grant_type: 'authorization_code',
    code: authorization.code,
    redirect_uri: redirectURI,
    code_verifier: authorization.verifier,
    ...over,
  })
}

/** Refreshes. */
export async function refresh(
  server: Pick<SignInServer, 'auth'>,
  client: TestClient,
  refreshToken: string,
  over: Overrides = {},
): Promise<Answer> {
  return await tokenRequest(server, client, { grant_type: 'refresh_token', refresh_token: refreshToken, ...over })
}

/** Tokens of a fresh sign-in. */
export interface TestTokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly scope: string
  readonly expires_in: number
  readonly client: TestClient
  readonly authorization: Authorization
}

/** Signs in and redeems; throws when either fails. */
export async function login(
  server: SignInServer,
  options: { readonly client?: TestClient; readonly over?: Overrides } = {},
): Promise<TestTokens> {
  const authorization = await authorize(server, options)
  const answer = await redeem(server, authorization)
  if (answer.status !== 200) {
    throw new Error(
      `token: ${answer.status} ${answer.text} after ${authorization.answer.status} ${authorization.answer.location}`,
    )
  }
  const tokens = answer.json() as unknown as TestTokens
  return { ...tokens, client: authorization.client, authorization }
}

/** Calls the protected endpoint. */
export async function callMCP(
  server: Pick<SignInServer, 'mcpURL'>,
  accessToken?: string,
  options: {
    readonly method?: string
    readonly headers?: Record<string, string | readonly string[]>
    readonly body?: string
  } = {},
): Promise<Answer> {
  return await send(server.mcpURL, {
    method: options.method ?? 'POST',
    ...(options.body === undefined ? {} : { body: options.body }),
    headers: {
      'content-type': 'application/json',
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
      ...options.headers,
    },
  })
}
