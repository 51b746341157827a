/** The fake's token endpoint, and what its tokens are good for at Descope itself. @module */
import { userinfoBody } from './bodies.ts'
import { buildErrorResponse } from './error-answers.ts'
import { applicationOf } from './register.ts'
import { base64url } from './signer.ts'
import type { FakeDescopeCall, FakeDescopeClient, FakeDescopeGrant, FakeDescopeState } from './state.ts'
import { issueTokens } from './tokens.ts'

/** Answers `POST …/token`. */
export async function answerToken(call: FakeDescopeCall, state: FakeDescopeState): Promise<Response> {
  const { form, request } = call
  if (request.method !== 'POST') return buildErrorResponse('notFound')
  const names = [...form.keys()].filter((name) => name !== 'resource')
  // No test should pass with a parameter that is sent twice.
  if (new Set(names).size !== names.length) return buildErrorResponse('invalidRequest')
  const { id, secret } = readCredentials(call)
  const client = state.clients.get(id)
  if (!client) return buildErrorResponse('invalidClientId')
  if (client.clientSecret !== undefined && client.clientSecret !== secret) return buildErrorResponse('missingSecret')
  switch (form.get('grant_type') ?? '') {
    case 'authorization_code':
      return await redeemCode(call, client, state)
    case 'refresh_token':
      return await refresh(form, client, state)
    case 'client_credentials':
      return await actForItself(call, client, state)
    default:
      return buildErrorResponse('invalidRequest')
  }
}

/** Answers `…/userinfo`, which stands in for introspection: there is no other endpoint for that. */
export function answerUserinfo({ request }: FakeDescopeCall, state: FakeDescopeState): Response {
  const [scheme, token = ''] = request.headers.get('authorization')?.split(' ') ?? []
  const grant = scheme?.toLowerCase() === 'bearer' ? state.accessTokens.get(token) : undefined
  const user = grant && state.users.get(grant.userId)
  return user ? Response.json(userinfoBody(user)) : buildErrorResponse('invalidToken')
}

/** Answers `POST …/revoke`. That access tokens die with the refresh token at userinfo is assumed. */
export function answerRevoke({ request, form }: FakeDescopeCall, state: FakeDescopeState): Response {
  if (request.method !== 'POST') return buildErrorResponse('notFound')
  const token = form.get('token') ?? ''
  const grant = state.refreshTokens.get(token) ?? state.accessTokens.get(token)
  for (const tokens of [state.accessTokens, state.refreshTokens]) {
    for (const [secret, other] of tokens) if (other === grant) tokens.delete(secret)
  }
  return Response.json({})
}

async function redeemCode(
  { form }: FakeDescopeCall,
  client: FakeDescopeClient,
  state: FakeDescopeState,
): Promise<Response> {
  const code = form.get('code') ?? ''
  const record = state.codes.get(code)
  // Gone before the first await: of two requests at once, one comes too late.
  state.codes.delete(code)
  if (!record || record.clientId !== client.clientId || record.expiresAt <= state.now()) {
    return buildErrorResponse('invalidGrant')
  }
  const redirectUri = form.get('redirect_uri')
  if (redirectUri !== null && redirectUri !== record.redirectUri) return buildErrorResponse('invalidGrant')
  if (record.challenge !== (await calculateChallenge(form.get('code_verifier') ?? ''))) {
    return buildErrorResponse('invalidGrant')
  }
  // "Token Endpoint only supports receiving a single resource": one of those the user agreed to.
  const resource = form.get('resource')
  if (resource !== null && !record.resources.includes(resource)) return buildErrorResponse('invalidRequest')
  const { userId, clientId, scopes, serverId } = record
  const resources = resource === null ? record.resources : [resource]
  const grant = { userId, clientId, scopes, serverId, resources }
  return Response.json(await issueTokens(state, grant, { withRefreshToken: true }))
}

async function refresh(form: URLSearchParams, client: FakeDescopeClient, state: FakeDescopeState): Promise<Response> {
  const token = form.get('refresh_token') ?? ''
  const grant = state.refreshTokens.get(token)
  if (grant?.clientId !== client.clientId) return buildErrorResponse('invalidToken')
  if (!state.users.has(grant.userId)) return buildErrorResponse('consentNotFound')
  const { rotatesRefreshTokens } = state.settings
  if (rotatesRefreshTokens) state.refreshTokens.delete(token)
  return Response.json(await issueTokens(state, grant, { withRefreshToken: rotatesRefreshTokens }))
}

/** Client credentials: the application is its own subject, and there is no refresh token. */
async function actForItself(
  { form, serverId }: FakeDescopeCall,
  { clientId, clientSecret }: FakeDescopeClient,
  state: FakeDescopeState,
): Promise<Response> {
  if (clientSecret === undefined) return buildErrorResponse('missingSecret')
  const scopes = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
  const userId = applicationOf(clientId)
  const grant: FakeDescopeGrant = { userId, clientId, scopes, serverId, resources: form.getAll('resource') }
  return Response.json(await issueTokens(state, grant, { withRefreshToken: false }))
}

/** The header or the body, [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1). */
function readCredentials({ request, form }: FakeDescopeCall): { readonly id: string; readonly secret: string | null } {
  const [, basic] = /^basic +(\S+)$/i.exec(request.headers.get('authorization') ?? '') ?? []
  if (basic === undefined) return { id: form.get('client_id') ?? '', secret: form.get('client_secret') }
  const [id = '', secret = ''] = atob(basic).split(':')
  return { id: decodeURIComponent(id), secret: decodeURIComponent(secret) }
}

/** `S256` of [RFC 7636 §4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2). */
async function calculateChallenge(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}
