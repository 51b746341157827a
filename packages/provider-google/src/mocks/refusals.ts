/** How Google says no. @module */
import type { FakeIdPRefusal } from '@mcp-auth/core/mocks'

/** What Google writes for codes of RFC 6749. */
const words: Readonly<Record<string, string>> = {
  invalid_grant: 'Bad Request',
  invalid_client: 'The OAuth client was not found.',
  invalid_token: 'Token expired or revoked',
}

/** Names of [google.rpc.Code](https://cloud.google.com/apis/design/errors#handling_errors). */
const canonicalCodes: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
}

/** The endpoints that answer as OAuth has it; everything else answers as Google's APIs do. */
const oauthEndpoints: readonly string[] = ['token', 'refresh', 'revoke']

/** A refusal in Google's words. Google names no delay. */
export function writeGoogleRefusal({ endpoint, status, error, description }: FakeIdPRefusal): Response {
  if (oauthEndpoints.includes(endpoint)) {
    const code = status === 429 ? 'rate_limit_exceeded' : status >= 500 ? 'internal_failure' : error
    const said = Object.hasOwn(words, code) ? `${words[code] ?? ''} ${description}` : description
    return Response.json({ error: code, error_description: said }, { status })
  }
  if (endpoint === 'userinfo' && status === 401) {
    // Older than the words of RFC 6750, which are in the header.
    const headers = { 'WWW-Authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"' }
    return Response.json({ error: 'invalid_request', error_description: description }, { status, headers })
  }
  const body = { code: status, message: description, status: canonicalCodes[status] ?? 'UNKNOWN' }
  return Response.json({ error: body }, { status })
}
