/** Where the identity provider (IdP) sends the browser back to. @module */
import { platform } from '#platform'
import { registeredRedirectURI } from '../clients/registered-client.ts'
import { OAuthError, UpstreamError } from '../errors.ts'
import { buildAuthorizationResponseURL } from '../protocol/authorization-response.ts'
import { type Parameters, parseParameters, requireParameter } from '../protocol/form.ts'
import type { Transaction } from '../proxy/records.ts'
import { grantedScopes } from '../proxy/scopes.ts'
import type { RefusalReason } from '../refusals.ts'
import type { UpstreamLogin } from '../upstream/upstream-client.ts'
import { emitNow, type ProxyContext } from './context.ts'
import { errorPage } from './error-page.ts'
import { isBoundToFlow, unbindFlow } from './flow-cookie.ts'
import { forgetConsents, rememberConsent } from './remembered-consent.ts'
import { redirectResponse } from './responses.ts'
import type { Route } from './router.ts'
import { upstreamEndpoints, upstreamNonce } from './start-login.ts'

/**
 * Completes the sign-in: only in the browser that approved it, and only once. Until that is certain the IdP is
 * not called, and nothing is used up, so that a stranger with the link can neither complete nor spoil it.
 */
export function callbackHandler(context: ProxyContext): Route['handle'] {
  return async (request, { clientAddress }) => {
    const parameters = parseParameters(new URL(request.url).searchParams)
    const transaction = await takeTransaction(context, request, parameters)
    const outcome = await login(context, parameters, transaction)
    if (typeof outcome !== 'string' && isAnothers(transaction, outcome))
      return refuseAnother(context, request, transaction)
    const begun = typeof outcome === 'string' ? outcome : await begin(context, transaction, outcome, clientAddress)
    const answer = typeof begun === 'string' ? errorAnswer(context, begun) : { ...begun, iss: context.issuer }
    const { redirect_uri, state } = transaction.request
    const location = buildAuthorizationResponseURL(redirect_uri, { ...answer, state })
    const cookies = [unbindFlow(context, transaction)]
    if (transaction.remember && typeof outcome !== 'string') {
      cookies.push(await rememberConsent(context, request, transaction.request, outcome.identity.subject))
    }
    return redirectResponse(location, cookies)
  }
}

/** Whether a remembered consent was somebody else's. */
function isAnothers({ rememberedSubject }: Transaction, { identity }: UpstreamLogin): boolean {
  return rememberedSubject !== undefined && identity.subject !== rememberedSubject
}

function refuseAnother(context: ProxyContext, request: Request, transaction: Transaction): Response {
  const error = new OAuthError('consent_of_another')
  emitNow(context, { type: 'request.refused', reason: error.reason, endpoint: 'callback' })
  const cookies = [forgetConsents(context), unbindFlow(context, transaction)]
  return errorPage(error, context.pages.messages(request), { cookies })
}

async function takeTransaction(context: ProxyContext, request: Request, parameters: Parameters): Promise<Transaction> {
  const key = `transaction:${await platform.sha256(requireParameter(parameters, 'state'))}` as const
  const pending = (await context.store.find<Transaction>(key))?.record
  if (!pending || pending.expiresAt <= context.now()) throw new OAuthError('state_invalid')
  if (!(await isBoundToFlow(context, request, 'callback', pending))) throw new OAuthError('browser_mismatch')
  await assertIssuer(context, parameters)
  const taken = await context.store.take(key)
  if (taken === undefined) throw new OAuthError('state_invalid')
  return pending
}

/** An answer that names another issuer belongs to another server's flow, [RFC 9207 §2.4](https://www.rfc-editor.org/rfc/rfc9207#section-2.4). */
async function assertIssuer(context: ProxyContext, parameters: Parameters): Promise<void> {
  const { issuer, requireIssuer = false } = await upstreamEndpoints(context)
  const named = parameters.get('iss')
  if (issuer === undefined || named === issuer || (named === undefined && !requireIssuer)) return
  emitNow(context, { type: 'login.failed', kind: 'issuer_mismatch' })
  throw new OAuthError('upstream_issuer')
}

/** The login, or why there is none. Whatever the IdP wrote about it stays here. */
async function login(
  context: ProxyContext,
  parameters: Parameters,
  transaction: Transaction,
): Promise<UpstreamLogin | RefusalReason> {
  const clientId = transaction.request.client_id
  const upstreamError = parameters.get('error')
  const code = parameters.get('code')
  if (upstreamError !== undefined || code === undefined) {
    const kind =
      upstreamError === 'access_denied'
        ? 'access_denied'
        : upstreamError === 'temporarily_unavailable'
          ? 'unavailable'
          : 'protocol'
    emitNow(context, { type: 'login.failed', kind, clientId })
    return reasonFor(new UpstreamError(kind))
  }
  try {
    return await context.upstream.login(
      code,
      {
        codeVerifier: transaction.upstreamVerifier,
        redirectURI: context.endpoints.callback,
        nonce: await upstreamNonce(context, transaction.upstreamVerifier),
      },
      context.upstream.deadline(),
    )
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error
    const status = error.status === undefined ? {} : { status: error.status }
    emitNow(context, { type: 'upstream.failed', kind: error.kind, endpoint: 'authorization', clientId, ...status })
    emitNow(context, { type: 'login.failed', kind: error.kind, clientId })
    return reasonFor(error)
  }
}

function reasonFor(error: UpstreamError): RefusalReason {
  switch (error.kind) {
    case 'access_denied':
      return 'upstream_denied'
    case 'unavailable':
      return 'upstream_unavailable'
    case 'invalid_grant':
    case 'invalid_token':
    case 'invalid_client':
    case 'protocol':
      return 'upstream_refused'
  }
}

function errorAnswer(context: ProxyContext, reason: RefusalReason) {
  const error = new OAuthError(reason)
  return { error: error.error, error_description: error.message, iss: context.issuer }
}

/** Records the grant. The sign-in is used up by now, so trouble of ours goes to the client, which can start again. */
async function begin(
  context: ProxyContext,
  transaction: Transaction,
  completed: UpstreamLogin,
  source: string | undefined,
): Promise<{ readonly code: string } | RefusalReason> {
  const { request } = transaction
  const scopes = grantedScopes(request.scopes, completed.tokens.scopes, context.provider)
  // The person took every requested permission back at the IdP.
  if (scopes.every((scope) => scope === 'offline_access')) return 'upstream_denied'
  try {
    const client = await context.clients.find(request.client_id, source)
    if (!client) throw new OAuthError('client_unknown')
    // The client may have changed while the person was away.
    if (registeredRedirectURI(client, request.redirect_uri) === undefined)
      throw new OAuthError('redirect_uri_unregistered')
    const refreshable = client.metadata.grant_types.includes('refresh_token') || scopes.includes('offline_access')
    const code = await context.tokens.begin(request, scopes, completed, refreshable)
    emitNow(context, { type: 'login.succeeded', clientId: client.client_id, subject: completed.identity.subject })
    return { code }
  } catch (error) {
    if (error instanceof OAuthError && (error.status === 503 || error.reason === 'rate_limited')) return error.reason
    throw error
  }
}
