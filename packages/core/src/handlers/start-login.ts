/** Sends the browser to the identity provider, once its person has agreed. @module */
import { platform } from '#platform'
import { randomSecret } from '../grants/handles.ts'
import { type PendingConsent, serializeRecord, type Transaction } from '../proxy/records.ts'
import { upstreamScopes } from '../proxy/scopes.ts'
import { buildUpstreamAuthorizationURL } from '../upstream/upstream-client.ts'
import type { ProxyContext } from './context.ts'
import { bindFlow } from './flow-cookie.ts'
import { redirectResponse } from './responses.ts'

/** Records the approved flow under a fresh state, and binds its return to this browser. */
export async function startLogin(
  context: ProxyContext,
  request: Request,
  pending: PendingConsent,
  consent: Pick<Transaction, 'remember' | 'rememberedSubject'>,
): Promise<Response> {
  const state = randomSecret()
  const upstreamVerifier = randomSecret()
  const transaction: Transaction = { ...pending, ...consent, upstreamVerifier }
  const remaining = Math.max(1, pending.expiresAt - context.now())
  await context.store.set(`transaction:${await platform.sha256(state)}`, serializeRecord(transaction), remaining)
  const location = buildUpstreamAuthorizationURL(context.provider, {
    state,
    codeChallenge: await platform.sha256(upstreamVerifier),
    redirectURI: context.endpoints.callback,
    scopes: upstreamScopes(pending.request.scopes, context.provider),
  })
  return redirectResponse(location, await bindFlow(context, request, 'callback', pending))
}
