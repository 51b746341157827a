/** A proxy in front of the fake identity provider (IdP), in one process, and a client that signs in. @module */
import type { AuthEvent } from '../../../src/events.ts'
import { type OIDCOptions, oidc } from '../../../src/index.ts'
import { createFakeIdP, type FakeIdP, type FakeIdPOptions } from '../../../src/mocks/index.ts'
import { createOAuthProxy, type OAuthProxy } from '../../../src/oauth-proxy.ts'
import type { OAuthProxyOptions } from '../../../src/oauth-proxy-options.ts'
import type { OAuthProxyProvider } from '../../../src/provider.ts'
import { type Clock, createClock } from '../../support/clock.ts'

export const baseUrl = 'https://mcp.example'
const clientRedirectURI = 'http://127.0.0.1:32767/callback'
export const secret: string = Buffer.alloc(32, 1).toString('base64url')
/** From [RFC 7636 appendix B](https://www.rfc-editor.org/rfc/rfc7636#appendix-B). */
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/** What a test works with. */
export interface Lab {
  readonly fake: FakeIdP
  readonly auth: OAuthProxy
  readonly clock: Clock
  readonly events: AuthEvent[]
}

/** Options of {@link createLab}. */
export interface LabOptions extends FakeIdPOptions {
  readonly proxy?: Partial<OAuthProxyOptions>
  /** Default: {@link oidc} with the fake's issuer and credentials. */
  readonly provider?: (fake: FakeIdP) => OAuthProxyProvider
  readonly oidc?: Partial<OIDCOptions>
}

/** An OpenID Provider with the credentials of the fake. */
export function oidcFor(fake: FakeIdP, options: Partial<OIDCOptions> = {}): OAuthProxyProvider {
  return oidc({ issuer: fake.issuer, clientId: fake.clientId, clientSecret: fake.clientSecret, ...options })
}

/** Creates fake and proxy with one clock. */
export function createLab(options: LabOptions = {}): Lab {
  const clock = createClock()
  const fake = createFakeIdP({ now: clock.now, ...options })
  const events: AuthEvent[] = []
  const auth = createOAuthProxy({
    baseUrl,
    secret,
    provider: options.provider?.(fake) ?? oidcFor(fake, options.oidc),
    now: clock.now,
    fetch: async (url, init) => await fake.fetch(new Request(url, init)),
    onEvent: (event) => events.push(event),
    ...options.proxy,
  })
  return { fake, auth, clock, events }
}

/** Sends a request to the proxy. */
export async function send({ auth }: Pick<Lab, 'auth'>, request: Request): Promise<Response> {
  return (await auth.fetch(request)) ?? new Response(null, { status: 404 })
}

/** A sign-in before the browser returns from the IdP. */
export interface Departure {
  readonly clientId: string
  readonly cookie: string
  /** Where the proxy sends the browser. */
  readonly location: URL
}

/** Registers a client, asks for authorization and approves on the consent page. */
export async function depart(lab: Lab, scopes: readonly string[] = []): Promise<Departure> {
  const clientId = await register(lab)
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: clientRedirectURI,
    state: 'client-state',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    resource: `${baseUrl}/mcp`,
    ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
  })
  const page = await send(lab, new Request(`${baseUrl}/authorize?${query}`))
  const consent = /name="consent" value="([^"]*)"/.exec(await page.text())?.[1] ?? ''
  const approved = await send(
    lab,
    new Request(`${baseUrl}/consent`, {
      method: 'POST',
      headers: { cookie: cookieOf(page), origin: baseUrl, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams({ consent, decision: 'approve' }),
    }),
  )
  const location = approved.headers.get('location')
  if (location === null) throw new Error(`approval: ${approved.status} ${await approved.text()}`)
  return { clientId, cookie: cookieOf(approved), location: new URL(location) }
}

async function register(lab: Lab): Promise<string> {
  const metadata = {
    redirect_uris: [clientRedirectURI],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  }
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(metadata)
  const answer = await send(lab, new Request(`${baseUrl}/register`, { method: 'POST', headers, body }))
  return String((await readJSON(answer))['client_id'])
}

function cookieOf(response: Response): string {
  const lines = response.headers.getSetCookie().map((line) => line.split(';')[0])
  return lines.filter((line) => line?.endsWith('=') === false).join('; ')
}

/** Visits the IdP: the address it sends the browser back to. */
export async function visit({ fake }: Lab, location: URL | string): Promise<URL> {
  const answer = await fake.fetch(new Request(location))
  const back = answer.headers.get('location')
  if (back === null) throw new Error(`the IdP answered ${answer.status} ${await answer.text()}`)
  return new URL(back)
}

/** Loads the callback: what the client gets in its redirect, or the page that is shown instead. */
export async function comeBack(lab: Lab, { cookie }: Departure, back: URL): Promise<URLSearchParams | Response> {
  const answer = await send(lab, new Request(back, { headers: { cookie } }))
  const location = answer.headers.get('location')
  return location?.startsWith(clientRedirectURI) ? new URL(location).searchParams : answer
}

/** Tokens of the client. */
export interface ClientTokens {
  readonly clientId: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly scopes: readonly string[]
}

/** A whole sign-in up to the redirect to the client: its error, or its code. */
export async function outcomeOf(lab: Lab, scopes?: readonly string[]): Promise<string> {
  const departure = await depart(lab, scopes)
  return outcome(await comeBack(lab, departure, await visit(lab, departure.location)))
}

/** In one word: `code`, the error the client gets, or the status of a page. */
export function outcome(answer: URLSearchParams | Response): string {
  if (answer instanceof Response) return String(answer.status)
  return answer.get('error') ?? (answer.has('code') ? 'code' : 'nothing')
}

/** A whole sign-in. Throws when it fails. */
export async function signIn(lab: Lab, scopes?: readonly string[]): Promise<ClientTokens> {
  const departure = await depart(lab, scopes)
  const answer = await comeBack(lab, departure, await visit(lab, departure.location))
  const code = answer instanceof Response ? null : answer.get('code')
  if (code === null) throw new Error(`sign-in: ${outcome(answer)}`)
  const { clientId } = departure
  const tokens = await requestTokens(lab, clientId, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: clientRedirectURI,
    code_verifier: verifier,
  })
  if (tokens instanceof Response) throw new Error(`token: ${tokens.status} ${await tokens.text()}`)
  return tokens
}

/** Refreshes the client's tokens; the answer, where it is a refusal. */
export async function refresh(lab: Lab, tokens: ClientTokens): Promise<ClientTokens | Response> {
  return await requestTokens(lab, tokens.clientId, { grant_type: 'refresh_token', refresh_token: tokens.refreshToken })
}

async function requestTokens(
  lab: Lab,
  clientId: string,
  form: Readonly<Record<string, string>>,
): Promise<ClientTokens | Response> {
  const body = new URLSearchParams({ ...form, client_id: clientId })
  const answer = await send(lab, new Request(`${baseUrl}/token`, { method: 'POST', body }))
  if (!answer.ok) return answer
  const { access_token, refresh_token, scope } = await readJSON(answer)
  return {
    clientId,
    accessToken: String(access_token),
    refreshToken: String(refresh_token),
    scopes: String(scope).split(' '),
  }
}

/** A JSON object. */
export async function readJSON(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const value: Record<string, unknown> = JSON.parse(await response.text())
  return value
}
