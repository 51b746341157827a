/** The cookie that binds a sign-in to one browser: one per flow, signed, and another one after approval. @module */
import type { PendingConsent } from '../proxy/records.ts'
import { type CookieContext, readCookie, readCookies, setCookie } from './cookies.ts'

/** `consent`: this browser was shown the page. `callback`: this browser approved on it. */
export type FlowPhase = 'consent' | 'callback'

/** More pending flows than this in one browser push out the oldest. */
const maxPendingFlows = 5

const suffixLength = 8

/** The Set-Cookie values that start a flow or move it on: the cookie itself, and removals of the oldest others. */
export async function bindFlow(
  context: CookieContext,
  request: Request,
  phase: FlowPhase,
  flow: PendingConsent,
): Promise<string[]> {
  const issuedAt = Math.floor(context.now() * 1000).toString(36)
  const mac = await (await context.keys()).mac('cookie', signedText(phase, flow, issuedAt))
  const suffix = suffixOf(flow)
  const others = flowCookies(context, request).filter(([other]) => other !== suffix)
  const oldestFirst = others.sort(([, a], [, b]) => issueTime(a) - issueTime(b))
  const surplus = oldestFirst.slice(0, Math.max(0, others.length - (maxPendingFlows - 1)))
  return [
    setCookie(context, suffix, `${issuedAt}.${mac}`, context.lifetimes.transaction),
    ...surplus.map(([other]) => setCookie(context, other, '', 0)),
  ]
}

/** The Set-Cookie value that ends a flow. */
export function unbindFlow(context: CookieContext, flow: PendingConsent): string {
  return setCookie(context, suffixOf(flow), '', 0)
}

/** Whether the request comes from the browser that the flow is bound to, in this phase. */
export async function isBoundToFlow(
  context: CookieContext,
  request: Request,
  phase: FlowPhase,
  flow: PendingConsent,
): Promise<boolean> {
  const value = readCookie(context, request, suffixOf(flow))
  const [issuedAt = '', mac = ''] = value?.split('.') ?? []
  return await (await context.keys()).verifyMac('cookie', signedText(phase, flow, issuedAt), mac)
}

function signedText(phase: FlowPhase, flow: PendingConsent, issuedAt: string): string {
  return [phase, flow.flow, flow.request.client_id, issuedAt].join('\n')
}

/** The part of a flow's id that names its cookie. */
function suffixOf(flow: PendingConsent): string {
  return flow.flow.slice(0, suffixLength)
}

function flowCookies(context: CookieContext, request: Request): [suffix: string, value: string][] {
  return [...readCookies(context, request)].filter(([suffix]) => suffix.length === suffixLength)
}

function issueTime(value: string): number {
  return Number.parseInt(value.split('.', 1)[0] ?? '', 36) || 0
}
