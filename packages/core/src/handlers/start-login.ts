/** Sends the browser to the identity provider, once its person has agreed. @module */
import { platform } from '#platform'
import { OAuthError, UpstreamError } from '../errors.ts'
import { randomSecret } from '../grants/handles.ts'
import type { UpstreamEndpoints } from '../provider.ts'
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
  const { authorizationEndpoint, additionalScopes = [] } = await upstreamEndpoints(context)
  const state = randomSecret()
  const upstreamVerifier = randomSecret()
  const transaction: Transaction = { ...pending, ...consent, upstreamVerifier }
  const remaining = Math.max(1, pending.expiresAt - context.now())
  await context.store.set(`transaction:${await platform.sha256(state)}`, serializeRecord(transaction), remaining)
  const location = buildUpstreamAuthorizationURL(context.provider, authorizationEndpoint, {
    state,
    codeChallenge: await platform.sha256(upstreamVerifier),
    redirectURI: context.endpoints.callback,
    scopes: [...new Set([...upstreamScopes(pending.request.scopes, context.provider), ...additionalScopes])],
    nonce: await upstreamNonce(context, upstreamVerifier),
  })
  return redirectResponse(location, await bindFlow(context, request, 'callback', pending))
}

/**
 * Where the identity provider is.
 * @throws {OAuthError} `upstream_unavailable` while it does not say
 */
export async function upstreamEndpoints(context: ProxyContext): Promise<UpstreamEndpoints> {
  try {
    return await context.upstream.endpoints()
  } catch (cause) {
    throw cause instanceof UpstreamError ? new OAuthError('upstream_unavailable', { cause }) : cause
  }
}

/** Ties the `id_token` to this sign-in as PKCE ties the code: only we know the verifier. */
export async function upstreamNonce({ provider }: ProxyContext, upstreamVerifier: string): Promise<string | undefined> {
  return provider.usesNonce ? await platform.sha256(`nonce ${upstreamVerifier}`) : undefined
}
