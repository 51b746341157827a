/** The cookie that binds a sign-in to one browser: one per flow, signed, and another one after approval. @module */
import type { PendingConsent } from '../proxy/records.ts'
import type { ProxyContext } from './context.ts'

/** `consent`: this browser was shown the page. `callback`: this browser approved on it. */
export type FlowPhase = 'consent' | 'callback'

/** More pending flows than this in one browser push out the oldest. */
const maxPendingFlows = 5

type CookieContext = Pick<ProxyContext, 'issuer' | 'keys' | 'lifetimes' | 'now'>

/** The Set-Cookie values that start a flow or move it on: the cookie itself, and removals of the oldest others. */
export async function bindFlow(
  context: CookieContext,
  request: Request,
  phase: FlowPhase,
  flow: PendingConsent,
): Promise<string[]> {
  const issuedAt = Math.floor(context.now() * 1000).toString(36)
  const mac = await (await context.keys()).mac('cookie', signedText(phase, flow, issuedAt))
  const name = cookieName(context, flow.flow)
  const others = [...flowCookies(context, request)].filter(([other]) => other !== name)
  const oldestFirst = others.sort(([, a], [, b]) => issueTime(a) - issueTime(b))
  const surplus = oldestFirst.slice(0, Math.max(0, others.length - (maxPendingFlows - 1)))
  return [
    setCookie(context, name, `${issuedAt}.${mac}`, context.lifetimes.transaction),
    ...surplus.map(([other]) => setCookie(context, other, '', 0)),
  ]
}

/** The Set-Cookie value that ends a flow. */
export function unbindFlow(context: CookieContext, flow: PendingConsent): string {
  return setCookie(context, cookieName(context, flow.flow), '', 0)
}

/** Whether the request comes from the browser that the flow is bound to, in this phase. */
export async function isBoundToFlow(
  context: CookieContext,
  request: Request,
  phase: FlowPhase,
  flow: PendingConsent,
): Promise<boolean> {
  const value = flowCookies(context, request).get(cookieName(context, flow.flow))
  const [issuedAt = '', mac = ''] = value?.split('.') ?? []
  return await (await context.keys()).verifyMac('cookie', signedText(phase, flow, issuedAt), mac)
}

function signedText(phase: FlowPhase, flow: PendingConsent, issuedAt: string): string {
  return [phase, flow.flow, flow.request.client_id, issuedAt].join('\n')
}

function isTLS(context: CookieContext): boolean {
  return context.issuer.startsWith('https:')
}

/** `__Host-` keeps sibling hosts from planting the cookie; browsers take it only with Secure, hence only over TLS. */
function cookiePrefix(context: CookieContext): string {
  return isTLS(context) ? '__Host-mcpauth-' : 'mcpauth-'
}

function cookieName(context: CookieContext, flow: string): string {
  return cookiePrefix(context) + flow.slice(0, 8)
}

function setCookie(context: CookieContext, name: string, value: string, maxAge: number): string {
  const secure = isTLS(context) ? '; Secure' : ''
  return `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`
}

function flowCookies(context: CookieContext, request: Request): Map<string, string> {
  const found = new Map<string, string>()
  for (const pair of (request.headers.get('cookie') ?? '').split(';').slice(0, 200)) {
    const [name = '', value = ''] = pair.trim().split('=', 2)
    // A second cookie of the same name was planted by someone: the first, more specific one counts.
    if (name.startsWith(cookiePrefix(context)) && !found.has(name)) found.set(name, value)
  }
  return found
}

function issueTime(value: string): number {
  return Number.parseInt(value.split('.', 1)[0] ?? '', 36) || 0
}
