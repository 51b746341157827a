/** A client and its user, in as few steps as the protocol allows. */
import { createHash } from 'node:crypto'
import type { TestApp } from './app.ts'

const redirectURI = 'http://127.0.0.1:32767/callback'
const verifier = 'the-verifier-of-every-test-which-is-long-enough-for-RFC-7636'
const challenge = createHash('sha256').update(verifier).digest('base64url')

/** What a client has before it redeems. */
export interface Authorization {
  readonly client_id: string
  readonly client_secret: string
  readonly code: string
  readonly code_verifier: string
}

/** Sends a form. */
export async function postForm(
  url: string,
  form: string | Record<string, string>,
  headers: HeadersInit = {},
): Promise<Response> {
  const body = typeof form === 'string' ? form : new URLSearchParams(form).toString()
  const all = new Headers(headers)
  all.set('content-type', 'application/x-www-form-urlencoded')
  return await fetch(url, { method: 'POST', body, headers: all, redirect: 'manual' })
}

/** Registers a client. */
export async function register(app: TestApp): Promise<{ client_id: string; client_secret: string }> {
  const answer = await fetch(String(app.auth.metadata.authorizationServer.registration_endpoint), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [redirectURI], token_endpoint_auth_method: 'client_secret_post' }),
  })
  return (await answer.json()) as { client_id: string; client_secret: string }
}

/** The consent page of a new client, as a browser with these cookies gets it. */
export async function openConsent(app: TestApp, client_id: string, cookie = ''): Promise<Response> {
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri: redirectURI,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  })
  return await fetch(`${app.auth.metadata.authorizationServer.authorization_endpoint}?${query}`, {
    headers: { cookie },
  })
}

/** The cookies that an answer sets, as a browser sends them. */
function cookiesOf(answer: Response): string {
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')
}

/** Signs in and stops before the code is redeemed. */
export async function authorize(app: TestApp): Promise<Authorization> {
  const { client_id, client_secret } = await register(app)
  const page = await openConsent(app, client_id)
  const text = await page.text()
  const [, consent = ''] = /name="consent" value="([^"]+)"/.exec(text) ?? []
  const [, action = ''] = /action="([^"]+)"/.exec(text) ?? []
  const approved = await postForm(action, { consent, decision: 'approve' }, { cookie: cookiesOf(page) })
  const state = new URL(approved.headers.get('location') ?? '').searchParams.get('state') ?? ''
  const query = new URLSearchParams({ code: 'upstream-code', state })
  const back = await fetch(`${action.replace(/consent$/, 'auth/callback')}?${query}`, {
    redirect: 'manual',
    headers: { cookie: cookiesOf(approved) },
  })
  const code = new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? ''
  return { client_id, client_secret, code, code_verifier: verifier }
}

/** Signs in; the access token. */
export async function login(app: TestApp): Promise<string> {
  const authorization = await authorize(app)
  const { token_endpoint: url } = app.auth.metadata.authorizationServer
  const answer = await postForm(url, { grant_type: 'authorization_code', ...authorization })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  return token
}
