import type { UpstreamFailure } from '@mcp-auth/core'
import { auth0 } from '@mcp-auth/provider-auth0'
import { describe, expect, it } from 'vitest'

const provider = auth0({ domain: 'tenant.eu.auth0.com', clientId: 'client', clientSecret: 'secret' })

function classify(status: number, body: unknown, headers: Record<string, string> = {}): UpstreamFailure {
  return provider.classifyError({ status, headers: new Headers(headers), body })
}

describe('classifyError', () => {
  it.each<readonly [string, number, unknown, UpstreamFailure['kind']]>([
    ['a spent code', 403, { error: 'invalid_grant', error_description: 'Invalid authorization code' }, 'invalid_grant'],
    ['an unknown refresh token', 403, { error: 'invalid_grant' }, 'invalid_grant'],
    ['a user who was blocked', 403, { error: 'unauthorized', error_description: 'user is blocked' }, 'invalid_grant'],
    ['a second factor that is asked for now', 403, { error: 'mfa_required' }, 'invalid_grant'],
    ['a consent that is missing', 403, { error: 'consent_required' }, 'invalid_grant'],
    ['a wrong secret', 401, { error: 'access_denied', error_description: 'Unauthorized' }, 'invalid_client'],
    ['a wrong secret, by the RFC', 401, { error: 'invalid_client' }, 'invalid_client'],
    ['a grant type that is off', 403, { error: 'unauthorized_client' }, 'invalid_client'],
    ['a user whom a rule refuses', 403, { error: 'access_denied' }, 'access_denied'],
    ['an unknown API', 403, { error: 'invalid_request' }, 'protocol'],
    ['temporarily_unavailable', 400, { error: 'temporarily_unavailable' }, 'unavailable'],
    ['too many requests by name', 403, { error: 'too_many_requests' }, 'unavailable'],
    ['invalid_grant in an outage', 503, { error: 'invalid_grant' }, 'unavailable'],
    ['a page', 403, undefined, 'unavailable'],
    ['a list', 400, [], 'protocol'],
    ['a rate limit', 429, { error: 'invalid_grant' }, 'unavailable'],
    ['an error named like an inherited property', 403, { error: 'constructor' }, 'protocol'],
    ['an error that is no text', 403, { error: { invalid_grant: true } }, 'protocol'],
    ['nothing usable', 400, {}, 'protocol'],
  ])('C11, D9: judges %s', (_name, status, body, kind) => {
    expect(classify(status, body)).toEqual({ kind })
  })

  /** 2026-11-20T10:00:00Z */
  const date = 'Fri, 20 Nov 2026 10:00:00 GMT'
  const reset = '1795168830'

  it.each<readonly [string, number, Record<string, string>, number | undefined]>([
    ['as long as Retry-After says', 503, { 'Retry-After': '17' }, 17],
    ['until x-ratelimit-reset by the clock of Auth0', 429, { 'x-ratelimit-reset': reset, Date: date }, 30],
    ['by Retry-After rather than by the reset', 429, { 'Retry-After': '7', 'x-ratelimit-reset': reset, Date: date }, 7],
    ['not at all for a reset that has been', 429, { 'x-ratelimit-reset': '1795168000', Date: date }, 0],
    ['as it likes without a clock to compare with', 429, { 'x-ratelimit-reset': reset }, undefined],
    ['as it likes for a reset that is no time', 429, { 'x-ratelimit-reset': 'soon', Date: date }, undefined],
    ['as it likes after an outage, whatever the limit', 503, { 'x-ratelimit-reset': reset, Date: date }, undefined],
    ['never for more than a day', 429, { 'x-ratelimit-reset': '99999999999', Date: date }, 86_400],
  ])('waits %s', (_name, status, headers, seconds) => {
    expect(classify(status, {}, headers)).toEqual({
      kind: 'unavailable',
      ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    })
  })
})
