/** A whole login as an MCP client and its user go through it, whichever server it is. @module */
import { createHash, randomBytes } from 'node:crypto'
import { formsOf } from '../../../testing/src/support/forms.ts'
import type { LoopbackIdP } from './idp.ts'
import type { Answer, Send } from './load.ts'
import { origin, redirectURI, resource, scope } from './server.ts'
import type { Variant } from './variants.ts'

/** A server under test, and what it takes to sign in there. */
export interface Site {
  readonly variant: Pick<Variant, 'paths' | 'approval'>
  readonly send: Send
  readonly idp: Pick<LoopbackIdP, 'address' | 'signIn'>
}

/** What a sign-in ended with. */
export interface SignIn {
  readonly clientId: string
  readonly accessToken: string
  readonly refreshToken: string
}

/** The access tokens of a whole login: before the refresh and after it. */
export type Login = readonly [string, string]

/** More pages than any login has. */
const maxPages = 16

/** Registers a client, signs a new user in, redeems the code and refreshes. Throws when a step fails. */
export async function logIn(site: Site): Promise<Login> {
  const tokens = await signIn(site)
  const second = await refresh(site, tokens)
  if (second === tokens.accessToken) throw new Error('the refresh gave the same access token')
  return [tokens.accessToken, second]
}

/** The same without the refresh. */
export async function signIn(site: Site): Promise<SignIn> {
  const clientId = await register(site)
  const verifier = randomBytes(32).toString('base64url')
  const code = await authorize(site, clientId, verifier)
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectURI, code_verifier: verifier }
  return { clientId, ...(await askForTokens(site, { ...form, client_id: clientId, resource })) }
}

/** Refreshes; resolves to the new access token. */
export async function refresh(site: Site, { clientId, refreshToken }: SignIn): Promise<string> {
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId, resource }
  return (await askForTokens(site, form)).accessToken
}

async function register({ variant, send }: Site): Promise<string> {
  const metadata = {
    redirect_uris: [redirectURI],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    application_type: 'native',
    client_name: 'Visual Studio Code',
    scope,
  }
  const headers = { 'content-type': 'application/json' }
  const answer = await send('POST', variant.paths.register, headers, JSON.stringify(metadata))
  return member(expectStatus(answer, [200, 201]), 'client_id')
}

async function authorize(site: Site, clientId: string, verifier: string): Promise<string> {
  const state = randomBytes(16).toString('base64url')
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectURI,
    state,
    scope,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource,
  })
  const end = new URL(await browse(site, `${origin}${site.variant.paths.authorize}?${query}`)).searchParams
  const code = end.get('code')
  if (code === null || end.get('state') !== state) throw new Error(`the client was called back with ${end}`)
  return code
}

/** What a browser does next. */
interface Page {
  readonly url: string
  readonly from: 'none' | 'same-origin' | 'cross-site'
  readonly form?: Readonly<Record<string, string>>
}

/** Follows redirects, approves, signs in at the IdP. Resolves to where the client is called back. */
async function browse(site: Site, url: string): Promise<string> {
  const cookies = new Map<string, string>()
  let page: Page = { url, from: 'none' }
  for (let count = 0; count < maxPages; count += 1) {
    if (page.url.startsWith(redirectURI)) return page.url
    page = page.url.startsWith(site.idp.address.origin)
      ? { url: site.idp.signIn(page.url), from: 'cross-site' }
      : await load(site, cookies, page)
  }
  throw new Error('the login does not end')
}

async function load({ variant, send }: Site, cookies: Map<string, string>, page: Page): Promise<Page> {
  const url = new URL(page.url)
  if (url.origin !== origin) throw new Error(`the browser was sent to ${url.href}`)
  const headers: Record<string, string> = {
    accept: 'text/html',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-site': page.from,
  }
  if (cookies.size > 0) headers['cookie'] = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const path = url.pathname + url.search
  const answer = page.form
    ? await send(
        'POST',
        path,
        { ...headers, origin, 'content-type': 'application/x-www-form-urlencoded' },
        new URLSearchParams(page.form).toString(),
      )
    : await send('GET', path, headers)
  keepCookies(cookies, answer.cookies)
  if (answer.location !== undefined && answer.status >= 300) {
    return { url: new URL(answer.location, url).href, from: page.from }
  }
  const [form] = formsOf(expectStatus(answer, [200]).text, url.href)
  if (!form || !variant.approval) throw new Error(`there is no form at ${url.pathname}`)
  return { url: form.action, from: 'same-origin', form: { ...form.fields, ...variant.approval } }
}

function keepCookies(cookies: Map<string, string>, lines: readonly string[]): void {
  for (const line of lines) {
    const [pair = ''] = line.split(';', 1)
    const name = pair.slice(0, pair.indexOf('='))
    const value = pair.slice(name.length + 1)
    if (value === '' || /;\s*(?:max-age=0|expires=thu, 01 jan 1970)/i.test(line)) cookies.delete(name)
    else cookies.set(name, value)
  }
}

async function askForTokens(
  { variant, send }: Site,
  form: Readonly<Record<string, string>>,
): Promise<Omit<SignIn, 'clientId'>> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await send('POST', variant.paths.token, headers, new URLSearchParams(form).toString())
  expectStatus(answer, [200])
  return { accessToken: member(answer, 'access_token'), refreshToken: member(answer, 'refresh_token') }
}

/** Asks what is protected. Resolves to whom the server takes the caller for; rejects unless the status is as expected. */
export async function call(
  { variant, send }: Pick<Site, 'variant' | 'send'>,
  token: string,
  status = 200,
): Promise<string> {
  const answer = await send('GET', variant.paths.guarded, { authorization: `Bearer ${token}` })
  expectStatus(answer, [status])
  return status === 200 ? member(answer, 'caller') : ''
}

/** The same handler without a gate. */
export async function callOpen({ send }: Pick<Site, 'send'>): Promise<void> {
  member(expectStatus(await send('GET', '/open', {}), [200]), 'caller')
}

/**
 * A token nobody issued: the form is right, the end is another one. A JWT gets another signature, whose last byte is a
 * small one: Ed25519 refuses a number out of range before any work
 * ([RFC 8032 §5.1.7](https://www.rfc-editor.org/rfc/rfc8032#section-5.1.7)).
 */
export function forge(token: string): string {
  const start = token.lastIndexOf('.') + 1
  if (start === 0) return token.slice(0, -24) + randomBytes(18).toString('base64url').replaceAll(/[-_]/g, 'x')
  const signature = randomBytes(Math.floor(((token.length - start) * 3) / 4))
  signature[signature.length - 1] = 1
  return token.slice(0, start) + signature.toString('base64url')
}

function expectStatus(answer: Answer, statuses: readonly number[]): Answer {
  if (statuses.includes(answer.status)) return answer
  throw new Error(`${answer.request} was answered with ${answer.status}: ${answer.text.slice(0, 300)}`)
}

function member(answer: Answer, name: string): string {
  const parsed: unknown = JSON.parse(answer.text)
  const value: unknown = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : undefined
  if (typeof value === 'string' && value !== '') return value
  throw new Error(`${answer.request}: there is no ${name}`)
}
