/** The authorization page of a fake identity provider: agrees at once, or asks a human. @module */
import { leakMarker } from './broken-answers.ts'
import { renderLoginPage } from './login-page.ts'
import { type FakeIdPCall, type FakeIdPState, type FakeIdPUser, issueSecret } from './state.ts'

/** Life of a code, in seconds. */
const codeSeconds = 60

interface AuthorizationRequest {
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly challenge: string | undefined
  readonly parameters: URLSearchParams
}

/** Answers `GET`, and the `POST` of its page when a human decides. */
export function answerAuthorize(call: FakeIdPCall, state: FakeIdPState): Response {
  const { request, url, form } = call
  const { settings, profile } = state
  const authorization = parseAuthorizationRequest(url.searchParams, state)
  // Nothing is sent to an address that was not checked.
  if (typeof authorization === 'string') return new Response(`${authorization} ${leakMarker}`, { status: 400 })
  const objection = checkRequest(authorization) ?? profile.checkAuthorization?.(url.searchParams, state)
  if (objection instanceof Response) return objection
  if (objection) return redirectWithError(objection.error, objection.description ?? '', authorization, state)
  if (request.method === 'GET' && settings.interactive) {
    return renderLoginPage({
      name: profile.displayName ?? 'Example',
      users: [...state.users].map(([key, user]) => ({ key, name: nameOf(user), detail: user.subject })),
      selected: settings.user,
      scopes: authorization.scopes,
      returnHost: new URL(authorization.redirectUri).host,
    })
  }
  if (request.method !== 'GET' && !(request.method === 'POST' && settings.interactive))
    return new Response(null, { status: 405 })
  const isApproved = !settings.deny && (request.method === 'GET' || form.get('decision') === 'approve')
  const user = form.get('user') ?? settings.user
  if (!isApproved || !state.users.has(user)) {
    return redirectWithError('access_denied', 'The user denied the request', authorization, state)
  }
  return redirectWithCode(user, authorization, state)
}

function nameOf({ claims, subject }: FakeIdPUser): string {
  const name = claims['name'] ?? claims['preferred_username'] ?? claims['login']
  return typeof name === 'string' ? name : subject
}

function parseAuthorizationRequest(query: URLSearchParams, state: FakeIdPState): AuthorizationRequest | string {
  const redirectUri = query.get('redirect_uri') ?? ''
  if (query.get('client_id') !== state.clientId) return 'Unknown client'
  if (!URL.canParse(redirectUri) || state.redirectUris?.includes(redirectUri) === false) return 'Unknown redirect_uri'
  const names = [...query.keys()]
  if (new Set(names).size !== names.length) return 'A parameter is repeated'
  const scopes = [...new Set((query.get('scope') ?? '').split(' ').filter((scope) => scope !== ''))]
  return { redirectUri, scopes, challenge: query.get('code_challenge') ?? undefined, parameters: query }
}

function checkRequest({ parameters }: AuthorizationRequest): { error: string; description: string } | undefined {
  if (parameters.get('response_type') !== 'code') {
    return { error: 'unsupported_response_type', description: 'Only code' }
  }
  const isS256 = parameters.get('code_challenge_method') === 'S256'
  if (parameters.has('code_challenge') && !isS256) return { error: 'invalid_request', description: 'Only S256' }
  return undefined
}

function redirectWithCode(user: string, request: AuthorizationRequest, state: FakeIdPState): Response {
  const { settings, profile } = state
  const { parameters, redirectUri, challenge, scopes } = request
  const code = issueSecret(state, 'code')
  const granted = profile.grantScopes?.(scopes, parameters) ?? scopes
  const grant = {
    id: crypto.randomUUID(),
    user,
    scopes: granted.filter((scope) => !settings.withheldScopes.includes(scope)),
    authenticatedAt: state.now(),
    parameters: Object.fromEntries(parameters),
  }
  state.codes.set(code, { grant, redirectUri, challenge, expiresAt: state.now() + codeSeconds })
  return redirect(request, { code }, state)
}

function redirectWithError(
  error: string,
  description: string,
  request: AuthorizationRequest,
  state: FakeIdPState,
): Response {
  return redirect(request, { error, error_description: `${description} ${leakMarker}`.trim() }, state)
}

function redirect(
  { redirectUri, parameters }: AuthorizationRequest,
  answer: Readonly<Record<string, string>>,
  state: FakeIdPState,
): Response {
  const location = new URL(redirectUri)
  for (const [name, value] of Object.entries(answer)) location.searchParams.set(name, value)
  const handle = parameters.get('state')
  if (handle !== null) location.searchParams.set('state', handle)
  const { issuer } = state.settings
  if (issuer !== 'absent') {
    location.searchParams.set('iss', issuer === 'right' ? state.issuer : 'https://wrong-issuer.example')
  }
  return new Response(null, { status: 302, headers: { Location: location.href } })
}
