/** What a failed answer of Entra ID or Microsoft Graph means. @module */
import { classifyOAuthError, type UpstreamErrorResponse, type UpstreamFailure } from '@mcp-auth/core'

/**
 * Numbers that mean "later", whatever `error` says; Entra writes some of them with `invalid_grant`. Microsoft may
 * change numbers, and then `error` decides: they never end what it would not end.
 * @see [AADSTS error codes](https://learn.microsoft.com/entra/identity-platform/reference-error-codes)
 */
const transientCodes: readonly unknown[] = [
  50196, // too many equal requests of this client
  90006, // a service behind it is down
  90012, // it timed out
  90024, // it took too long
  90033, // the directory is down
  90055, // too many requests of this tenant
]

/**
 * Judges a failed answer by `error` and its numbers, never by the description, which Microsoft changes. Whatever only
 * the user can cure, at a new sign-in, ends the grant: a second factor that is asked for now, or a consent that was
 * taken back.
 * @see [Handling errors](https://learn.microsoft.com/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application)
 */
export function classifyEntraError(response: UpstreamErrorResponse): UpstreamFailure {
  const { status, body } = response
  if (!isRecord(body)) return classifyOAuthError(response)
  const { error, error_codes: codes } = body
  if (Array.isArray(codes) && codes.some((code) => transientCodes.includes(code))) {
    return classifyOAuthError({ ...response, body: { error: 'temporarily_unavailable' } })
  }
  // Microsoft Graph, for whoever asks it: https://learn.microsoft.com/graph/errors
  if (isRecord(error) && status === 401) return { kind: 'invalid_token' }
  return classifyOAuthError(response)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
