/** The person's answer on the consent page. @module */
import { platform } from '#platform'
import { registeredRedirectURI } from '../clients/registered-client.ts'
import { OAuthError } from '../errors.ts'
import { openShown } from '../keys/open-shown.ts'
import { buildAuthorizationResponseURL } from '../protocol/authorization-response.ts'
import { requireParameter } from '../protocol/form.ts'
import { type PendingConsent, parseRecord } from '../proxy/records.ts'
import { consentAssociatedData } from './authorize.ts'
import { emitNow, type ProxyContext } from './context.ts'
import { isBoundToFlow, unbindFlow } from './flow-cookie.ts'
import { canRemember } from './remembered-consent.ts'
import { readForm } from './request-body.ts'
import { redirectResponse } from './responses.ts'
import type { Route } from './router.ts'
import { startLogin } from './start-login.ts'

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
    if (decision === 'deny') {
      await spend(context, pending)
      return deny(context, pending)
    }
    const remember = form.get('remember') === 'on' && canRemember(context, pending.request)
    // The answer is used up last: until then the page can be sent again, and a flow nobody is sent to does no harm.
    const started = await startLogin(context, request, pending, remember ? { remember } : {})
    await spend(context, pending)
    emitNow(context, { type: 'consent.approved', clientId: client.client_id })
    return started
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
  const text = await openShown(context, 'consent_page', sealed, consentAssociatedData(context))
  const pending = text === undefined ? undefined : parseRecord<PendingConsent>(text)
  if (!pending || pending.expiresAt <= context.now()) throw new OAuthError('consent_invalid')
  return pending
}

/** Marks the consent as answered. The mark outlives the consent. */
async function spend(context: ProxyContext, pending: PendingConsent): Promise<void> {
  const key = `consent:${await platform.sha256(pending.flow)}` as const
  if (!(await context.store.add(key, '1', context.lifetimes.transaction + 1))) throw new OAuthError('consent_invalid')
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
