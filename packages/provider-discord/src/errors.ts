/** What a failed answer of Discord means. @module */
import type { UpstreamErrorResponse, UpstreamFailure, UpstreamFailureKind } from '@mcp-auth/core'

/**
 * Discord counts 401, 403 and 429 answers and shuts an address out that collects too many of them; where such
 * a refusal names no delay, this many seconds pass before the next try.
 * @see [Invalid request limit](https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans)
 */
const blockedSeconds = 60

/** Longest delay we pass on. */
const maxDelaySeconds = 86_400

/** Codes of [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2) and §4.1.2.1 that decide something for us. */
const oauthErrors: Readonly<Record<string, UpstreamFailureKind>> = {
  invalid_grant: 'invalid_grant',
  invalid_client: 'invalid_client',
  access_denied: 'access_denied',
  temporarily_unavailable: 'unavailable',
  server_error: 'unavailable',
}

/** "internal network error": Cloudflare does not like the User-Agent or the address. */
const networkErrorCode = 40333

/** "Invalid authentication token" and "Invalid OAuth2 access token", whatever the status. */
const tokenErrorCodes: readonly unknown[] = [50014, 50025]

/**
 * Judges a failed answer. Only a refusal in words we know ends something; whatever an overloaded or blocked
 * Discord says, in any format, means "later".
 *
 * The error code decides and never the description, which is prose for developers. So the `invalid_request`
 * that stood for a bad code until 2020 is `protocol`: it can only end the sign-in that brought the code, as
 * `invalid_grant` would, while wrong PKCE values share that code and are a fault of ours.
 * @see [Error messages](https://docs.discord.com/developers/reference#error-messages), [Opcodes and status codes](https://docs.discord.com/developers/topics/opcodes-and-status-codes)
 */
export function classifyDiscordError(response: UpstreamErrorResponse): UpstreamFailure {
  const { status, body } = response
  // Before the body: a rate limit comes as JSON, as HTML or as the text `error code: 1015`.
  if (status === 429) return unavailable(response, blockedSeconds)
  if (status >= 500) return unavailable(response, undefined)
  if (!isRecord(body)) return unavailable(response, blockedSeconds)
  const { error, code, message } = body
  if (typeof error === 'string') {
    const kind = Object.hasOwn(oauthErrors, error) ? oauthErrors[error] : undefined
    return kind === 'unavailable' ? unavailable(response, undefined) : { kind: kind ?? 'protocol' }
  }
  if (typeof message !== 'string') return { kind: 'protocol' }
  if (code === networkErrorCode) return unavailable(response, blockedSeconds)
  if (status === 401 || tokenErrorCodes.includes(code)) return { kind: 'invalid_token' }
  // "Missing Access" and its kin: a decision about this user, which a new token would not change.
  return { kind: status === 403 ? 'access_denied' : 'protocol' }
}

function unavailable(response: UpstreamErrorResponse, defaultSeconds: number | undefined): UpstreamFailure {
  const { body, headers } = response
  // The body is exact to the millisecond, the header to the second; `null` and '' must not become 0.
  const inBody = isRecord(body) ? body['retry_after'] : undefined
  const inHeader = headers.get('Retry-After')
  const seconds =
    parseDelay(inBody) ??
    (inHeader !== null && /^\d+$/.test(inHeader) ? parseDelay(Number(inHeader)) : undefined) ??
    defaultSeconds
  return seconds === undefined ? { kind: 'unavailable' } : { kind: 'unavailable', retryAfterSeconds: seconds }
}

/** Whole seconds, rounded up: what we send on as `Retry-After` has no decimals. */
function parseDelay(value: unknown): number | undefined {
  if (typeof value !== 'number' || !(value >= 0)) return undefined
  return Math.min(Math.ceil(value), maxDelaySeconds)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
