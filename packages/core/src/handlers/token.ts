/** Token endpoint — RFC 6749 §3.2. @module */
import { platform } from '#platform'
import type { RegisteredClient } from '../clients/registered-client.ts'
import { parseClientCredentials } from '../protocol/client-authentication.ts'
import type { Parameters } from '../protocol/form.ts'
import { parseTokenRequest } from '../protocol/token-request.ts'
import type { ProxyContext } from './context.ts'
import { readForm } from './request-body.ts'
import { jsonResponse, publicCORS } from './responses.ts'
import type { Route } from './router.ts'

/** Redeems codes and refreshes. */
export function tokenHandler(context: ProxyContext): Route['handle'] {
  return async (request, { clientAddress }) => {
    const form = await readForm(request)
    const client = await authenticateClient(context, request, form, clientAddress)
    const tokenRequest = parseTokenRequest(form)
    const body =
      tokenRequest.grant_type === 'authorization_code'
        ? await context.tokens.redeem(client.client_id, tokenRequest)
        : await context.tokens.refresh(client.client_id, tokenRequest)
    return jsonResponse(200, body, publicCORS)
  }
}

/**
 * The client that makes the request.
 * @throws {OAuthError} `client_unknown`, `client_authentication`, `client_authentication_twice`, `parameter_missing`
 */
export async function authenticateClient(
  context: ProxyContext,
  request: Request,
  form: Parameters,
  source: string | undefined,
): Promise<RegisteredClient> {
  const authorization = request.headers.get('authorization')
  return await context.clients.authenticate(
    parseClientCredentials(authorization, form, platform.decodeBase64Text),
    source,
  )
}
