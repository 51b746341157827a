/** Introspection endpoint — RFC 7662. @module */
import { hasSecret, type RegisteredClient } from '../clients/registered-client.ts'
import { OAuthError } from '../errors.ts'
import { requireParameter } from '../protocol/form.ts'
import { formatScope } from '../protocol/scope.ts'
import type { ProxyContext } from './context.ts'
import { findOwnToken, type OwnToken } from './own-token.ts'
import { readForm } from './request-body.ts'
import { jsonResponse, publicCORS } from './responses.ts'
import type { Route } from './router.ts'
import { authenticateClient } from './token.ts'

/**
 * Tells an authenticated client about a token: its own tokens, or, for a client that the operator registered (a
 * resource server, say), any token. About everything else it learns nothing but that it is not active.
 * @see [RFC 7662 §2](https://www.rfc-editor.org/rfc/rfc7662#section-2)
 */
export function introspectionHandler(context: ProxyContext): Route['handle'] {
  return async (request, { clientAddress }) => {
    const form = await readForm(request)
    const client = await authenticateClient(context, request, form, clientAddress)
    const isConfidential = hasSecret(client) || client.metadata.token_endpoint_auth_method === 'private_key_jwt'
    // Whoever has only a name has proven nothing.
    if (!isConfidential) throw new OAuthError('client_authentication')
    const token = await findOwnToken(context, requireParameter(form, 'token'))
    const answer = token && mayKnow(client, token) ? describe(context, token) : { active: false }
    return jsonResponse(200, answer, publicCORS)
  }
}

function mayKnow(client: RegisteredClient, token: OwnToken): boolean {
  return client.origin === 'preregistered' || token.stored.grant.clientId === client.client_id
}

function describe(context: ProxyContext, token: OwnToken): Record<string, unknown> {
  const { grant } = token.stored
  if (token.kind === 'access') {
    const { iss, aud, sub, client_id, scope, iat, exp, jti } = token.claims
    return { active: true, token_type: 'Bearer', iss, aud, sub, client_id, scope, iat, exp, jti }
  }
  if (!token.isCurrent) return { active: false }
  return {
    active: true,
    // A resource server that is shown it must be able to tell that it is no access token.
    token_use: 'refresh_token',
    iss: context.issuer,
    aud: grant.resource,
    sub: grant.identity.subject,
    client_id: grant.clientId,
    scope: formatScope(grant.scopes),
    exp: Math.floor(Math.min(grant.refreshUntil ?? 0, grant.expiresAt)),
  }
}
