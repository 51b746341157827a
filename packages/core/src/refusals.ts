/** The one table that says what a refusal looks like on the wire. @module */

/** Wire form of a refusal. `error` is the RFC's code, `description` the only text a client sees. */
export interface RefusalWireForm {
  readonly error: OAuthErrorCode
  readonly status: number
  readonly description: string
}

/** Error codes of RFC 6749, 6750, 7591, 8707 and 9728 that we send. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'unsupported_token_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'access_denied'
  | 'interaction_required'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'

const refusal = (status: number, error: OAuthErrorCode, description: string): RefusalWireForm => ({
  error,
  status,
  description,
})

/** Internal name of a refusal; goes into events, never on the wire. */
export type RefusalReason =
  | 'malformed_request'
  | 'parameter_missing'
  | 'parameter_repeated'
  | 'body_too_large'
  | 'media_type'
  | 'method_not_allowed'
  | 'foreign_host'
  | 'foreign_origin'
  | 'client_unknown'
  | 'client_authentication'
  | 'client_authentication_twice'
  | 'client_document_invalid'
  | 'client_document_unreachable'
  | 'redirect_uri_unregistered'
  | 'grant_type_unsupported'
  | 'grant_type_unauthorized'
  | 'redirect_uris_invalid'
  | 'client_metadata_invalid'
  | 'client_metadata_too_long'
  | 'response_type_unsupported'
  | 'response_mode_unsupported'
  | 'request_object_unsupported'
  | 'code_challenge_missing'
  | 'code_challenge_invalid'
  | 'code_challenge_method'
  | 'scope_invalid'
  | 'scope_malformed'
  | 'scope_exceeds_grant'
  | 'resource_invalid'
  | 'prompt_none'
  | 'consent_denied'
  | 'consent_invalid'
  | 'consent_foreign'
  | 'consent_of_another'
  | 'state_invalid'
  | 'browser_mismatch'
  | 'upstream_denied'
  | 'upstream_refused'
  | 'upstream_issuer'
  | 'code_invalid'
  | 'code_verifier_missing'
  | 'code_verifier_mismatch'
  | 'redirect_uri_mismatch'
  | 'resource_mismatch'
  | 'refresh_resource_mismatch'
  | 'refresh_token_invalid'
  | 'token_missing'
  | 'token_malformed'
  | 'token_invalid'
  | 'token_expired'
  | 'grant_revoked'
  | 'scope_insufficient'
  | 'access_denied'
  | 'store_unavailable'
  | 'store_full'
  | 'upstream_unavailable'
  | 'rate_limited'
  | 'internal_error'

/**
 * Every way we say no. A new refusal cannot forget its wire form, and a test walks the whole table.
 * Descriptions keep to the characters of [RFC 6749 §5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2).
 */
