import type { UpstreamFailure } from '@mcp-auth/core'
import { google } from '@mcp-auth/provider-google'
import { describe, expect, it } from 'vitest'

const provider = google({ clientId: '1-a.apps.googleusercontent.com', clientSecret: 'secret' })

type Case = readonly [string, number, unknown, UpstreamFailure]

const api = (code: number, status: string | undefined, reason?: string): unknown => ({
  error: {
    code,
    message: 'leak',
    ...(status === undefined ? {} : { status }),
    ...(reason === undefined ? {} : { errors: [{ domain: 'global', reason }] }),
  },
})

describe('classifyError', () => {
  it.each<Case>([
    ['a spent code or a revoked refresh token', 400, { error: 'invalid_grant' }, { kind: 'invalid_grant' }],
    [
      'a sign-in that the Workspace wants again',
      400,
      { error: 'invalid_grant', error_subtype: 'invalid_rapt' },
      { kind: 'invalid_grant' },
    ],
    ['a wrong secret', 401, { error: 'invalid_client' }, { kind: 'invalid_client' }],
    ['a client of another type', 401, { error: 'unauthorized_client' }, { kind: 'invalid_client' }],
    ['a deleted client', 401, { error: 'deleted_client' }, { kind: 'invalid_client' }],
    ['an administrator who says no', 400, { error: 'admin_policy_enforced' }, { kind: 'access_denied' }],
    ['an app for one organization', 403, { error: 'org_internal' }, { kind: 'access_denied' }],
    ['a redirect URI that is not registered', 400, { error: 'redirect_uri_mismatch' }, { kind: 'protocol' }],
    ['a missing verifier', 400, { error: 'invalid_request' }, { kind: 'protocol' }],
    ['a dead token at the revocation endpoint', 400, { error: 'invalid_token' }, { kind: 'invalid_token' }],
    ['a dead token at userinfo', 401, { error: 'invalid_request' }, { kind: 'invalid_token' }],
    ['a dead token at an API', 401, api(401, 'UNAUTHENTICATED'), { kind: 'invalid_token' }],
    ['a dead token at an older API', 401, api(401, undefined), { kind: 'invalid_token' }],
    ['a missing right', 403, api(403, 'PERMISSION_DENIED', 'forbidden'), { kind: 'access_denied' }],
    ['a missing right at an older API', 403, api(403, undefined, 'forbidden'), { kind: 'access_denied' }],
    ['a quota in a 403', 403, api(403, 'PERMISSION_DENIED', 'userRateLimitExceeded'), { kind: 'unavailable' }],
    ['a daily quota in a 403', 403, api(403, undefined, 'dailyLimitExceeded'), { kind: 'unavailable' }],
    ['an exhausted quota', 400, api(400, 'RESOURCE_EXHAUSTED'), { kind: 'unavailable' }],
    ['a rate limit of the token endpoint', 403, { error: 'rate_limit_exceeded' }, { kind: 'unavailable' }],
    ['a rate limit', 429, api(429, 'RESOURCE_EXHAUSTED'), { kind: 'unavailable' }],
    ['a page in a 403', 403, undefined, { kind: 'unavailable' }],
    ['a list', 400, [], { kind: 'unavailable' }],
    ['null', 400, null, { kind: 'unavailable' }],
    ['an outage', 503, api(503, 'UNAVAILABLE'), { kind: 'unavailable' }],
    ['an invalid_grant in a 500', 500, { error: 'invalid_grant' }, { kind: 'unavailable' }],
    ['a 401 without a word', 401, {}, { kind: 'protocol' }],
    ['an error named like an inherited property', 400, { error: 'constructor' }, { kind: 'protocol' }],
    ['a status named like an inherited property', 400, api(400, 'constructor'), { kind: 'protocol' }],
    ['an invalid_grant where an API says it', 400, api(400, 'invalid_grant'), { kind: 'protocol' }],
  ])('C11, D9: judges %s', (_name, status, body, verdict) => {
    expect(provider.classifyError({ status, headers: new Headers(), body })).toEqual(verdict)
  })

  it.each<readonly [string, number | undefined]>([
    ['7', 7],
    ['', undefined],
    ['Sat, 21 Nov 2026 10:00:00 GMT', undefined],
    ['-1', undefined],
    ['99999999', 86_400],
  ])('D9: waits as long as Retry-After %j says', (value, seconds) => {
    const verdict = provider.classifyError({ status: 429, headers: new Headers({ 'Retry-After': value }), body: {} })
    expect(verdict).toEqual({
      kind: 'unavailable',
      ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    })
  })
})
