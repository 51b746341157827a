/** An MCP client and its user, step by step, in one process. @module */
import type { AuthSession, OAuthProxy } from '@mcp-auth/core'
import { formsOf } from '../support/forms.ts'
import { redirectURI } from '../support/redirect-uri.ts'
import type { Lab, LabAnswer } from './lab.ts'

/** A person's browser: cookies, and the address of the page it shows. */
export type Cookies = Map<string, string>

/** A sign-in that has come back from the IdP, up to the callback that is not loaded yet. */
export interface Return {
  readonly cookies: Cookies
  /** Where the proxy sent the browser. */
  readonly authorizationURL: URL
  /** Our callback with what the IdP added to it. */
  readonly callbackURL: string
  readonly clientId: string
  readonly verifier: string
}

/** Tokens of a client. */
export interface ClientTokens {
  readonly clientId: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly scopes: readonly string[]
}

/** What a client asks for. */
export interface SignInOptions {
  readonly clientId?: string
  /** Default: names none, which means the provider's own. */
  readonly scopes?: readonly string[]
}

/** Registers a public client. */
async function register(lab: Lab): Promise<string> {
  const metadata = {
    redirect_uris: [redirectURI],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    client_name: 'Contract Client',
  }
  const endpoint = String(lab.auth.metadata.authorizationServer.registration_endpoint)
  const headers = { 'content-type': 'application/json' }
  const answer = await lab.send(new Request(endpoint, { method: 'POST', headers, body: JSON.stringify(metadata) }))
  if (answer.status !== 201) throw new Error(`registration: ${answer.status} ${answer.text}`)
  const clientId = String(answer.json()['client_id'])
  lab.clientSecrets.add(clientId)
  return clientId
}

/** Asks for authorization, approves on the consent page and signs in at the IdP. */
export async function goToIdP(lab: Lab, options: SignInOptions = {}): Promise<Return> {
  const approved = await approve(lab, options)
  return { ...approved, callbackURL: await visitIdP(lab, approved.authorizationURL.href) }
}

/** Asks for authorization and approves on the consent page, up to the address at the IdP. */
export async function approve(lab: Lab, options: SignInOptions = {}): Promise<Omit<Return, 'callbackURL'>> {
  const clientId = options.clientId ?? (await register(lab))
  const cookies: Cookies = new Map()
  const verifier = randomText()
  const url = new URL(String(lab.auth.metadata.authorizationServer.authorization_endpoint))
  const state = clientState()
  const challenge = await calculateChallenge(verifier)
  for (const secret of [verifier, state, challenge]) lab.clientSecrets.add(secret)
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectURI,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    resource: lab.auth.metadata.protectedResource.resource,
    ...(options.scopes ? { scope: options.scopes.join(' ') } : {}),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  const page = await browse(lab, cookies, url.href)
  const [form] = formsOf(page.text, url.href)
  if (!form) throw new Error(`no consent page: ${page.status} ${page.text.slice(0, 300)}`)
  const approved = await browse(lab, cookies, form.action, { ...form.fields, decision: 'approve' })
  if (approved.location === undefined) throw new Error(`approval: ${approved.status} ${approved.text.slice(0, 300)}`)
  return { cookies, clientId, verifier, authorizationURL: new URL(approved.location) }
}

/** Follows the IdP's redirects until they lead back to the proxy. */
async function visitIdP(lab: Lab, authorizationURL: string): Promise<string> {
  const { origin } = new URL(lab.auth.metadata.authorizationServer.issuer)
  let url = authorizationURL
  for (let hops = 0; hops < 10; hops += 1) {
    const answer = await lab.atIdP(new Request(url, { redirect: 'manual' }))
    const location = answer.headers.get('location')
    if (location === null) throw new Error(`the IdP answered ${answer.status} to the authorization request ${url}`)
    url = new URL(location, url).href
    if (new URL(url).origin === origin) return url
  }
  throw new Error('the IdP redirects without end')
}

