/** Our cookies: one name prefix, one set of attributes. @module */
import type { ProxyContext } from './context.ts'

/** What cookies depend on. */
export type CookieContext = Pick<ProxyContext, 'issuer' | 'keys' | 'lifetimes' | 'now'>

function isTLS(context: CookieContext): boolean {
  return context.issuer.startsWith('https:')
}

/** `__Host-` keeps sibling hosts from planting the cookie; browsers take it only with Secure, hence only over TLS. */
function cookiePrefix(context: CookieContext): string {
  return isTLS(context) ? '__Host-mcpauth-' : 'mcpauth-'
}

/** A Set-Cookie value; `maxAge` in seconds, 0 removes the cookie. */
export function setCookie(context: CookieContext, suffix: string, value: string, maxAge: number): string {
  const secure = isTLS(context) ? '; Secure' : ''
  return `${cookiePrefix(context)}${suffix}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`
}

/** Our cookies of a request, by suffix. */
export function readCookies(context: CookieContext, request: Request): Map<string, string> {
  const prefix = cookiePrefix(context)
  const found = new Map<string, string>()
  for (const pair of (request.headers.get('cookie') ?? '').split(';').slice(0, 200)) {
    const [name = '', value = ''] = pair.trim().split('=', 2)
    const suffix = name.slice(prefix.length)
    // A second cookie of the same name was planted by someone: the first, more specific one counts.
    if (name.startsWith(prefix) && !found.has(suffix)) found.set(suffix, value)
  }
  return found
}

/** One of our cookies. */
export function readCookie(context: CookieContext, request: Request, suffix: string): string | undefined {
  return readCookies(context, request).get(suffix)
}
