/** Authorization endpoint — RFC 6749 §4.1.1: checks the request and asks the person. @module */
import { type RegisteredClient, registeredRedirectURI } from '../clients/registered-client.ts'
import { OAuthError } from '../errors.ts'
import { randomId } from '../grants/handles.ts'
import { parseAuthorizationRequest } from '../protocol/authorization-request.ts'
import { buildAuthorizationResponseURL } from '../protocol/authorization-response.ts'
import { type Parameters, parseParameters } from '../protocol/form.ts'
import { buildConsentView } from '../proxy/consent-view.ts'
import { type PendingConsent, recordVersion, serializeRecord } from '../proxy/records.ts'
import { type ConsentForm, consentPage } from './consent-page.ts'
import { emitNow, type ProxyContext } from './context.ts'
import { errorPage } from './error-page.ts'
import { bindFlow } from './flow-cookie.ts'
import { canRemember, rememberedSubject } from './remembered-consent.ts'
import { redirectResponse } from './responses.ts'
import type { Route } from './router.ts'
import { startLogin } from './start-login.ts'

/** Shows the consent page. The pending request lives sealed in that page: a visit costs the server nothing. */
export function authorizationHandler(context: ProxyContext): Route['handle'] {
  return async (request, { clientAddress }) => {
    const parameters = parseParameters(new URL(request.url).searchParams)
    const client = await context.clients.find(parameters.get('client_id') ?? '', clientAddress, 'current')
    if (!client) throw new OAuthError('client_unknown')
    const redirectURI = registeredRedirectURI(client, parameters.get('redirect_uri'))
    if (redirectURI === undefined) throw new OAuthError('redirect_uri_unregistered')
    const identified = { client_id: client.client_id, redirect_uri: redirectURI }
    let pending: PendingConsent
    try {
      const expiresAt = context.now() + context.lifetimes.transaction
      const parsed = parseAuthorizationRequest(parameters, identified, context.policy)
      pending = { version: recordVersion, flow: randomId(), request: parsed, expiresAt }
    } catch (error) {
      if (error instanceof OAuthError) return refuse(context, request, client, redirectURI, parameters, error)
      throw error
    }
    const subject = await rememberedSubject(context, request, pending.request)
    if (subject === undefined) return await ask(context, request, client, pending)
    return await startLogin(context, request, pending, { rememberedSubject: subject })
  }
}

async function ask(
  context: ProxyContext,
  request: Request,
  client: RegisteredClient,
  pending: PendingConsent,
): Promise<Response> {
  const view = buildConsentView({
    serviceName: context.serviceName,
    provider: context.provider,
    clientName: client.metadata.client_name,
    clientHost: client.origin === 'document' ? new URL(client.client_id).host : undefined,
    isVerified: client.origin === 'preregistered',
    redirectURI: pending.request.redirect_uri,
    scopes: pending.request.scopes,
  })
  const consent = await (await context.keys()).seal('consent', serializeRecord(pending), consentAssociatedData(context))
  const cookies = await bindFlow(context, request, 'consent', pending)
  const form: ConsentForm = {
    action: context.endpoints.consent,
    fields: { consent },
    decision: { name: 'decision', approve: 'approve', deny: 'deny' },
    ...(canRemember(context, pending.request) ? { remember: 'remember' } : {}),
  }
  const messages = context.pages.messages(request)
  return await consentPage({ view, messages, form }, context.pages.renderConsent, cookies)
}

/** Ties a sealed consent to this server. */
export function consentAssociatedData(context: Pick<ProxyContext, 'issuer'>): string {
  return `consent ${context.issuer}`
}

/**
 * The client learns of a bad request at its redirect URI. A client that anybody could have registered does so only
 * by the person's own click: otherwise a link to us would be a link to anywhere.
 * @see [RFC 9700 §4.11.2](https://www.rfc-editor.org/rfc/rfc9700#section-4.11.2)
 */
function refuse(
  context: ProxyContext,
  request: Request,
  client: RegisteredClient,
  redirectURI: string,
  parameters: Parameters,
  error: OAuthError,
): Response {
  emitNow(context, {
    type: 'request.refused',
    reason: error.reason,
    endpoint: 'authorization',
    clientId: client.client_id,
  })
  const location = buildAuthorizationResponseURL(redirectURI, {
    error: error.error,
    error_description: error.message,
    iss: context.issuer,
    state: parameters.get('state'),
  })
  return client.origin === 'preregistered'
    ? redirectResponse(location)
    : errorPage(error, context.pages.messages(request), { returnTo: location })
}
