/** What the gate answers to requests that may not pass — RFC 6750 §3, RFC 9728 §5.1. @module */
import { ConfigurationError, type OAuthError } from '../errors.ts'
import type { DenialReason } from '../events.ts'
import { formatBearerChallenge } from '../protocol/bearer.ts'
import { formatScope } from '../protocol/scope.ts'
import type { RefusalReason } from '../refusals.ts'
import { isTextList } from './gate-options.ts'
import { browserRequestHeaders, jsonResponse, retryAfter } from './responses.ts'

/** What a denial says on the wire; the reason itself goes nowhere, since it may tell what exists. */
export const refusalReasons: Readonly<Record<DenialReason, RefusalReason>> = {
  sign_in_required: 'token_missing',
  session_expired: 'token_expired',
  scope_missing: 'scope_insufficient',
  role_missing: 'access_denied',
  rule_denied: 'access_denied',
  rule_failed: 'access_denied',
  rule_empty: 'access_denied',
}

/** A refusal with its challenge, which names scopes and where the metadata is. */
export function refusalOf(
  error: OAuthError,
  scopes: readonly string[],
  metadataURL: string,
  cors: Record<string, string>,
): Response {
  // A request without credentials has made no error, RFC 6750 §3.1.
  const isFirstContact = error.reason === 'token_missing'
  const body = { error_description: error.message }
  // 5xx is our trouble and 403 for a foreign page is nobody's token: only the rest is a challenge.
  const isChallenge = error.status === 400 || error.status === 401 || error.reason === 'scope_insufficient'
  const challenge = formatBearerChallenge({
    ...(isFirstContact ? {} : { error: error.error, ...body }),
    scope: formatScope(scopes) || undefined,
    resource_metadata: metadataURL,
  })
  return jsonResponse(error.status, isFirstContact ? body : { error: error.error, ...body }, {
    ...(isChallenge ? { 'www-authenticate': challenge } : {}),
    ...retryAfter(error),
    ...cors,
  })
}

/** [RFC 9110 §5.1](https://www.rfc-editor.org/rfc/rfc9110#section-5.1), and no longer than anybody needs. */
const headerName = /^[\w!#$%&'*+.^`|~-]{1,64}$/

/**
 * What web pages may send to the resource, as a header has it.
 * @throws {ConfigurationError}
 */
export function allowedHeaders(further: readonly string[] = []): string {
  if (!isTextList(further) || !further.every((name) => headerName.test(name))) {
    throw new ConfigurationError('allowedHeaders', "must be a list of names of headers, such as ['x-api-key']")
  }
  return [browserRequestHeaders, ...further.map((name) => name.toLowerCase())].join(', ')
}

/** The answer to a browser that asks whether it may send a request with headers among `allowed`. */
export function preflight(cors: Record<string, string>, allowed: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...cors,
      'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
      'access-control-allow-headers': allowed,
      'access-control-max-age': '600',
    },
  })
}
