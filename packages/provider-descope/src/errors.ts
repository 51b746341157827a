/** What a failed answer of Descope means. @module */
import type { UpstreamErrorResponse, UpstreamFailure, UpstreamFailureKind } from '@mcp-auth/core'

/** Longest delay we pass on, in seconds. */
const maxDelaySeconds = 86_400

/** Codes of [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2), [RFC 6750 §3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1) and [RFC 8628 §3.5](https://www.rfc-editor.org/rfc/rfc8628#section-3.5). */
const oauthErrors: Readonly<Record<string, UpstreamFailureKind>> = {
  invalid_grant: 'invalid_grant',
  expired_token: 'invalid_grant',
  invalid_token: 'invalid_token',
  invalid_client: 'invalid_client',
  unauthorized_client: 'invalid_client',
  access_denied: 'access_denied',
  authorization_pending: 'unavailable',
  slow_down: 'unavailable',
  temporarily_unavailable: 'unavailable',
  server_error: 'unavailable',
}

/** Descope's own codes, as far as they were seen. */
const descopeErrors: Readonly<Record<string, UpstreamFailureKind>> = {
  // "Cannot find consent by id": the user took the consent back.
  E063302: 'invalid_grant',
  // "Invalid token"
  E061005: 'invalid_grant',
  // "Invalid client id"
  E074130: 'invalid_client',
  // "API rate limit exceeded."
  E130429: 'unavailable',
}

/**
 * Judges a failed answer of Descope's token endpoint or API, for programs that call them. Few answers have the form of
 * RFC 6749: most have an `errorCode`, and even a consent that was taken back is a 404.
 *
 * `invalid_grant` means that the user has to sign in again, `unavailable` that it may work later: nothing ends.
 * @see [Rate limits](https://docs.descope.com/rate-limit)
 */
export function classifyDescopeError(response: UpstreamErrorResponse): UpstreamFailure {
  const { status, body } = response
  if (status === 429 || status >= 500 || !isRecord(body)) return unavailable(response)
  const { error, errorCode } = body
  if (typeof error === 'string') return verdict(response, lookUp(oauthErrors, error) ?? 'protocol')
  if (typeof errorCode !== 'string') return { kind: 'protocol' }
  const known = lookUp(descopeErrors, errorCode)
  if (known) return verdict(response, known)
  if (status === 401 || status === 404) return { kind: 'invalid_grant' }
  return { kind: status === 403 ? 'access_denied' : 'protocol' }
}

function verdict(response: UpstreamErrorResponse, kind: UpstreamFailureKind): UpstreamFailure {
  return kind === 'unavailable' ? unavailable(response) : { kind }
}

function unavailable({ headers }: UpstreamErrorResponse): UpstreamFailure {
  const header = headers.get('Retry-After')
  if (header === null || !/^\d{1,9}$/.test(header)) return { kind: 'unavailable' }
  return { kind: 'unavailable', retryAfterSeconds: Math.min(Number(header), maxDelaySeconds) }
}

function lookUp(table: Readonly<Record<string, UpstreamFailureKind>>, code: string): UpstreamFailureKind | undefined {
  return Object.hasOwn(table, code) ? table[code] : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
