/** What a failed answer of GitHub means. @module */
import type { UpstreamErrorResponse, UpstreamFailure, UpstreamFailureKind } from '@mcp-auth/core'

/** A rate limit without a delay: "wait for at least one minute before retrying". */
const limitedSeconds = 60

/** Longest delay we pass on, in seconds. */
const maxDelaySeconds = 86_400

/**
 * Codes of the token endpoint and of the authorization page. They come with status 200.
 * @see [Access token request errors](https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors), [Refreshing user access tokens](https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens)
 */
const oauthErrors: Readonly<Record<string, UpstreamFailureKind>> = {
  bad_verification_code: 'invalid_grant',
  bad_refresh_token: 'invalid_grant',
  invalid_grant: 'invalid_grant',
  incorrect_client_credentials: 'invalid_client',
  invalid_client: 'invalid_client',
  application_suspended: 'invalid_client',
  access_denied: 'access_denied',
  unverified_user_email: 'access_denied',
  temporarily_unavailable: 'unavailable',
  server_error: 'unavailable',
}

/**
 * Judges a failed answer. GitHub refuses with 200 at the token endpoint, and limits rates with 403 as well as with
 * 429: neither status says what it seems to.
 * @see [Exceeding the rate limit](https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit)
 */
export function classifyGitHubError(response: UpstreamErrorResponse): UpstreamFailure {
  const { status, body } = response
  if (status === 429 || isRateLimit(response)) return unavailable(response, limitedSeconds)
  if (status >= 500 || !isRecord(body)) return unavailable(response, undefined)
  const { error, message } = body
  if (typeof error === 'string') {
    const kind = Object.hasOwn(oauthErrors, error) ? oauthErrors[error] : undefined
    // A client id that GitHub does not know is a page that is not there.
    if (kind === undefined && status === 404) return { kind: 'invalid_client' }
    return kind === 'unavailable' ? unavailable(response, undefined) : { kind: kind ?? 'protocol' }
  }
  if (typeof message !== 'string') return { kind: 'protocol' }
  if (status === 401) return { kind: 'invalid_token' }
  return { kind: status === 403 ? 'access_denied' : 'protocol' }
}

/** Primary limits show in `x-ratelimit-remaining`, secondary ones in `Retry-After` or only in the text. */
function isRateLimit({ status, headers, body }: UpstreamErrorResponse): boolean {
  if (status !== 403) return false
  if (headers.get('x-ratelimit-remaining') === '0' || headers.get('Retry-After') !== null) return true
  const message = isRecord(body) ? body['message'] : undefined
  return typeof message === 'string' && /rate limit|abuse detection/i.test(message)
}

function unavailable({ headers }: UpstreamErrorResponse, defaultSeconds: number | undefined): UpstreamFailure {
  const delay = headers.get('Retry-After')
  // `x-ratelimit-reset` is a time of GitHub's clock; here is none to compare it with.
  const seconds = delay !== null && /^\d+$/.test(delay) ? Math.min(Number(delay), maxDelaySeconds) : defaultSeconds
  return seconds === undefined ? { kind: 'unavailable' } : { kind: 'unavailable', retryAfterSeconds: seconds }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
