/** Refusals of Descope, as they come over the wire. Where nobody saw one yet, the entry says so. @module */

/** A complete answer. */
export interface DescopeErrorAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** Names of {@link descopeErrorAnswers}. */
export type DescopeErrorName =
  | 'invalidClientId'
  | 'missingSecret'
  | 'consentNotFound'
  | 'invalidToken'
  | 'invalidGrant'
  | 'authorizationPending'
  | 'rateLimited'
  | 'invalidRequest'
  | 'notFound'
  | 'serverError'

const descope = (status: number, errorCode: string, more: Readonly<Record<string, string>>): DescopeErrorAnswer => ({
  status,
  body: { errorCode, ...more },
})

/** The refusals by name. */
export const descopeErrorAnswers: Readonly<Record<DescopeErrorName, DescopeErrorAnswer>> = {
  invalidClientId: descope(400, 'E074130', { errorDescription: 'Invalid client id' }),
  missingSecret: descope(400, 'E011002', {
    errorDescription: 'Request is missing required arguments',
    errorMessage: 'missing secret',
  }),
  consentNotFound: descope(404, 'E063302', { errorMessage: 'Cannot find consent by id' }),
  // Status and words assumed.
  invalidToken: descope(401, 'E061005', {
    errorDescription: 'Invalid token',
    errorMessage: 'Failed to validate token',
    message: 'Failed to validate token',
  }),
  // That Descope ever sends the form of RFC 6749 here is assumed.
  invalidGrant: { status: 400, body: { error: 'invalid_grant', error_description: 'code is expired or already used' } },
  // Status assumed.
  authorizationPending: {
    status: 400,
    body: { error: 'authorization_pending', description: 'authorization pending' },
  },
  rateLimited: {
    ...descope(429, 'E130429', {
      errorDescription: 'https://docs.descope.com/rate-limit',
      errorMessage: 'API rate limit exceeded.',
    }),
    headers: { 'Retry-After': '10' },
  },
  // Words assumed.
  invalidRequest: descope(400, 'E011003', { errorDescription: 'Request is invalid' }),
  // Assumed.
  notFound: descope(404, 'E011001', { errorDescription: 'Not found' }),
  // Assumed.
  serverError: descope(500, 'E011000', { errorDescription: 'Internal error' }),
}

/** A fresh response with one of the answers. */
export function buildErrorResponse(name: DescopeErrorName): Response {
  const { status, headers = {}, body } = descopeErrorAnswers[name]
  return Response.json(body, { status, headers })
}
