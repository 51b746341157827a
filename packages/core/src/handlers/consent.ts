/** The person's answer on the consent page. @module */
import { platform } from '#platform'
import { registeredRedirectURI } from '../clients/registered-client.ts'
import { OAuthError } from '../errors.ts'
import { randomSecret } from '../grants/handles.ts'
import { buildAuthorizationResponseURL } from '../protocol/authorization-response.ts'
import { requireParameter } from '../protocol/form.ts'
import { type PendingConsent, parseRecord, serializeRecord, type Transaction } from '../proxy/records.ts'
import { upstreamScopes } from '../proxy/scopes.ts'
import { buildUpstreamAuthorizationURL } from '../upstream/upstream-client.ts'
import { consentAssociatedData } from './authorize.ts'
import { emitNow, type ProxyContext } from './context.ts'
import { bindFlow, isBoundToFlow, unbindFlow } from './flow-cookie.ts'
import { readForm } from './request-body.ts'
import { redirectResponse } from './responses.ts'
import type { Route } from './router.ts'

/** Takes the answer: only from our own page, only from the browser that was shown it, only once. */
export function consentHandler(context: ProxyContext): Route['handle'] {
  return async (request, { clientAddress }) => {
    if (!isOwnPage(request, context.origin)) throw new OAuthError('consent_foreign')
    const form = await readForm(request)
    const decision = requireParameter(form, 'decision')
    if (decision !== 'approve' && decision !== 'deny') throw new OAuthError('malformed_request')
    const pending = await openConsent(context, requireParameter(form, 'consent'))
    if (!(await isBoundToFlow(context, request, 'consent', pending))) throw new OAuthError('consent_foreign')
    const client = await context.clients.find(pending.request.client_id, clientAddress)
    if (!client) throw new OAuthError('client_unknown')
    if (registeredRedirectURI(client, pending.request.redirect_uri) === undefined) {
      throw new OAuthError('redirect_uri_unregistered')
    }
    await spend(context, pending)
    return decision === 'approve' ? await approve(context, request, pending) : deny(context, pending)
  }
}

/**
 * Browsers say where a request comes from; one that says so must say "from here". `Origin` is our page's own origin,
 * since its Referrer-Policy is same-origin. Both may be absent in old browsers: the cookie decides then.
 */
function isOwnPage(request: Request, origin: string): boolean {
  const site = request.headers.get('sec-fetch-site')
  const sentOrigin = request.headers.get('origin')
  return (site === null || site === 'same-origin' || site === 'none') && (sentOrigin === null || sentOrigin === origin)
}

async function openConsent(context: ProxyContext, sealed: string): Promise<PendingConsent> {
  const text = await (await context.keys()).open('consent', sealed, consentAssociatedData(context))
  const pending = text === undefined ? undefined : parseRecord<PendingConsent>(text)
  if (!pending || pending.expiresAt <= context.now()) throw new OAuthError('consent_invalid')
  return pending
}

/** Marks the consent as answered. The mark outlives the consent. */
async function spend(context: ProxyContext, pending: PendingConsent): Promise<void> {
  const key = `consent:${await platform.sha256(pending.flow)}` as const
  if (!(await context.store.add(key, '1', context.lifetimes.transaction + 1))) throw new OAuthError('consent_invalid')
}

async function approve(context: ProxyContext, request: Request, pending: PendingConsent): Promise<Response> {
  const state = randomSecret()
  const upstreamVerifier = randomSecret()
  const transaction: Transaction = { ...pending, upstreamVerifier }
  const remaining = Math.max(1, pending.expiresAt - context.now())
  await context.store.set(`transaction:${await platform.sha256(state)}`, serializeRecord(transaction), remaining)
  emitNow(context, { type: 'consent.approved', clientId: pending.request.client_id })
  const location = buildUpstreamAuthorizationURL(context.provider, {
    state,
    codeChallenge: await platform.sha256(upstreamVerifier),
    redirectURI: context.endpoints.callback,
    scopes: upstreamScopes(pending.request.scopes, context.provider),
  })
  return redirectResponse(location, await bindFlow(context, request, 'callback', pending))
}

function deny(context: ProxyContext, pending: PendingConsent): Response {
  const error = new OAuthError('consent_denied')
  emitNow(context, { type: 'consent.denied', clientId: pending.request.client_id })
  const location = buildAuthorizationResponseURL(pending.request.redirect_uri, {
    error: error.error,
    error_description: error.message,
    iss: context.issuer,
    state: pending.request.state,
  })
  return redirectResponse(location, [unbindFlow(context, pending)])
}
