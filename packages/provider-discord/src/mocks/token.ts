/** The fake's token and revocation endpoints. @module */
import { buildErrorResponse } from './error-answers.ts'
import { type FakeDiscordCall, type FakeDiscordState, issueTokens } from './state.ts'

/** Answers `POST /oauth2/token`. */
export async function answerToken(call: FakeDiscordCall, state: FakeDiscordState): Promise<Response> {
  const refusal = refuseCaller(call, state)
  if (refusal) return refusal
  const grantType = call.form.get('grant_type')
  if (grantType === 'authorization_code') return await redeemCode(call.form, state)
  if (grantType === 'refresh_token') return rotateRefreshToken(call.form, state)
  return buildErrorResponse('unsupportedGrantType')
}

/** Answers `POST /oauth2/token/revoke`: one token ends all of the user's. */
export function answerRevoke(call: FakeDiscordCall, state: FakeDiscordState): Response {
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
function refuseCaller({ request, form }: FakeDiscordCall, state: FakeDiscordState): Response | undefined {
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
    authorization === null ? [form.get('client_id'), form.get('client_secret')] : parseBasic(authorization)
  return id === state.clientId && secret === state.clientSecret ? undefined : buildErrorResponse('invalidClient')
}

function refuseRequest(error_description: string): Response {
  return Response.json({ error: 'invalid_request', error_description }, { status: 400 })
}

/** Both halves are form-encoded before they are joined, [RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1). */
function parseBasic(authorization: string): readonly [string, string] | readonly [] {
  try {
    const [, id, secret] = /^([^:]*):(.*)$/.exec(atob(authorization.replace(/^basic +/i, ''))) ?? []
    if (id === undefined || secret === undefined) return []
    return [decodeURIComponent(id.replaceAll('+', ' ')), decodeURIComponent(secret.replaceAll('+', ' '))]
  } catch {
    return []
  }
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
  if (verifier !== null && record.challenge !== (await calculateChallenge(verifier)))
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

/** `S256` of [RFC 7636 §4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2); nothing matches a verifier of wrong form. */
async function calculateChallenge(verifier: string): Promise<string> {
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return ''
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)))
  return btoa(String.fromCharCode(...digest))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
