/** What a failed answer of Google means. @module */
import type { UpstreamErrorResponse, UpstreamFailure, UpstreamFailureKind } from '@mcp-auth/core'

/** Longest delay we pass on, in seconds. */
const maxDelaySeconds = 86_400

/**
 * Codes of the OAuth endpoints.
 * @see [Authorization errors](https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors), [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)
 */
const oauthErrors: Readonly<Record<string, UpstreamFailureKind>> = {
  // Also with `error_subtype: "invalid_rapt"`, when a Workspace's policy wants the user to sign in again.
  invalid_grant: 'invalid_grant',
  invalid_token: 'invalid_token',
  invalid_client: 'invalid_client',
  unauthorized_client: 'invalid_client',
  deleted_client: 'invalid_client',
  disabled_client: 'invalid_client',
  access_denied: 'access_denied',
  admin_policy_enforced: 'access_denied',
  org_internal: 'access_denied',
  rate_limit_exceeded: 'unavailable',
  temporarily_unavailable: 'unavailable',
  server_error: 'unavailable',
  internal_failure: 'unavailable',
}

/** Canonical codes of [google.rpc.Code](https://cloud.google.com/apis/design/errors#handling_errors) that APIs answer with. */
const apiErrors: Readonly<Record<string, UpstreamFailureKind>> = {
  UNAUTHENTICATED: 'invalid_token',
  PERMISSION_DENIED: 'access_denied',
  RESOURCE_EXHAUSTED: 'unavailable',
  UNAVAILABLE: 'unavailable',
  INTERNAL: 'unavailable',
  DEADLINE_EXCEEDED: 'unavailable',
}

/** Reasons of a 403 that speak of quota and not of rights, [usage limits](https://developers.google.com/drive/api/guides/handle-errors#resolve_a_403_error_usage_limit_exceeded). */
const quotaReason = /^(?:(?:user)?rateLimitExceeded|(?:daily|sharingRate)LimitExceeded|quotaExceeded)$/i

/**
 * Judges a failed answer. Only a refusal in words we know ends something: an overloaded Google answers with pages,
 * and those mean "later".
 */
export function classifyGoogleError(response: UpstreamErrorResponse): UpstreamFailure {
  const { status, body } = response
  if (status === 429 || status >= 500 || !isRecord(body)) return unavailable(response)
  const kind = judge(status, body['error'])
  return kind === 'unavailable' ? unavailable(response) : { kind }
}

function judge(status: number, error: unknown): UpstreamFailureKind {
  if (typeof error === 'string') {
    const known = Object.hasOwn(oauthErrors, error) ? oauthErrors[error] : undefined
    // Userinfo calls a dead token an `invalid_request`.
    return known ?? (status === 401 ? 'invalid_token' : 'protocol')
  }
  if (!isRecord(error)) return 'protocol'
  if (hasQuotaReason(error['errors'])) return 'unavailable'
  const code = error['status']
  const known = typeof code === 'string' && Object.hasOwn(apiErrors, code) ? apiErrors[code] : undefined
  if (known !== undefined) return known
  // Older APIs have numbers only.
  return status === 401 ? 'invalid_token' : status === 403 ? 'access_denied' : 'protocol'
}

function hasQuotaReason(errors: unknown): boolean {
  if (!Array.isArray(errors)) return false
  return errors.some((entry) => isRecord(entry) && quotaReason.test(String(entry['reason'])))
}

function unavailable({ headers }: UpstreamErrorResponse): UpstreamFailure {
  const delay = headers.get('Retry-After')
  if (delay === null || !/^\d+$/.test(delay)) return { kind: 'unavailable' }
  return { kind: 'unavailable', retryAfterSeconds: Math.min(Number(delay), maxDelaySeconds) }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
