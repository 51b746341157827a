/** `oidc-provider`, with interactions that sign users in at the IdP and then ask for consent, and opaque access tokens. @module */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AdapterPayload, type Configuration, Provider } from 'oidc-provider'
import { consentPage, redirect, sendHTML, sendJSON } from '../http.ts'
import { listen, origin, resource, type StartServer, scope, tokenSeconds } from '../server.ts'
import { callByFetch, createUpstream } from '../upstream.ts'
import { createMapAdapter } from './oidc-adapter.ts'

/** Starts it. */
export const start: StartServer = async (idp) => {
  const upstream = createUpstream(idp, callByFetch)
  const provider = new Provider(origin, configure())
  provider.proxy = true
  const handle = provider.callback()
  const verifiers = new Map<string, string>()

  const guarded = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { authorization = '' } = request.headers
    const token = await provider.AccessToken.find(authorization.slice('Bearer '.length))
    if (!token?.isValid || token.aud !== resource) {
      return sendJSON(response, 401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer error="invalid_token"' })
    }
    return sendJSON(response, 200, { caller: token.accountId })
  }
  /** Signs in first, then asks for consent. */
  const interact = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { uid, prompt, params } = await provider.interactionDetails(request, response)
    if (prompt.name !== 'login') {
      return sendHTML(response, consentPage(`/interaction/${uid}`, String(params['client_id']), {}))
    }
    const { url, verifier } = upstream.depart(uid)
    verifiers.set(uid, verifier)
    return redirect(response, url)
  }
  const comeBack = async (
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
  ): Promise<void> => {
    const { uid } = await provider.interactionDetails(request, response)
    const verifier = verifiers.get(uid)
    verifiers.delete(uid)
    if (verifier === undefined || query.get('state') !== uid) return sendJSON(response, 400, { error: 'expired' })
    const { subject } = await upstream.arrive(query.get('code') ?? '', verifier)
    await provider.interactionFinished(request, response, { login: { accountId: subject } })
  }
  const consent = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { params, session } = await provider.interactionDetails(request, response)
    const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) })
    grant.addOIDCScope(scope)
    grant.addResourceScope(resource, scope)
    await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
  }

  return await listen(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', origin)
    if (pathname === '/mcp') return await guarded(request, response)
    if (pathname === '/open') return sendJSON(response, 200, { caller: 'anybody' })
    if (pathname === '/callback') return await comeBack(request, response, searchParams)
    if (!pathname.startsWith('/interaction/')) return await handle(request, response)
    return await (request.method === 'POST' ? consent : interact)(request, response)
  })
}

function configure(): Configuration {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const entries = new Map<string, AdapterPayload>()
  return {
    adapter: createMapAdapter(entries),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'bench' }] },
    // One page of ours has to find the interaction of another.
    cookies: { keys: [randomBytes(32).toString('base64url')], short: { path: '/' } },
    routes: { authorization: '/authorize', registration: '/register', token: '/token' },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    scopes: [scope],
    issueRefreshToken: async () => true,
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    ttl: { AccessToken: tokenSeconds, Grant: 86_400, Interaction: 600, Session: 86_400, RefreshToken: 30 * 86_400 },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope,
          audience: resource,
          accessTokenTTL: tokenSeconds,
          accessTokenFormat: 'opaque',
        }),
      },
    },
  }
}