export const refusals: Readonly<Record<RefusalReason, RefusalWireForm>> = {
  // requests in general
  malformed_request: refusal(400, 'invalid_request', 'The request is malformed'),
  parameter_missing: refusal(400, 'invalid_request', 'A required parameter is missing'),
  parameter_repeated: refusal(400, 'invalid_request', 'A parameter is repeated'),
  body_too_large: refusal(413, 'invalid_request', 'The request body is too large'),
  media_type: refusal(400, 'invalid_request', 'The Content-Type is not accepted here'),
  method_not_allowed: refusal(405, 'invalid_request', 'The method is not allowed here'),
  foreign_host: refusal(403, 'invalid_request', 'The Host is not one of this server'),
  foreign_origin: refusal(403, 'invalid_request', 'The Origin is not allowed here'),
  // clients
  client_unknown: refusal(
    401,
    'invalid_client',
    'The client is unknown or its registration has expired: register again',
  ),
  client_authentication: refusal(401, 'invalid_client', 'Client authentication failed'),
  client_authentication_twice: refusal(400, 'invalid_request', 'Only one client authentication method is allowed'),
  redirect_uri_unregistered: refusal(400, 'invalid_request', 'The redirect_uri is not registered for this client'),
  grant_type_unsupported: refusal(400, 'unsupported_grant_type', 'The grant_type is not supported'),
  grant_type_unauthorized: refusal(400, 'unauthorized_client', 'The client is not registered for this grant_type'),
  redirect_uris_invalid: refusal(
    400,
    'invalid_redirect_uri',
    'No redirect URI is acceptable: use https, or http on a loopback address',
  ),
  client_metadata_invalid: refusal(400, 'invalid_client_metadata', 'The client metadata is not valid'),
  client_metadata_too_long: refusal(
    400,
    'invalid_client_metadata',
    'The client metadata is too long: send fewer or shorter redirect_uris and a shorter client_name',
  ),
  client_document_invalid: refusal(
    401,
    'invalid_client',
    'The client metadata document is missing, not valid, or not allowed here',
  ),
  client_document_unreachable: refusal(
    503,
    'temporarily_unavailable',
    'The client metadata document cannot be fetched',
  ),
  // authorization request
  response_type_unsupported: refusal(400, 'unsupported_response_type', 'Only response_type=code is supported'),
  response_mode_unsupported: refusal(400, 'invalid_request', 'Only response_mode=query is supported'),
  request_object_unsupported: refusal(400, 'invalid_request', 'Request objects are not supported'),
  code_challenge_missing: refusal(400, 'invalid_request', 'code_challenge is required'),
  code_challenge_invalid: refusal(400, 'invalid_request', 'code_challenge must be the S256 form of 43 characters'),
  code_challenge_method: refusal(400, 'invalid_request', 'code_challenge_method must be S256'),
  scope_invalid: refusal(400, 'invalid_scope', 'None of the requested scopes can be granted'),
  scope_malformed: refusal(400, 'invalid_scope', 'The scope is malformed'),
  scope_exceeds_grant: refusal(400, 'invalid_scope', 'The scope exceeds what was granted'),
  resource_invalid: refusal(400, 'invalid_target', 'The resource is not one of this server'),
  prompt_none: refusal(400, 'interaction_required', 'prompt=none is not possible here'),
  consent_denied: refusal(400, 'access_denied', 'The request was denied'),
  consent_invalid: refusal(400, 'invalid_request', 'This consent page has expired or was already used'),
  consent_foreign: refusal(403, 'invalid_request', 'This approval did not come from the page that asked for it'),
  consent_of_another: refusal(403, 'access_denied', 'You signed in as somebody else than the one who allowed this app'),
  // callback
  state_invalid: refusal(400, 'invalid_request', 'This sign-in has expired or was already completed'),
  browser_mismatch: refusal(403, 'access_denied', 'This sign-in was started in another browser'),
  upstream_denied: refusal(400, 'access_denied', 'The sign-in was denied'),
  upstream_refused: refusal(502, 'server_error', 'The identity provider did not complete the sign-in'),
  upstream_issuer: refusal(400, 'invalid_request', 'The answer came from another identity provider'),
  // token endpoint
  code_invalid: refusal(400, 'invalid_grant', 'The authorization code is invalid, expired or already used'),
  code_verifier_missing: refusal(400, 'invalid_request', 'code_verifier is required'),
  code_verifier_mismatch: refusal(400, 'invalid_grant', 'The code_verifier does not match'),
  redirect_uri_mismatch: refusal(400, 'invalid_grant', 'The redirect_uri is not the one of the authorization request'),
  resource_mismatch: refusal(400, 'invalid_target', 'The resource is not the one that was authorized'),
  refresh_resource_mismatch: refusal(400, 'invalid_grant', 'The refresh token was issued for another resource'),
  refresh_token_invalid: refusal(400, 'invalid_grant', 'The refresh token is invalid, expired or revoked'),
  // protected resource
  token_missing: refusal(401, 'invalid_token', 'An access token is required'),
  token_malformed: refusal(400, 'invalid_request', 'The Authorization header is malformed'),
  token_invalid: refusal(401, 'invalid_token', 'The access token is invalid'),
  token_expired: refusal(401, 'invalid_token', 'The access token has expired'),
  grant_revoked: refusal(401, 'invalid_token', 'The access token was revoked, or its session is no longer known'),
  scope_insufficient: refusal(403, 'insufficient_scope', 'The access token lacks a required scope'),
  access_denied: refusal(403, 'access_denied', 'This is not for you'),
  // trouble of our own: never a statement about a token
  store_unavailable: refusal(503, 'temporarily_unavailable', 'The server cannot reach its storage'),
  store_full: refusal(503, 'temporarily_unavailable', 'The server is at its capacity'),
  upstream_unavailable: refusal(503, 'temporarily_unavailable', 'The identity provider is not reachable'),
  rate_limited: refusal(429, 'temporarily_unavailable', 'Too many requests'),
  internal_error: refusal(500, 'server_error', 'The server failed'),
}
