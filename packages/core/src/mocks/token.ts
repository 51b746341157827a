/** Token and revocation endpoint of a fake identity provider. @module */
import { isOurClient } from './client.ts'
import { object, refuse } from './refusals.ts'
import { encodeBase64url, type FakeIdPCall, type FakeIdPGrant, type FakeIdPState, type FakeIdPTokens } from './state.ts'
import { contextOf, issueTokens } from './tokens.ts'

/** Answers the token endpoint. */
export async function answerToken(call: FakeIdPCall, state: FakeIdPState): Promise<Response> {
  const refusal = refuseCaller(call, state)
  if (refusal) return refusal
  const objection = state.profile.checkToken?.(call, state)
  if (objection) return object(call, state, objection)
  const grantType = call.form.get('grant_type')
  if (grantType === 'authorization_code') return await redeemCode(call, state)
  if (grantType === 'refresh_token') return await refresh(call, state)
  return refuse(call, state, 400, 'unsupported_grant_type')
}

/** Answers the revocation endpoint, [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009): 200 for an unknown token as well. */
export function answerRevoke(call: FakeIdPCall, state: FakeIdPState): Response {
  const refusal = refuseCaller(call, state)
  if (refusal) return refusal
  const token = call.form.get('token') ?? ''
  const revoked = state.accessTokens.get(token) ?? state.refreshTokens.get(token)
  const { revokes = 'grant' } = state.profile
  const isMeant = (secret: string, grant: FakeIdPGrant): boolean => {
    if (revokes === 'token') return secret === token
    return revokes === 'grant' ? grant.id === revoked?.id : grant.user === revoked?.user
  }
  for (const tokens of [state.accessTokens, state.refreshTokens]) {
    for (const [secret, grant] of tokens) if (isMeant(secret, grant)) tokens.delete(secret)
  }
  return new Response(null, { status: 200 })
}

/** Refusals before the grant is looked at. A repeated parameter is a fault no test should pass with. */
function refuseCaller(call: FakeIdPCall, state: FakeIdPState): Response | undefined {
  const { request, form } = call
  if (request.method !== 'POST') return refuse(call, state, 405, 'invalid_request', 'Only POST')
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    return refuse(call, state, 400, 'invalid_request', 'Only forms')
  }
  const names = [...form.keys()]
  if (new Set(names).size !== names.length) {
    return refuse(call, state, 400, 'invalid_request', 'A parameter is repeated')
  }
  return isOurClient(call, state) ? undefined : refuse(call, state, 401, 'invalid_client', 'Unknown client')
}

async function redeemCode(call: FakeIdPCall, state: FakeIdPState): Promise<Response> {
  const { form } = call
  const code = form.get('code') ?? ''
  const record = state.codes.get(code)
  // Gone before the first await: of two requests at once, one comes too late.
  state.codes.delete(code)
  const isGood = record && record.expiresAt > state.now() && record.redirectUri === form.get('redirect_uri')
  if (!isGood || !state.users.has(record.grant.user)) {
    return refuse(call, state, 400, 'invalid_grant', 'The code is unknown, spent or expired')
  }
  const verifier = form.get('code_verifier')
  const challenge = verifier === null ? undefined : await calculateCodeChallenge(verifier)
  if (challenge !== record.challenge) return refuse(call, state, 400, 'invalid_grant', 'Wrong code_verifier')
  const grant = { ...record.grant, expiresAt: state.now() + state.settings.expiresIn }
  return writeTokens(await issueTokens(contextOf(state, grant, 'code')), call, state)
}

async function refresh(call: FakeIdPCall, state: FakeIdPState): Promise<Response> {
  const token = call.form.get('refresh_token') ?? ''
  const former = state.refreshTokens.get(token)
  if (!former || !state.users.has(former.user)) {
    return refuse(call, state, 400, 'invalid_grant', 'The refresh token is unknown, spent or revoked')
  }
  const scopes = call.form.get('scope')?.split(' ') ?? former.scopes
  // RFC 6749 §6: never more than the user granted.
  if (!scopes.every((scope) => former.scopes.includes(scope))) return refuse(call, state, 400, 'invalid_scope')
  const { rotatesRefreshTokens = true } = state.profile
  if (rotatesRefreshTokens) state.refreshTokens.delete(token)
  const grant = { ...former, scopes, expiresAt: state.now() + state.settings.expiresIn }
  const context = contextOf(state, grant, 'refresh')
  return writeTokens(await issueTokens(context, rotatesRefreshTokens ? undefined : token), call, state)
}

function writeTokens(tokens: FakeIdPTokens, call: FakeIdPCall, { profile }: FakeIdPState): Response {
  return profile.writeTokens?.(tokens, call) ?? Response.json(tokens, { headers: { 'Cache-Control': 'no-store' } })
}

/** `S256` of [RFC 7636 §4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2); nothing matches a verifier of wrong form. */
export async function calculateCodeChallenge(verifier: string): Promise<string> {
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return ''
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
}
