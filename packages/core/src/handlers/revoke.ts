/** Revocation endpoint — RFC 7009. @module */
import { UpstreamError } from '../errors.ts'
import { grantOfRefreshToken } from '../grants/handles.ts'
import { requireParameter } from '../protocol/form.ts'
import { verifyAccessToken } from '../protocol/jwt.ts'
import type { GrantRecord } from '../proxy/records.ts'
import { emitNow, type ProxyContext } from './context.ts'
import { readForm } from './request-body.ts'
import { jsonResponse, publicCORS } from './responses.ts'
import { authenticateClient } from './token.ts'

/**
 * Ends the grant a token belongs to, with all its tokens. Unknown tokens and tokens of other clients get the same
 * answer and nothing happens.
 * @see [RFC 7009 §2.2](https://www.rfc-editor.org/rfc/rfc7009#section-2.2)
 */
export function revocationHandler(context: ProxyContext): (request: Request) => Promise<Response> {
  return async (request) => {
    const form = await readForm(request)
    const client = await authenticateClient(context, request, form)
    const grantId = await grantOfToken(context, requireParameter(form, 'token'))
    const stored = grantId === undefined ? undefined : await context.grants.find(grantId)
    if (stored && stored.grant.clientId === client.client_id) {
      const ended = await context.tokens.revoke(stored.id, 'client_request')
      if (ended) await revokeUpstream(context, ended)
    }
    return jsonResponse(200, {}, publicCORS)
  }
}

async function grantOfToken(context: ProxyContext, token: string): Promise<string | undefined> {
  const keys = await context.keys()
  const refreshed = await grantOfRefreshToken(token, keys)
  if (refreshed !== undefined) return refreshed
  const expected = {
    issuer: context.issuer,
    audience: context.resource,
    keys: keys.verificationKeys,
    now: context.now(),
  }
  return await verifyAccessToken(token, expected).then(
    (claims) => claims.sid,
    () => undefined,
  )
}

/** Tells the IdP, unless that would end the user's sign-ins of all other clients too. */
async function revokeUpstream(context: ProxyContext, grant: GrantRecord): Promise<void> {
  if (context.provider.revocationIsUserWide) return
  try {
    await context.upstream.revoke(grant.upstream, context.upstream.deadline())
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error
    // Our side is revoked; the IdP's token is gone from our store, so nobody can use it any more.
    emitNow(context, { type: 'upstream.failed', kind: error.kind, endpoint: 'revocation', clientId: grant.clientId })
  }
}
