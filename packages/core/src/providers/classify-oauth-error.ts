/** What a failed answer of an OAuth server means, unless it has words of its own. @module */
import type { UpstreamErrorResponse, UpstreamFailure, UpstreamFailureKind } from '../provider.ts'

/** Longest delay we pass on, in seconds. */
const maxDelaySeconds = 86_400

/**
 * Codes that decide something: [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2) and §4.1.2.1,
 * [RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1),
 * [OpenID Connect Core §3.1.2.6](https://openid.net/specs/openid-connect-core-1_0.html#AuthError).
 */
const kinds: Readonly<Record<string, UpstreamFailureKind>> = {
  invalid_grant: 'invalid_grant',
  // A token endpoint that says so wants the person back: this grant brings nothing more.
  interaction_required: 'invalid_grant',
  login_required: 'invalid_grant',
  consent_required: 'invalid_grant',
  invalid_client: 'invalid_client',
  unauthorized_client: 'invalid_client',
  invalid_token: 'invalid_token',
  access_denied: 'access_denied',
  server_error: 'unavailable',
  temporarily_unavailable: 'unavailable',
  slow_down: 'unavailable',
}

/**
 * Judges a failed answer by its error code and never by its description. Only a refusal in words of the standard ends
 * something; a rate limit, a server error, or a page where data should be means "later". Does not throw.
 * @example
 * const provider = { ...oidc(options), classifyError: (response) => ownVerdict(response) ?? classifyOAuthError(response) }
 */
export function classifyOAuthError(response: UpstreamErrorResponse): UpstreamFailure {
  const { status, body, headers } = response
  // Before the body: overloaded servers and what stands in front of them answer in any format.
  if (status === 429 || status >= 500) return unavailable(response)
  const code = isRecord(body) ? body['error'] : undefined
  const named = typeof code === 'string' && Object.hasOwn(kinds, code) ? kinds[code] : undefined
  if (named === 'unavailable') return unavailable(response)
  if (named !== undefined) return { kind: named }
  // A resource refuses a token with a challenge and often without any body.
  const challenge = headers.get('WWW-Authenticate') ?? ''
  if (status === 401 && /\bBearer\b/i.test(challenge)) return { kind: 'invalid_token' }
  if (status === 401 && /\bBasic\b/i.test(challenge)) return { kind: 'invalid_client' }
  if (body === undefined) return unavailable(response)
  if (status === 401 && code === undefined) return { kind: 'invalid_token' }
  return { kind: status === 403 && code === undefined ? 'access_denied' : 'protocol' }
}

function unavailable({ headers }: UpstreamErrorResponse): UpstreamFailure {
  const value = headers.get('Retry-After')
  // A date would need the clock of the server that wrote it.
  if (value === null || !/^\d{1,15}$/.test(value)) return { kind: 'unavailable' }
  return { kind: 'unavailable', retryAfterSeconds: Math.min(Number(value), maxDelaySeconds) }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