/** Loads a page of the proxy as if its address had been typed, or posts a form of it. */
export async function browse(
  lab: Lab,
  cookies: Cookies,
  url: string,
  form?: Readonly<Record<string, string>>,
): Promise<LabAnswer> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = new Headers({
    accept: 'text/html',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-site': form ? 'same-origin' : 'none',
    ...(cookie === '' ? {} : { cookie }),
    ...(form ? { origin: new URL(url).origin, 'content-type': 'application/x-www-form-urlencoded' } : {}),
  })
  const body = form ? { method: 'POST', body: new URLSearchParams(form).toString() } : {}
  const answer = await lab.send(new Request(url, { headers, ...body }))
  for (const line of answer.headers.getSetCookie()) keep(cookies, line)
  return answer
}

function keep(cookies: Cookies, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
  const at = pair.indexOf('=')
  if (attributes.some((item) => /^max-age=0$/i.test(item))) cookies.delete(pair.slice(0, at))
  else cookies.set(pair.slice(0, at), pair.slice(at + 1))
}

/** What arrives at the client's redirect URI when the callback is loaded. */
export async function comeBack(lab: Lab, back: Return): Promise<URLSearchParams> {
  const answer = await browse(lab, back.cookies, back.callbackURL)
  if (answer.location?.startsWith(redirectURI) !== true) {
    throw new Error(`the callback led to ${String(answer.location)}: ${answer.status} ${answer.text.slice(0, 300)}`)
  }
  return new URL(answer.location).searchParams
}

/** A whole sign-in. Throws when it fails. */
export async function signIn(lab: Lab, options: SignInOptions = {}): Promise<ClientTokens> {
  const back = await goToIdP(lab, options)
  const parameters = await comeBack(lab, back)
  const code = parameters.get('code')
  if (code === null) throw new Error(`sign-in: ${parameters.toString()}`)
  lab.clientSecrets.add(code)
  const answer = await post(lab, lab.auth.metadata.authorizationServer.token_endpoint, {
    grant_type: 'authorization_code',
    client_id: back.clientId,
    code,
    redirect_uri: redirectURI,
    code_verifier: back.verifier,
  })
  if (answer.status !== 200) throw new Error(`token: ${answer.status} ${answer.text}`)
  return readTokens(lab, back.clientId, answer)
}

/** The tokens of a token answer. */
export function readTokens(lab: Lab, clientId: string, answer: LabAnswer): ClientTokens {
  const { access_token, refresh_token, scope } = answer.json()
  const tokens = {
    clientId,
    accessToken: String(access_token),
    refreshToken: String(refresh_token),
    scopes: String(scope).split(' '),
  }
  lab.clientSecrets.add(tokens.accessToken).add(tokens.refreshToken)
  return tokens
}

/** Refreshes the client's tokens. */
export async function refresh(lab: Lab, { clientId, refreshToken }: ClientTokens): Promise<LabAnswer> {
  const parameters = { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }
  return await post(lab, lab.auth.metadata.authorizationServer.token_endpoint, parameters)
}

/** Posts a form to the proxy. */
export async function post(lab: Lab, url: string, form: Readonly<Record<string, string>>): Promise<LabAnswer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return await lab.send(new Request(url, { method: 'POST', headers, body: new URLSearchParams(form).toString() }))
}

/**
 * The session of an access token, as a tool gets it.
 * @throws {OAuthError} for a token that is not good any more
 */
export async function sessionOf(
  lab: Lab,
  { accessToken }: ClientTokens,
  at: OAuthProxy = lab.auth,
): Promise<AuthSession> {
  const session = await at.verifyAccessToken(accessToken)
  return session
}

function randomText(): string {
  return toBase64URL(crypto.getRandomValues(new Uint8Array(32)))
}

/** Nothing that could turn up anywhere by chance. */
function clientState(): string {
  return `client-state-${randomText()}`
}

/** `S256` of [RFC 7636 §4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2). */
export async function calculateChallenge(verifier: string): Promise<string> {
  return toBase64URL(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}

function toBase64URL(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
