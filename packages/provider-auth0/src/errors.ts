/** What a failed answer of Auth0 means. @module */
import { classifyOAuthError, type UpstreamErrorResponse, type UpstreamFailure } from '@mcp-auth/core'

/** Longest delay we pass on, in seconds. */
const maxDelaySeconds = 86_400

/** Words of Auth0's own for what only the user can cure, or nobody: a second factor that is asked for now, "user is blocked". */
const endings: readonly unknown[] = ['mfa_required', 'unauthorized']

/**
 * Judges a failed answer by `error`, never by the description; Auth0 sends `invalid_grant` with status 403. Whatever
 * an overloaded Auth0 says, in any format, means "later".
 * @see [Standard error responses](https://auth0.com/docs/api/authentication#standard-error-responses)
 */
export function classifyAuth0Error(response: UpstreamErrorResponse): UpstreamFailure {
  const { status, body } = response
  const error = isRecord(body) ? body['error'] : undefined
  if (status === 429 || error === 'too_many_requests') return limited(response)
  if (status >= 500) return classifyOAuthError(response)
  // A wrong client secret, in Auth0's words; a refusal of the user has status 403.
  if (error === 'access_denied' && status === 401) return { kind: 'invalid_client' }
  if (endings.includes(error)) return { kind: 'invalid_grant' }
  return classifyOAuthError(response)
}

/**
 * A rate limit ends as `Retry-After` says, or at `x-ratelimit-reset`: a time in seconds since the epoch by the clock
 * of Auth0, which `Date` shows.
 * @see [Rate limit policy](https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy)
 */
function limited(response: UpstreamErrorResponse): UpstreamFailure {
  const { headers } = response
  const limit = classifyOAuthError({ ...response, status: 429 })
  const reset = /^\d{1,12}$/.exec(headers.get('x-ratelimit-reset') ?? '')?.[0]
  const sent = Date.parse(headers.get('Date') ?? '') / 1000
  if (limit.retryAfterSeconds !== undefined || reset === undefined || Number.isNaN(sent)) return limit
  return { ...limit, retryAfterSeconds: Math.min(Math.max(0, Math.ceil(Number(reset) - sent)), maxDelaySeconds) }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
