/** Every refusal Discord is known to send, as it comes over the wire. @module */

/** A complete answer: objects are sent as JSON, text as it is. */
export interface DiscordErrorAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Readonly<Record<string, unknown>>
}

/** Names of {@link discordErrorAnswers}. */
export type DiscordErrorName =
  | 'invalidCode'
  | 'invalidCodeBefore2020'
  | 'invalidRefreshToken'
  | 'invalidGrantBare'
  | 'invalidClient'
  | 'invalidClientWith400'
  | 'invalidVerifier'
  | 'missingVerifier'
  | 'invalidScope'
  | 'unsupportedGrantType'
  | 'accessDenied'
  | 'unauthorized'
  | 'invalidAuthenticationToken'
  | 'invalidOAuth2Token'
  | 'internalNetworkError'
  | 'missingAccess'
  | 'missingPermissions'
  | 'notFound'
  | 'unknownChannel'
  | 'unknownGuild'
  | 'unknownMessage'
  | 'methodNotAllowed'
  | 'emptyMessage'
  | 'bulkDeleteCount'
  | 'bulkDeleteAge'
  | 'contentTooLong'
  | 'notASnowflake'
  | 'invalidJSON'
  | 'rateLimitedUser'
  | 'rateLimitedShared'
  | 'rateLimitedGlobal'
  | 'blockedJSON'
  | 'blockedText'
  | 'blockedPage'
  | 'forbiddenPage'
  | 'internalServerError'
  | 'badGateway'
  | 'serviceUnavailable'

/** Refusal of an OAuth endpoint, [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2). */
const oauth = (status: number, error: string, error_description?: string): DiscordErrorAnswer => ({
  status,
  body: { error, ...(error_description === undefined ? {} : { error_description }) },
})

/** Refusal of the API, [error messages](https://docs.discord.com/developers/reference#error-messages). */
const api = (
  status: number,
  code: number,
  message: string,
  errors?: Readonly<Record<string, unknown>>,
): DiscordErrorAnswer => ({
  status,
  body: { message, code, ...(errors === undefined ? {} : { errors }) },
})

/** A [rate limit](https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit). */
const rateLimit = (retry_after: number, scope: 'user' | 'shared' | 'global', message: string): DiscordErrorAnswer => ({
  status: 429,
  headers: {
    'Retry-After': String(Math.ceil(retry_after)),
    'X-RateLimit-Scope': scope,
    ...(scope === 'global'
      ? { 'X-RateLimit-Global': 'true' }
      : { 'X-RateLimit-Limit': '10', 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset-After': String(retry_after) }),
  },
  body: { message, retry_after, global: scope === 'global' },
})

const page = (title: string): string =>
  `<!doctype html><html><head><title>${title}</title></head><body>${title}</body></html>`
const html = { 'Content-Type': 'text/html; charset=UTF-8' }

/** A field error inside 50035. */
const field = (name: string, code: string, message: string): Readonly<Record<string, unknown>> => ({
  [name]: { _errors: [{ code, message }] },
})

/** Every refusal by name, for tables in tests; {@link buildErrorResponse} makes a response of one. */
export const discordErrorAnswers: Readonly<Record<DiscordErrorName, DiscordErrorAnswer>> = {
  // OAuth endpoints
  invalidCode: oauth(400, 'invalid_grant', 'Invalid "code" in request.'),
  invalidCodeBefore2020: oauth(400, 'invalid_request', 'Invalid "code" in request.'),
  invalidRefreshToken: oauth(400, 'invalid_grant', 'Invalid "refresh_token" in request'),
  invalidGrantBare: oauth(400, 'invalid_grant'),
  invalidClient: oauth(401, 'invalid_client'),
  invalidClientWith400: oauth(400, 'invalid_client'),
  invalidVerifier: oauth(400, 'invalid_request', 'Invalid "code_verifier"'),
  missingVerifier: oauth(400, 'invalid_request', 'Missing "code_verifier"'),
  invalidScope: oauth(400, 'invalid_scope', 'The requested scope is invalid, unknown, or malformed.'),
  unsupportedGrantType: oauth(400, 'unsupported_grant_type', 'Grant type None is not supported'),
  accessDenied: oauth(400, 'access_denied', 'The resource owner or authorization server denied the request'),
  // API
  unauthorized: api(401, 0, '401: Unauthorized'),
  invalidAuthenticationToken: api(403, 50014, 'Invalid authentication token provided'),
  invalidOAuth2Token: api(403, 50025, 'Invalid OAuth2 access token'),
  internalNetworkError: api(403, 40333, 'internal network error'),
  missingAccess: api(403, 50001, 'Missing Access'),
  missingPermissions: api(403, 50013, 'Missing Permissions'),
  notFound: api(404, 0, '404: Not Found'),
  unknownChannel: api(404, 10003, 'Unknown Channel'),
  unknownGuild: api(404, 10004, 'Unknown Guild'),
  unknownMessage: api(404, 10008, 'Unknown Message'),
  methodNotAllowed: api(405, 0, '405: Method Not Allowed'),
  emptyMessage: api(400, 50006, 'Cannot send an empty message'),
  bulkDeleteCount: api(400, 50016, 'You can only bulk delete messages between 2 and 100 messages.'),
  bulkDeleteAge: api(400, 50034, 'You can only bulk delete messages that are under 14 days old.'),
  contentTooLong: api(
    400,
    50035,
    'Invalid Form Body',
    field('content', 'BASE_TYPE_MAX_LENGTH', 'Must be 2000 or fewer in length.'),
  ),
  notASnowflake: api(
    400,
    50035,
    'Invalid Form Body',
    field('channel_id', 'NUMBER_TYPE_COERCE', 'Value "general" is not snowflake.'),
  ),
  invalidJSON: api(400, 50109, 'The request body contains invalid JSON.'),
  // Rate limits: Discord's own, and Cloudflare's, which name no delay
  rateLimitedUser: rateLimit(64.57, 'user', 'You are being rate limited.'),
  rateLimitedShared: rateLimit(1336.57, 'shared', 'The resource is being rate limited.'),
  rateLimitedGlobal: rateLimit(64.57, 'global', 'You are being rate limited.'),
  blockedJSON: api(
    429,
    0,
    'You are being blocked from accessing our API temporarily due to exceeding our rate limits frequently.',
  ),
  blockedText: { status: 429, headers: { 'Content-Type': 'text/plain; charset=UTF-8' }, body: 'error code: 1015' },
  blockedPage: {
    status: 429,
    headers: html,
    body: page('Access denied | discord.com used Cloudflare to restrict access'),
  },
  // Outages
  forbiddenPage: { status: 403, headers: html, body: page('Attention Required! | Cloudflare') },
  internalServerError: api(500, 0, '500: Internal Server Error'),
  badGateway: { status: 502, headers: html, body: page('502 Bad Gateway') },
  serviceUnavailable: api(503, 0, '503: Service Unavailable'),
}

/** A refusal as a response. */
export function buildErrorResponse(name: DiscordErrorName): Response {
  const { status, headers, body } = discordErrorAnswers[name]
  return typeof body === 'string'
    ? new Response(body, { status, headers: { ...headers } })
    : Response.json(body, { status, headers: { ...headers } })
}
