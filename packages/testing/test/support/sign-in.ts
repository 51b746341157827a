/** An MCP server in one process, and a client that signs in at it step by step. @module */
import {
  type AuthEvent,
  type AuthSession,
  createOAuthProxy,
  type OAuthProxy,
  type OAuthProxyOptions,
  type OAuthProxyProvider,
} from '@mcp-auth/core'
import type { TestClock } from '@mcp-auth/testing'
import { formsOf } from '../../src/support/forms.ts'
import { redirectURI } from '../../src/support/redirect-uri.ts'

/** What a client has after a sign-in. */
export interface ClientTokens {
  readonly clientId: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly scope: string
}

/** A server and the client's steps. */
export interface TestServer extends TestClock {
  readonly auth: OAuthProxy
  readonly events: AuthEvent[]
  /** Every answer of the server so far, as text. */
  readonly answers: string[]
  /** Up to the client's redirect URI: what arrives there. `alter` changes the IdP's way back. */
  authorize(scope?: string, alter?: (url: URL) => void): Promise<Arrival>
  /** A whole sign-in. Throws when it fails. */
  signIn(scope?: string): Promise<ClientTokens>
  /** Status and body of a refresh. */
  refresh(tokens: ClientTokens): Promise<Answer>
  session(tokens: ClientTokens): Promise<AuthSession>
  /** Kinds of the calls to the IdP that failed. */
  failures(): string[]
  /** Why the last sign-in failed. */
  loginFailure(): string | undefined
}

/** An answer of the token endpoint. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

/** What the client gets back, and where the browser was sent at the IdP. */
export interface Arrival {
  readonly clientId: string
  readonly authorizationURL: URL
  readonly parameters: URLSearchParams
}

/** From [RFC 7636 appendix B](https://www.rfc-editor.org/rfc/rfc7636#appendix-B). */
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/** Creates the server. The IdP is whatever the network leads to. */
export function createServer(
  provider: OAuthProxyProvider,
  clock: TestClock,
  options: Partial<OAuthProxyOptions> = {},
): TestServer {
  const events: AuthEvent[] = []
  const answers: string[] = []
  const auth = createOAuthProxy({
    baseUrl: 'https://mcp.example',
    provider,
    now: clock.now,
    onEvent: (event) => events.push(event),
    ...options,
  })
  const send = async (request: Request): Promise<Response> => {
    const response = (await auth.fetch(request)) ?? new Response(null, { status: 404 })
    answers.push(JSON.stringify([...response.headers]) + (await response.clone().text()))
    return response
  }
  const post = async (path: string, form: Readonly<Record<string, string>>): Promise<Answer> => {
    const body = new URLSearchParams(form)
    const response = await send(new Request(`https://mcp.example${path}`, { method: 'POST', body }))
    return { status: response.status, headers: response.headers, body: Object(await response.json()) }
  }
  const authorize: TestServer['authorize'] = async (scope, alter) => {
    const clientId = await register(send)
    const cookies = new Map<string, string>()
    const page = await browse(send, cookies, authorizationURL(clientId, scope))
    const approved = await browse(send, cookies, 'https://mcp.example/consent', {
      ...formsOf(await page.text(), 'https://mcp.example/authorize')[0]?.fields,
      decision: 'approve',
    })
    const atIdP = approved.headers.get('location') ?? ''
    const back = await fetch(atIdP, { redirect: 'manual' })
    const callback = new URL(back.headers.get('location') ?? 'about:blank')
    alter?.(callback)
    const arrived = await browse(send, cookies, callback.href)
    const location = arrived.headers.get('location')
    if (location === null) throw new Error(`no redirect: ${arrived.status} ${await arrived.text()}`)
    return { clientId, authorizationURL: new URL(atIdP), parameters: new URL(location).searchParams }
  }
  return {
    auth,
    events,
    answers,
    ...clock,
    authorize,
    async signIn(scope) {
      const { clientId, parameters } = await authorize(scope)
      const code = parameters.get('code')
      if (code === null) throw new Error(`no code: ${parameters.toString()}`)
      const form = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: redirectURI }
      const { status, body } = await post('/token', { ...form, code, code_verifier: verifier })
      const { access_token: accessToken, refresh_token: refreshToken, scope: granted } = body
      if (typeof accessToken !== 'string') throw new Error(`no token: ${status} ${JSON.stringify(body)}`)
      return { clientId, accessToken, refreshToken: String(refreshToken), scope: String(granted) }
    },
    refresh: async ({ clientId, refreshToken }) =>
      await post('/token', { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }),
    session: async ({ accessToken }) => await auth.verifyAccessToken(accessToken),
    failures: () => events.flatMap((event) => (event.type === 'upstream.failed' ? [event.kind] : [])),
    loginFailure: () => events.flatMap((event) => (event.type === 'login.failed' ? [event.kind] : [])).at(-1),
  }
}

/** A whole sign-in, with the session that the client's token stands for. */
export async function signIn(
  server: TestServer,
  scope?: string,
): Promise<ClientTokens & { readonly session: AuthSession }> {
  const tokens = await server.signIn(scope)
  return { ...tokens, session: await server.session(tokens) }
}

type Send = (request: Request) => Promise<Response>

async function register(send: Send): Promise<string> {
  const metadata = {
    redirect_uris: [redirectURI],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  }
  const headers = { 'content-type': 'application/json' }
  const request = new Request('https://mcp.example/register', {
    method: 'POST',
    headers,
    body: JSON.stringify(metadata),
  })
  const { client_id } = Object(await (await send(request)).json()) as { client_id?: unknown }
  return String(client_id)
}

function authorizationURL(clientId: string, scope: string | undefined): string {
  const url = new URL('https://mcp.example/authorize')
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectURI,
    state: 'client-state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...(scope === undefined ? {} : { scope }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

/** The page of an address that was typed, or of a form on one of our pages. */
async function browse(
  send: Send,
  cookies: Map<string, string>,
  url: string,
  form?: Readonly<Record<string, string>>,
): Promise<Response> {
  const headers = new Headers({ 'sec-fetch-mode': 'navigate', 'sec-fetch-site': form ? 'same-origin' : 'none' })
  if (cookies.size > 0) headers.set('cookie', [...cookies].map((pair) => pair.join('=')).join('; '))
  if (form) headers.set('origin', 'https://mcp.example')
  const init = form ? { method: 'POST', headers, body: new URLSearchParams(form) } : { headers }
  const response = await send(new Request(url, init))
  for (const line of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    cookies.set(name, value)
  }
  return response
}
