/** An MCP client and its user, step by step. @module */
import { createHash, randomBytes } from 'node:crypto'
import type { AuthSession } from '@mcp-auth/core'
import { formsOf } from '../../testing/src/support/forms.ts'
import type { Lab } from './lab.ts'

/** Where the client is called back: a loopback address, as native clients have it. */
const redirectURI = 'http://127.0.0.1:33418/callback'

/** Where a consent page is, and what its button sends. */
export interface ConsentPage {
  readonly clientId: string
  readonly verifier: string
  readonly cookie: string
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
}

/** A user at the IdP. */
export interface Departure {
  readonly page: ConsentPage
  /** The approval put another cookie in the place of the first. */
  readonly cookie: string
  readonly authorizationURL: string
}

/** A code, and what it takes to redeem it. */
export interface Code {
  readonly page: ConsentPage
  readonly code: string
}

/** Tokens of a client. */
export interface Tokens {
  readonly clientId: string
  readonly accessToken: string
  readonly refreshToken: string
}

/** Registers a public client with one redirect URI; resolves to its id. */
export async function register(lab: Lab): Promise<string> {
  const body = JSON.stringify({
    redirect_uris: [redirectURI],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    client_name: 'Visual Studio Code',
  })
  const headers = { 'content-type': 'application/json' }
  const answer = await lab.send(new Request('https://mcp.example/register', { method: 'POST', headers, body }), 201)
  return await member(answer, 'client_id')
}

/** Opens the consent page. */
export async function authorize(lab: Lab, clientId: string): Promise<ConsentPage> {
  const verifier = randomBytes(32).toString('base64url')
  const url = new URL('https://mcp.example/authorize')
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectURI,
    state: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: 'https://mcp.example/mcp',
  }).toString()
  const answer = await lab.send(new Request(url, { headers: navigation('none') }), 200)
  const [form] = formsOf(await answer.text(), url.href)
  if (!form) throw new Error('no consent page')
  return { clientId, verifier, cookie: cookieOf(answer), action: form.action, fields: form.fields }
}

/** Presses the button; resolves to where the user is sent. */
export async function approve(lab: Lab, page: ConsentPage): Promise<Departure> {
  const headers = { ...navigation('same-origin'), origin: 'https://mcp.example', cookie: page.cookie }
  const answer = await lab.send(post(page.action, { ...page.fields, decision: 'approve' }, headers), 303)
  return { page, cookie: cookieOf(answer), authorizationURL: answer.headers.get('location') ?? '' }
}

/** Signs in at the IdP; resolves to the callback's address, not loaded yet. */
export async function visitIdP(lab: Lab, { authorizationURL }: Departure): Promise<string> {
  const { code, issuer } = await lab.idp.signIn(authorizationURL)
  const callback = new URL('https://mcp.example/auth/callback')
  callback.searchParams.set('code', code)
  callback.searchParams.set('state', new URL(authorizationURL).searchParams.get('state') ?? '')
  if (issuer) callback.searchParams.set('iss', issuer)
  return callback.href
}

/** Comes back from the IdP. */
export async function comeBack(lab: Lab, { page, cookie }: Departure, callbackURL: string): Promise<Code> {
  const headers = { ...navigation('cross-site'), cookie }
  const answer = await lab.auth.fetch(new Request(callbackURL, { headers }))
  const location = answer?.headers.get('location') ?? ''
  const code = URL.canParse(location) ? new URL(location).searchParams.get('code') : null
  if (code === null) throw new Error(`the callback led to ${answer?.status} ${location}`)
  return { page, code }
}

/** Redeems the code. */
export async function redeem(lab: Lab, { page, code }: Code): Promise<Tokens> {
  const { clientId, verifier } = page
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectURI, code_verifier: verifier }
  return await askForTokens(lab, clientId, form)
}

/** A whole sign-in of a client that is registered. */
export async function signIn(lab: Lab, clientId: string): Promise<Tokens> {
  const departure = await approve(lab, await authorize(lab, clientId))
  return await redeem(lab, await comeBack(lab, departure, await visitIdP(lab, departure)))
}

/** Refreshes. */
export async function refresh(lab: Lab, { clientId, refreshToken }: Tokens): Promise<Tokens> {
  return await askForTokens(lab, clientId, { grant_type: 'refresh_token', refresh_token: refreshToken })
}

/** A request for the MCP endpoint. */
export function newRequest(accessToken: string): Request {
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' }
  return new Request('https://mcp.example/mcp', { method: 'POST', headers, body: '{}' })
}

/** Asks the MCP endpoint. */
export async function call(lab: Lab, { accessToken }: Tokens): Promise<AuthSession> {
  const session = await lab.auth.authenticate(newRequest(accessToken))
  if (session instanceof Response) throw new Error(`refused: ${session.status}`)
  return session
}

/** Signs out. */
export async function revoke(lab: Lab, { clientId, refreshToken }: Tokens): Promise<void> {
  await lab.send(post('https://mcp.example/revoke', { client_id: clientId, token: refreshToken }), 200)
}

async function askForTokens(lab: Lab, clientId: string, form: Readonly<Record<string, string>>): Promise<Tokens> {
  const answer = await lab.send(post('https://mcp.example/token', { client_id: clientId, ...form }), 200)
  const text = await answer.text()
  return { clientId, accessToken: read(text, 'access_token'), refreshToken: read(text, 'refresh_token') }
}

function post(url: string, form: Readonly<Record<string, string>>, headers: Record<string, string> = {}): Request {
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return new Request(url, {
    method: 'POST',
    headers: { ...type, ...headers },
    body: new URLSearchParams(form).toString(),
  })
}

function cookieOf(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
}

function navigation(site: string): Record<string, string> {
  return { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': site }
}

async function member(answer: Response, name: string): Promise<string> {
  return read(await answer.text(), name)
}

function read(json: string, name: string): string {
  const parsed: unknown = JSON.parse(json)
  const value: unknown = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : undefined
  if (typeof value !== 'string') throw new Error(`there is no ${name}`)
  return value
}
