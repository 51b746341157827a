/** Registration endpoint — RFC 7591. @module */
import { sourceKey } from '../limits/rate-limiter.ts'
import { parseRegistrationRequest } from '../protocol/client-registration.ts'
import { emitNow, type ProxyContext } from './context.ts'
import { readJSON } from './request-body.ts'
import { jsonResponse, publicCORS } from './responses.ts'
import type { Route } from './router.ts'

/** Registers a client. The server keeps nothing: the id is the registration. */
export function registrationHandler(context: ProxyContext): Route['handle'] {
  return async (request, { clientAddress }) => {
    if (clientAddress !== undefined) await context.limiter.spend('registration', sourceKey(clientAddress))
    const metadata = parseRegistrationRequest(await readJSON(request), context.isAllowedRedirectURI)
    const client = await context.clients.register(metadata)
    emitNow(context, { type: 'client.registered', clientId: client.client_id })
    return jsonResponse(201, client, publicCORS)
  }
}
