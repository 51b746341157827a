/** The fake's authorization page: agrees at once, or asks a human. @module */
import { renderLoginPage } from '@mcp-auth/core/mocks'
import { buildErrorResponse } from './error-answers.ts'
import type { FakeDescopeCall, FakeDescopeState } from './state.ts'

/** How long a code is good, in seconds. Descope's own value is not documented. */
const codeSeconds = 120

interface AuthorizationRequest {
  readonly clientId: string
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly challenge: string
}

/** Answers `GET …/authorize`, and the `POST` of its page when a human decides. */
export function answerAuthorize({ request, url, form, serverId }: FakeDescopeCall, state: FakeDescopeState): Response {
  const { settings } = state
  const authorization = parseAuthorizationRequest(url.searchParams, state)
  // Nothing is sent to an address that was not checked.
  if (!authorization) return buildErrorResponse('invalidClientId')
  const { scopes, redirectUri } = authorization
  if (!scopes.every((scope) => settings.scopes.includes(scope))) {
    return redirect(authorization, url, { error: 'invalid_scope', error_description: 'scope not approved' })
  }
  if (request.method === 'GET' && settings.interactive) {
    const users = [...state.users.values()].map(({ id, name, email }) => ({ key: id, name, detail: email }))
    const returnHost = new URL(redirectUri).host
    return renderLoginPage({ name: 'Descope', users, selected: settings.user, scopes, returnHost })
  }
  if (request.method !== 'GET' && !(request.method === 'POST' && settings.interactive)) {
    return buildErrorResponse('notFound')
  }
  const approved = !settings.deny && (request.method === 'GET' || form.get('decision') === 'approve')
  const userId = form.get('user') ?? settings.user
  if (!approved || !state.users.has(userId)) return redirect(authorization, url, { error: 'access_denied' })
  const code = state.remember(state.newHandle())
  state.codes.set(code, { ...authorization, userId, serverId, expiresAt: state.now() + codeSeconds })
  return redirect(authorization, url, { code })
}

/** Everything but the scopes, which are refused by a redirect. PKCE is demanded, as our clients always use it. */
function parseAuthorizationRequest(query: URLSearchParams, state: FakeDescopeState): AuthorizationRequest | undefined {
  const clientId = query.get('client_id') ?? ''
  const redirectUri = query.get('redirect_uri') ?? ''
  const challenge = query.get('code_challenge') ?? ''
  const client = state.clients.get(clientId)
  if (client?.redirectUris.includes(redirectUri) !== true) return undefined
  const isCode = query.get('response_type') === 'code'
  if (!isCode || challenge === '' || query.get('code_challenge_method') !== 'S256') return undefined
  const scopes = [...new Set((query.get('scope') ?? 'openid').split(' ').filter((scope) => scope !== ''))]
  // Several resources may be asked for, RFC 8707 §2.
  return { clientId, redirectUri, scopes, resources: query.getAll('resource'), challenge }
}

function redirect(request: AuthorizationRequest, url: URL, parameters: Readonly<Record<string, string>>): Response {
  const location = new URL(request.redirectUri)
  for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value)
  const handle = url.searchParams.get('state')
  if (handle !== null) location.searchParams.set('state', handle)
  return new Response(null, { status: 302, headers: { Location: location.href } })
}
