/** The fake's authorization page: agrees at once, or asks a human. @module */
import type { ReceivedRequest } from '@mcp-auth/core/mocks'
import { discordErrorAnswers } from './error-answers.ts'
import { renderDiscordLoginPage } from './login-page.ts'
import type { FakeDiscordState } from './state.ts'

/** Discord staff: codes "expire 100 seconds after creation". */
const codeSeconds = 100

interface AuthorizationRequest {
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly challenge: string | undefined
}

/** Scopes that exist at Discord, more than the provider lets through. */
const knownScope =
  /^(identify|email|openid|guilds(\.join|\.members\.read)?|connections|bot|webhook\.incoming|[a-z_]+\.[a-z_.]+)$/

/** Answers `GET /oauth2/authorize`, and the `POST` of its page when a human decides. */
export function answerAuthorize({ request, url, form }: ReceivedRequest, state: FakeDiscordState): Response {
  const authorization = parseAuthorizationRequest(url.searchParams, state)
  // Nothing is sent to an address that was not checked.
  if (typeof authorization === 'string') return new Response(authorization, { status: 400 })
  const { settings } = state
  if (authorization.scopes.length === 0 || !authorization.scopes.every((scope) => knownScope.test(scope))) {
    return redirectWithError('invalidScope', authorization, url, state)
  }
  if (request.method === 'GET' && settings.interactive) {
    return renderDiscordLoginPage({
      users: [...state.users.values()],
      selected: settings.user,
      scopes: authorization.scopes,
      returnHost: new URL(authorization.redirectUri).host,
    })
  }
  if (request.method !== 'GET' && !(request.method === 'POST' && settings.interactive))
    return new Response(null, { status: 405 })
  const approved = !settings.deny && (request.method === 'GET' || form.get('decision') === 'approve')
  const userId = form.get('user') ?? settings.user
  if (!approved || !state.users.has(userId)) return redirectWithError('accessDenied', authorization, url, state)
  return redirectWithCode(userId, authorization, url, state)
}

function parseAuthorizationRequest(query: URLSearchParams, state: FakeDiscordState): AuthorizationRequest | string {
  const redirectUri = query.get('redirect_uri') ?? ''
  if (query.get('client_id') !== state.clientId) return 'Unknown application'
  if (!URL.canParse(redirectUri) || state.redirectUris?.includes(redirectUri) === false)
    return 'Invalid OAuth2 redirect_uri'
  if (query.get('response_type') !== 'code') return 'Unsupported "response_type"'
  const challenge = query.get('code_challenge') ?? undefined
  if (challenge !== undefined && query.get('code_challenge_method') !== 'S256')
    return 'Unsupported "code_challenge_method"'
  const scopes = [...new Set((query.get('scope') ?? '').split(' ').filter((scope) => scope !== ''))]
  return { redirectUri, scopes, challenge }
}

function redirectWithCode(userId: string, request: AuthorizationRequest, url: URL, state: FakeDiscordState): Response {
  const { issuer, withheldScopes } = state.settings
  const code = state.issueSecret()
  state.codes.set(code, {
    userId,
    scopes: request.scopes.filter((scope) => !withheldScopes.includes(scope)),
    redirectUri: request.redirectUri,
    challenge: request.challenge,
    expiresAt: state.now() + codeSeconds,
  })
  return redirect(request, url, { code }, issuer === 'right' ? 'https://discord.com' : wrongIssuer(state))
}

/** Whether Discord names its issuer in an error is not known, so the fake does not: tests must not rely on it. */
function redirectWithError(
  name: 'invalidScope' | 'accessDenied',
  request: AuthorizationRequest,
  url: URL,
  state: FakeDiscordState,
): Response {
  const { body } = discordErrorAnswers[name]
  const members = typeof body === 'string' ? {} : body
  const parameters = { error: String(members['error']), error_description: String(members['error_description']) }
  return redirect(request, url, parameters, wrongIssuer(state))
}

function wrongIssuer(state: FakeDiscordState): string | undefined {
  return state.settings.issuer === 'wrong' ? 'https://discord.example' : undefined
}

function redirect(
  request: AuthorizationRequest,
  url: URL,
  parameters: Readonly<Record<string, string>>,
  iss: string | undefined,
): Response {
  const location = new URL(request.redirectUri)
  for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value)
  const handle = url.searchParams.get('state')
  if (handle !== null) location.searchParams.set('state', handle)
  if (iss !== undefined) location.searchParams.set('iss', iss)
  return new Response(null, { status: 302, headers: { Location: location.href } })
}
