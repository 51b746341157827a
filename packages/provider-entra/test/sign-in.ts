/** A client, a browser and a proxy in one process: the shortest way through a whole sign-in. @module */
import {
  type AuthEvent,
  type AuthSession,
  createOAuthProxy,
  type OAuthProxy,
  type OAuthProxyOptions,
} from '@mcp-auth/core'

const redirectUri = 'http://127.0.0.1:39999/callback'
/** From [RFC 7636 appendix B](https://www.rfc-editor.org/rfc/rfc7636#appendix-B). */
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/** A proxy, and what it reported. */
export interface Server {
  readonly auth: OAuthProxy
  readonly events: AuthEvent[]
}

/** What a client has after a sign-in. */
export interface SignedIn {
  readonly clientId: string
  readonly refreshToken: string
  readonly scope: string
  readonly session: AuthSession
}

/** Creates the proxy; what it asks the IdP goes to the network. */
export function startServer(options: Omit<OAuthProxyOptions, 'baseUrl'>): Server {
  const events: AuthEvent[] = []
  const onEvent = (event: AuthEvent): void => void events.push(event)
  return { events, auth: createOAuthProxy({ baseUrl: 'https://mcp.example', onEvent, ...options }) }
}

/** Why the last sign-in failed, as the events say. */
export function failureOf({ events }: Server): string | undefined {
  return events.flatMap((event) => (event.type === 'login.failed' ? [event.kind] : [])).at(-1)
}

/** Signs in up to the redirect to the client, and gives its parameters. */
export async function goThere({ auth }: Server, scope?: string): Promise<URLSearchParams & { clientId?: string }> {
  const registration = {
    redirect_uris: [redirectUri],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  }
  const registered = await post(auth, '/register', JSON.stringify(registration), { 'content-type': 'application/json' })
  const clientId = String((await readJSON(registered))['client_id'])
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...(scope === undefined ? {} : { scope }),
  })
  const page = await ask(
    auth,
    new Request(`https://mcp.example/authorize?${query}`, { headers: { 'sec-fetch-site': 'none' } }),
  )
  const html = await page.text()
  const fields = [...html.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value])
  const form = new URLSearchParams({ ...Object.fromEntries(fields), decision: 'approve' }).toString()
  const approved = await post(auth, '/consent', form, {
    'content-type': 'application/x-www-form-urlencoded',
    'sec-fetch-site': 'same-origin',
    origin: 'https://mcp.example',
    cookie: cookiesOf(page),
  })
  const atIdP = await fetch(approved.headers.get('location') ?? '', { redirect: 'manual' })
  const callback = atIdP.headers.get('location') ?? ''
  const back = await ask(auth, new Request(callback, { headers: { cookie: cookiesOf(approved) } }))
  const parameters: URLSearchParams & { clientId?: string } = new URL(back.headers.get('location') ?? 'about:blank')
    .searchParams
  parameters.clientId = clientId
  return parameters
}

/** A whole sign-in. */
export async function signIn(server: Server, scope?: string): Promise<SignedIn> {
  const parameters = await goThere(server, scope)
  const { clientId = '' } = parameters
  const form = {
    grant_type: 'authorization_code',
    client_id: clientId,
    code: parameters.get('code') ?? '',
    code_verifier: verifier,
  }
  return await readTokens(server, clientId, await token(server, form))
}

/** Refreshes the tokens of a client. */
export async function refresh(server: Server, { clientId, refreshToken }: SignedIn): Promise<Response> {
  return await token(server, { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken })
}

/** The answer of the proxy, which leaves to others what is none of its pages. */
async function ask(auth: OAuthProxy, request: Request): Promise<Response> {
  const response = await auth.fetch(request)
  if (response) return response
  throw new Error(`the proxy has no page ${request.url}`)
}

async function token({ auth }: Server, form: Record<string, string>): Promise<Response> {
  return await post(auth, '/token', new URLSearchParams(form).toString(), {
    'content-type': 'application/x-www-form-urlencoded',
  })
}

async function readTokens({ auth }: Server, clientId: string, answer: Response): Promise<SignedIn> {
  const { access_token, refresh_token, scope } = await readJSON(answer)
  if (typeof access_token !== 'string') throw new Error(`no token: ${answer.status}`)
  const session = await auth.verifyAccessToken(access_token)
  return { clientId, refreshToken: String(refresh_token), scope: String(scope), session }
}

async function post(auth: OAuthProxy, path: string, body: string, headers: Record<string, string>): Promise<Response> {
  return await ask(auth, new Request(`https://mcp.example${path}`, { method: 'POST', headers, body }))
}

function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
}

async function readJSON(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json()
  return typeof body === 'object' && body !== null ? { ...body } : {}
}
