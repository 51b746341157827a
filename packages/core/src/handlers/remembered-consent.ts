/** Consent that need not be given again: off unless the operator asks for it, and never where it could be abused. @module */
import { platform } from '#platform'
import { openShown } from '../keys/open-shown.ts'
import type { AuthorizationRequest } from '../protocol/authorization-request.ts'
import { isLoopbackRedirectURI } from '../protocol/redirect-uri.ts'
import type { ProxyContext } from './context.ts'
import { readCookie, setCookie } from './cookies.ts'

/** Options of remembered consent. */
export interface RememberConsentOptions {
  /** How long, in seconds; at most 30 days, which is the default. */
  readonly maxAgeSeconds?: number
}

interface RememberedConsent {
  /** Digest of client, redirect URI, resource and scopes: another of them is another question. */
  readonly k: string
  readonly s: string
  readonly u: number
}

const cookieSuffix = 'remembered'
const maxRemembered = 10

/** Longest time a consent is remembered, in seconds. */
export const maxRememberedSeconds: number = 30 * 86_400

/** Whether the consent page may offer to remember: any program on a machine can be called back at its loopback. */
export function canRemember(context: ProxyContext, request: AuthorizationRequest): boolean {
  return context.rememberConsent !== undefined && !isLoopbackRedirectURI(request.redirect_uri)
}

/**
 * Who agreed to exactly this before, in this browser. Only where the person opened the address: a page that leads
 * here could have been made by anybody, and a browser that does not say so is not trusted to be without one.
 */
export async function rememberedSubject(
  context: ProxyContext,
  httpRequest: Request,
  request: AuthorizationRequest,
): Promise<string | undefined> {
  if (!canRemember(context, request) || httpRequest.headers.get('sec-fetch-site') !== 'none') return undefined
  const key = await questionKey(request)
  return (await readRemembered(context, httpRequest)).find(({ k }) => platform.equal(k, key))?.s
}

/** The Set-Cookie value that adds a consent to those remembered. */
export async function rememberConsent(
  context: ProxyContext,
  httpRequest: Request,
  request: AuthorizationRequest,
  subject: string,
): Promise<string> {
  const key = await questionKey(request)
  const maxAge = context.rememberConsent?.maxAgeSeconds ?? maxRememberedSeconds
  const others = (await readRemembered(context, httpRequest)).filter(({ k }) => k !== key)
  const all = [...others, { k: key, s: subject, u: Math.floor(context.now()) + maxAge }].slice(-maxRemembered)
  const sealed = await (await context.keys()).seal('consent', JSON.stringify(all), associatedData(context))
  return setCookie(context, cookieSuffix, sealed, maxAge)
}

/** The Set-Cookie value that forgets every remembered consent of this browser. */
export function forgetConsents(context: ProxyContext): string {
  return setCookie(context, cookieSuffix, '', 0)
}

async function readRemembered(context: ProxyContext, httpRequest: Request): Promise<RememberedConsent[]> {
  const sealed = readCookie(context, httpRequest, cookieSuffix)
  if (sealed === undefined) return []
  const text = await openShown(context, 'remembered_consent', sealed, associatedData(context))
  const all: unknown = text === undefined ? [] : JSON.parse(text)
  return Array.isArray(all) ? all.filter(isRemembered).filter(({ u }) => u > context.now()) : []
}

function isRemembered(value: unknown): value is RememberedConsent {
  return typeof value === 'object' && value !== null && 'k' in value && 's' in value && 'u' in value
}

function associatedData(context: ProxyContext): string {
  return `remembered ${context.issuer}`
}

async function questionKey(request: AuthorizationRequest): Promise<string> {
  const { client_id, redirect_uri, resource, scopes } = request
  return await platform.sha256(JSON.stringify([client_id, redirect_uri, resource, [...scopes].sort()]))
}
