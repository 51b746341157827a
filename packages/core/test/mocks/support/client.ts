/** An application of the fake, reduced to its calls. @module */
import type { FakeIdP } from '../../../src/mocks/index.ts'

export const redirectUri = 'https://app.example/callback'
/** From [RFC 7636 appendix B](https://www.rfc-editor.org/rfc/rfc7636#appendix-B). */
export const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

/** Status, headers and body of an answer. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

/** The address a browser is sent to; parameters with the value '' are left out. */
export function authorizationURL(fake: FakeIdP, parameters: Readonly<Record<string, string>> = {}): URL {
  const url = new URL(fake.endpointURL('authorize') ?? '')
  const all = {
    response_type: 'code',
    client_id: fake.clientId,
    redirect_uri: redirectUri,
    scope: 'openid profile',
    state: 'state-1',
    nonce: 'nonce-1',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...parameters,
  }
  for (const [name, value] of Object.entries(all)) if (value !== '') url.searchParams.set(name, value)
  return url
}

/** Signs in: the parameters of the redirect. */
export async function authorize(
  fake: FakeIdP,
  parameters: Readonly<Record<string, string>> = {},
): Promise<URLSearchParams> {
  const { headers } = await fake.fetch(new Request(authorizationURL(fake, parameters)))
  return new URL(headers.get('location') ?? 'about:blank').searchParams
}

/** A code. */
export async function getCode(fake: FakeIdP, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
  return (await authorize(fake, parameters)).get('code') ?? ''
}

/** Posts a form by HTTP Basic, unless other headers are given. */
export async function post(
  fake: FakeIdP,
  endpoint: 'introspect' | 'revoke' | 'token',
  form: Readonly<Record<string, string>>,
  headers?: Readonly<Record<string, string>>,
): Promise<Answer> {
  const basic = { authorization: `Basic ${btoa(`${fake.clientId}:${fake.clientSecret}`)}` }
  const init = { method: 'POST', headers: headers ?? basic, body: new URLSearchParams(form) }
  return await call(fake, fake.endpointURL(endpoint) ?? '', init)
}

/** Redeems a code; members with the value '' are left out. */
export async function redeem(
  fake: FakeIdP,
  code: string,
  form: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const all = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier, ...form }
  return await post(fake, 'token', Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')))
}

/** Refreshes. */
export async function refresh(
  fake: FakeIdP,
  refresh_token: unknown,
  form: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return await post(fake, 'token', { grant_type: 'refresh_token', refresh_token: String(refresh_token), ...form })
}

/** GETs with an access token. */
export async function get(fake: FakeIdP, url: string, accessToken?: string): Promise<Answer> {
  const headers: Record<string, string> = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }
  return await call(fake, url, { headers })
}

/** Any request. */
export async function call(fake: FakeIdP, url: string, init: RequestInit = {}): Promise<Answer> {
  const { status, headers, ...response } = await read(await fake.fetch(new Request(url, init)))
  return { status, headers, ...response }
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parse(text) }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: Record<string, unknown> = Object(JSON.parse(text))
    return value
  } catch {
    return {}
  }
}
