import { describe, expect, it } from 'vitest'
import { classifyOAuthError, type UpstreamFailure } from '../../src/index.ts'

function classify(status: number, body?: unknown, headers: Record<string, string> = {}): UpstreamFailure {
  return classifyOAuthError({ status, body, headers: new Headers(headers) })
}

describe('the verdict on a failed answer', () => {
  it.each([
    ['invalid_grant', 400, 'invalid_grant'],
    ['invalid_grant', 403, 'invalid_grant'],
    ['invalid_grant', 200, 'invalid_grant'],
    ['invalid_client', 401, 'invalid_client'],
    ['invalid_client', 400, 'invalid_client'],
    ['unauthorized_client', 400, 'invalid_client'],
    ['invalid_token', 401, 'invalid_token'],
    ['access_denied', 403, 'access_denied'],
    ['interaction_required', 400, 'invalid_grant'],
    ['invalid_request', 400, 'protocol'],
    ['invalid_scope', 400, 'protocol'],
    ['insufficient_scope', 403, 'protocol'],
    ['unsupported_grant_type', 400, 'protocol'],
    ['something_new', 401, 'protocol'],
    ['toString', 400, 'protocol'],
    ['server_error', 400, 'unavailable'],
    ['temporarily_unavailable', 200, 'unavailable'],
  ] as const)('goes by the code %s, status %i: %s', (error, status, kind) => {
    expect(classify(status, { error, error_description: 'invalid_grant invalid_token' })).toEqual({ kind })
  })

  it.each([429, 500, 502, 503, 504])('D9 is an outage for status %i, whatever the body says', (status) => {
    for (const body of [{ error: 'invalid_grant' }, { error: 'invalid_client' }, undefined, {}, 'text', null, []]) {
      expect(classify(status, body)).toEqual({ kind: 'unavailable' })
    }
  })

  it.each([200, 400, 401, 403, 404])('D9 is an outage for a page where data should be, status %i', (status) => {
    expect(classify(status)).toEqual({ kind: 'unavailable' })
  })

  it.each([
    ['Bearer error="invalid_token"', 'invalid_token'],
    ['Bearer', 'invalid_token'],
    ['bearer realm="x"', 'invalid_token'],
    ['Basic realm="token"', 'invalid_client'],
  ] as const)('reads the challenge %s of a 401 without a body', (challenge, kind) => {
    expect(classify(401, undefined, { 'WWW-Authenticate': challenge })).toEqual({ kind })
  })

  it.each([
    [401, {}, 'invalid_token'],
    [401, { message: 'Bad credentials' }, 'invalid_token'],
    [403, { message: 'Forbidden' }, 'access_denied'],
    [400, { message: 'Bad request' }, 'protocol'],
    [404, { error: 5 }, 'protocol'],
    [400, null, 'protocol'],
    [400, ['invalid_grant'], 'protocol'],
  ] as const)('goes by the status %i where the code says nothing: %o', (status, body, kind) => {
    expect(classify(status, body)).toEqual({ kind })
  })

  it.each([
    ['30', 30],
    ['0', 0],
    ['999999999', 86_400],
    ['-1', undefined],
    ['1.5', undefined],
    ['', undefined],
    ['soon', undefined],
    ['99999999999999999999', undefined],
    ['Wed, 21 Oct 2026 07:28:00 GMT', undefined],
  ])('takes Retry-After %j within bounds', (value, retryAfterSeconds) => {
    const expected =
      retryAfterSeconds === undefined ? { kind: 'unavailable' } : { kind: 'unavailable', retryAfterSeconds }
    expect(classify(503, undefined, { 'Retry-After': value })).toEqual(expected)
  })
})
