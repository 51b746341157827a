import { describe, expect, it } from 'vitest'
import { OAuthError } from '../src/errors.ts'
import { errorResponse } from '../src/handlers/responses.ts'
import { formatBearerChallenge } from '../src/protocol/bearer.ts'
import { type RefusalReason, refusals } from '../src/refusals.ts'

const reasons = Object.keys(refusals) as RefusalReason[]

describe.each(reasons)('the refusal %s', (reason) => {
  const { error, status, description } = refusals[reason]

  it('A112 R12 has a code and a description of the characters RFC 6749 allows', () => {
    expect(error).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
    expect(error).toMatch(/^[a-z_]+$/)
    expect(description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
    // Pages add the full stop.
    expect(description).not.toMatch(/\.$/)
  })

  it('B7 keeps its whole description in a challenge', () => {
    const challenge = formatBearerChallenge({ error_description: description, resource_metadata: 'x' })
    expect(challenge).toContain(`error_description="${description}"`)
  })

  it('D9 is a statement about a token or a client only when we decided one: never with a 5xx or 429', () => {
    const isTrouble = status >= 500 || status === 429
    expect(['server_error', 'temporarily_unavailable'].includes(error)).toBe(isTrouble)
    expect([400, 401, 403, 405, 413, 429, 500, 502, 503]).toContain(status)
  })

  it('A045 R12 has status 401 for failed credentials alone', () => {
    expect(['invalid_client', 'invalid_token'].includes(error)).toBe(status === 401)
  })

  it('A046 answers at an API endpoint with its code, its description and nothing else', async () => {
    const cause = new Error('secret of the database')
    const response = errorResponse(new OAuthError(reason, { cause }), { challengeBasic: true })
    expect(response.status).toBe(status)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('www-authenticate')).toBe(status === 401 ? 'Basic realm="token"' : null)
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '5' : null)
    expect(await response.json()).toEqual({ error, error_description: description })
  })
})

describe('the table of refusals', () => {
  it('uses these codes and no others', () => {
    const codes = new Set(reasons.map((reason) => refusals[reason].error))
    expect([...codes].sort()).toEqual([
      'access_denied',
      'insufficient_scope',
      'interaction_required',
      'invalid_client',
      'invalid_client_metadata',
      'invalid_grant',
      'invalid_redirect_uri',
      'invalid_request',
      'invalid_scope',
      'invalid_target',
      'invalid_token',
      'server_error',
      'temporarily_unavailable',
      'unauthorized_client',
      'unsupported_grant_type',
      'unsupported_response_type',
    ])
  })

  it.each<readonly [RefusalReason, number, string]>([
    ['code_invalid', 400, 'invalid_grant'],
    ['code_verifier_missing', 400, 'invalid_request'],
    ['code_verifier_mismatch', 400, 'invalid_grant'],
    ['redirect_uri_mismatch', 400, 'invalid_grant'],
    ['refresh_token_invalid', 400, 'invalid_grant'],
    ['refresh_resource_mismatch', 400, 'invalid_grant'],
    ['resource_mismatch', 400, 'invalid_target'],
    ['resource_invalid', 400, 'invalid_target'],
    ['scope_exceeds_grant', 400, 'invalid_scope'],
    ['client_unknown', 401, 'invalid_client'],
    ['client_authentication', 401, 'invalid_client'],
    ['client_authentication_twice', 400, 'invalid_request'],
    ['grant_type_unsupported', 400, 'unsupported_grant_type'],
    ['grant_type_unauthorized', 400, 'unauthorized_client'],
    ['redirect_uris_invalid', 400, 'invalid_redirect_uri'],
    ['method_not_allowed', 405, 'invalid_request'],
    ['body_too_large', 413, 'invalid_request'],
    ['foreign_origin', 403, 'invalid_request'],
    ['token_missing', 401, 'invalid_token'],
    ['token_expired', 401, 'invalid_token'],
    ['grant_revoked', 401, 'invalid_token'],
    ['scope_insufficient', 403, 'insufficient_scope'],
    ['store_unavailable', 503, 'temporarily_unavailable'],
    ['upstream_unavailable', 503, 'temporarily_unavailable'],
    ['rate_limited', 429, 'temporarily_unavailable'],
    ['internal_error', 500, 'server_error'],
  ])('R12 says %s with %d %s', (reason, status, error) => {
    expect(refusals[reason]).toMatchObject({ status, error })
  })
})
