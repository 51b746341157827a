/** Single requests of a client and its browser, which can be sent again. @module */
import { OAuthError } from '../../../src/errors.ts'
import { baseUrl, readJSON, send, visit } from '../../providers/support/lab.ts'
import { driverMessage } from './faulty-store.ts'
import { newAssertion, type Process, resourceServer, type World } from './world.ts'

const redirectURI = 'http://127.0.0.1:32767/callback'
/** From [RFC 7636 appendix B](https://www.rfc-editor.org/rfc/rfc7636#appendix-B). */
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/** A request, to be sent to any process. */
export type Ask = (at: Process) => Promise<Response>

/** A consent page in a browser. */
export interface OpenPage {
  readonly clientId: string
  readonly cookie: string
  readonly consent: string
}

function post(path: string, fields: Readonly<Record<string, string>>, headers: Record<string, string> = {}): Ask {
  return async (at) =>
    await send(at, new Request(baseUrl + path, { method: 'POST', headers, body: new URLSearchParams(fields) }))
}

function cookiesOf(response: Response): string {
  const pairs = response.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '')
  return pairs.filter((pair) => !pair.endsWith('=')).join('; ')
}

/** Registers a client. */
export async function register(at: Process): Promise<string> {
  const body = JSON.stringify({
    redirect_uris: [redirectURI],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  })
  const headers = { 'content-type': 'application/json' }
  const answer = await send(at, new Request(`${baseUrl}/register`, { method: 'POST', headers, body }))
  return String((await readJSON(answer))['client_id'])
}

/** Registers a client and opens its consent page. */
export async function openPage(at: Process): Promise<OpenPage> {
  const clientId = await register(at)
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectURI,
    state: 'client-state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    resource: `${baseUrl}/mcp`,
  })
  const page = await send(at, new Request(`${baseUrl}/authorize?${query}`))
  const consent = /name="consent" value="([^"]*)"/.exec(await page.text())?.[1] ?? ''
  return { clientId, cookie: cookiesOf(page), consent }
}

/** Answers on the page. */
export function decide({ consent, cookie }: OpenPage, decision: 'approve' | 'deny'): Ask {
  return post('/consent', { consent, decision }, { cookie, origin: baseUrl, 'sec-fetch-site': 'same-origin' })
}

/** Signs in at the IdP: the return from there. */
export async function signInUpstream(world: World, at: Process): Promise<{ clientId: string; comeBack: Ask }> {
  const page = await openPage(at)
  const approved = await decide(page, 'approve')(at)
  const back = await visit({ ...at, fake: world.fake }, approved.headers.get('location') ?? '')
  const headers = { cookie: cookiesOf(approved) }
  return { clientId: page.clientId, comeBack: async (to) => await send(to, new Request(back, { headers })) }
}

/** A sign-in up to the code: the request that redeems it. */
export async function authorize(world: World, at: Process): Promise<{ clientId: string; redeem: Ask }> {
  const { clientId, comeBack } = await signInUpstream(world, at)
  const location = (await comeBack(at)).headers.get('location') ?? ''
  const code = new URL(location).searchParams.get('code') ?? ''
  const fields = { grant_type: 'authorization_code', redirect_uri: redirectURI, code_verifier: verifier }
  return { clientId, redeem: post('/token', { ...fields, code, client_id: clientId }) }
}

/** Tokens of a client. */
export interface Tokens {
  readonly clientId: string
  readonly accessToken: string
  readonly refreshToken: string
}

/** The tokens in an answer. */
export async function tokensOf(clientId: string, answer: Response): Promise<Tokens> {
  const { access_token, refresh_token, error } = await readJSON(answer.clone())
  if (answer.status !== 200) throw new Error(`no tokens: ${answer.status} ${String(error)}`)
  return { clientId, accessToken: String(access_token), refreshToken: String(refresh_token) }
}

/** A whole sign-in. */
export async function login(world: World, at: Process): Promise<Tokens> {
  const { clientId, redeem } = await authorize(world, at)
  return await tokensOf(clientId, await redeem(at))
}

/** Refreshes. */
export function refresh({ clientId, refreshToken }: Tokens): Ask {
  return post('/token', { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId })
}

/** Revokes. */
export function revoke({ clientId, refreshToken }: Tokens): Ask {
  return post('/revoke', { token: refreshToken, client_id: clientId })
}

/** Asks about the access token, as a resource server. */
export function introspect({ accessToken }: Tokens): Ask {
  const { client_id, client_secret } = resourceServer
  return post('/introspect', { token: accessToken, client_id, client_secret })
}

/** As {@link introspect}, by a client that signs anew each time. */
export function introspectSigning({ accessToken }: Tokens): Ask {
  return async (at) => {
    const assertion = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: newAssertion(at),
    }
    return await post('/introspect', { token: accessToken, ...assertion })(at)
  }
}

/** Calls the protected resource. */
export function call({ accessToken }: Tokens): Ask {
  return async ({ auth }) => {
    const session = await auth.authenticate(resourceRequest(accessToken))
    return session instanceof Response ? session : Response.json({ subject: session.subject })
  }
}

/** Calls the protected resource, with a tool that needs the user's token at the IdP. */
export function callUpstream({ accessToken }: Tokens): Ask {
  return async ({ auth }) => {
    const session = await auth.authenticate(resourceRequest(accessToken))
    if (session instanceof Response) return session
    try {
      return Response.json({ upstream: await session.getUpstreamAccessToken() })
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      const headers = { 'retry-after': String(error.retryAfterSeconds ?? '') }
      return Response.json({ error: error.error }, { status: error.status, headers })
    }
  }
}

function resourceRequest(accessToken: string): Request {
  return new Request(`${baseUrl}/mcp`, { method: 'POST', headers: { authorization: `Bearer ${accessToken}` } })
}

/** The only right answer of an outage. */
export const tryLater = '503'

/** An answer in a word: its status, with an error code, or where it leads. Throws when an outage is told wrongly. */
export async function wordOf(answer: Response): Promise<string> {
  const text = await answer.clone().text()
  const said = JSON.stringify([...answer.headers]) + text
  if (said.includes(driverMessage)) throw new Error('the words of the driver reached the client')
  if (answer.status === 303) return leadsTo(answer)
  if (answer.status === 503) assertOutage(answer)
  const isJSON = answer.headers.get('content-type')?.startsWith('application/json') === true
  const error: unknown = isJSON && answer.status !== 503 && answer.status >= 400 ? JSON.parse(text) : undefined
  return [answer.status, ...(error === undefined ? [] : [Object(error).error])].join(' ')
}

function assertOutage(answer: Response): void {
  const seconds = Number(answer.headers.get('retry-after'))
  if (!(seconds >= 1 && seconds <= 60)) throw new Error('503 without a sensible Retry-After')
  if (answer.headers.has('www-authenticate')) throw new Error('503 with a challenge')
}

function leadsTo(answer: Response): string {
  const location = new URL(answer.headers.get('location') ?? '')
  if (!location.href.startsWith(redirectURI)) return 'to the identity provider'
  return `to the client: ${location.searchParams.get('error') ?? 'code'}`
}
