/** The fake's token and revocation endpoints. @module */
import { calculateCodeChallenge, parseBasicCredentials, type ReceivedRequest } from '@mcp-auth/core/mocks'
import { buildErrorResponse } from './error-answers.ts'
import { type FakeDiscordState, issueTokens } from './state.ts'

/** Answers `POST /oauth2/token`. */
export async function answerToken(call: ReceivedRequest, state: FakeDiscordState): Promise<Response> {
  const refusal = refuseCaller(call, state)
  if (refusal) return refusal
  const grantType = call.form.get('grant_type')
  if (grantType === 'authorization_code') return await redeemCode(call.form, state)
  if (grantType === 'refresh_token') return rotateRefreshToken(call.form, state)
  return buildErrorResponse('unsupportedGrantType')
}

/** Answers `POST /oauth2/token/revoke`: one token ends all of the user's. */
export function answerRevoke(call: ReceivedRequest, state: FakeDiscordState): Response {
  const refusal = refuseCaller(call, state)
  if (refusal) return refusal
  const token = call.form.get('token') ?? ''
  const userId = (state.accessTokens.get(token) ?? state.refreshTokens.get(token))?.userId
  for (const tokens of [state.accessTokens, state.refreshTokens]) {
    for (const [secret, grant] of tokens) if (grant.userId === userId) tokens.delete(secret)
  }
  return Response.json({})
}

/** Refusals before the grant is looked at. A repeated parameter or a secret sent twice is a fault no test should pass with. */
function refuseCaller({ request, form }: ReceivedRequest, state: FakeDiscordState): Response | undefined {
  if (request.method !== 'POST') return buildErrorResponse('methodNotAllowed')
  // JSON is not read at all, which is why Discord finds no grant type in it.
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    return buildErrorResponse('unsupportedGrantType')
  }
  const names = [...form.keys()]
  if (new Set(names).size !== names.length) return refuseRequest('A parameter is repeated')
  const authorization = request.headers.get('authorization')
  if (authorization !== null && form.has('client_secret')) return refuseRequest('The client secret was sent twice')
  const [id, secret] =
    authorization === null ? [form.get('client_id'), form.get('client_secret')] : parseBasicCredentials(authorization)
  return id === state.clientId && secret === state.clientSecret ? undefined : buildErrorResponse('invalidClient')
}

function refuseRequest(error_description: string): Response {
  return Response.json({ error: 'invalid_request', error_description }, { status: 400 })
}

async function redeemCode(form: URLSearchParams, state: FakeDiscordState): Promise<Response> {
  const code = form.get('code') ?? ''
  const record = state.codes.get(code)
  // Gone before the first await: of two requests at once, one comes too late.
  state.codes.delete(code)
  if (!record || record.expiresAt <= state.now() || record.redirectUri !== form.get('redirect_uri')) {
    return buildErrorResponse('invalidCode')
  }
  const verifier = form.get('code_verifier')
  if (record.challenge !== undefined && verifier === null) return buildErrorResponse('missingVerifier')
  if (verifier !== null && record.challenge !== (await calculateCodeChallenge(verifier)))
    return buildErrorResponse('invalidVerifier')
  return Response.json(issueTokens(state, record.userId, record.scopes))
}

function rotateRefreshToken(form: URLSearchParams, state: FakeDiscordState): Response {
  const token = form.get('refresh_token') ?? ''
  const grant = state.refreshTokens.get(token)
  state.refreshTokens.delete(token)
  if (!grant || !state.users.has(grant.userId)) return buildErrorResponse('invalidRefreshToken')
  return Response.json(issueTokens(state, grant.userId, grant.scopes))
}
