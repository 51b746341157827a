/** Revocation endpoint — RFC 7009. @module */
import { UpstreamError } from '../errors.ts'
import { requireParameter } from '../protocol/form.ts'
import type { GrantRecord } from '../proxy/records.ts'
import { emitNow, type ProxyContext } from './context.ts'
import { findOwnToken } from './own-token.ts'
import { readForm } from './request-body.ts'
import { jsonResponse, publicCORS } from './responses.ts'
import type { Route } from './router.ts'
import { authenticateClient } from './token.ts'

/**
 * Ends the grant a token belongs to, with all its tokens. Unknown tokens and tokens of other clients get the same
 * answer and nothing happens.
 * @see [RFC 7009 §2.2](https://www.rfc-editor.org/rfc/rfc7009#section-2.2)
 */
export function revocationHandler(context: ProxyContext): Route['handle'] {
  return async (request, { clientAddress }) => {
    const form = await readForm(request)
    const client = await authenticateClient(context, request, form, clientAddress)
    const token = await findOwnToken(context, requireParameter(form, 'token'))
    if (token?.stored.grant.clientId === client.client_id) {
      const ended = await context.tokens.revoke(token.stored.id, 'client_request')
      if (ended) await revokeUpstream(context, token.stored.id, ended)
    }
    return jsonResponse(200, {}, publicCORS)
  }
}

/** Tells the IdP; where that ends all of the user's sign-ins, only together with the last one. */
async function revokeUpstream(context: ProxyContext, grantId: string, grant: GrantRecord): Promise<void> {
  const isLast = (await context.subjects?.remove(grantId, grant)) ?? true
  if (!isLast) return
  try {
    await context.upstream.revoke(grant.upstream, context.upstream.deadline())
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error
    // Our side is revoked; the IdP's token is gone from our store, so nobody can use it any more.
    emitNow(context, { type: 'upstream.failed', kind: error.kind, endpoint: 'revocation', clientId: grant.clientId })
  }
}
