import type { UpstreamFailure } from '@mcp-auth/core'
import { entra } from '@mcp-auth/provider-entra'
import { describe, expect, it } from 'vitest'

const provider = entra({
  tenant: '8eaef023-2b34-4da1-9baa-8bc8c9d6a490',
  clientId: '11111111-2222-4333-8444-555555555555',
  clientSecret: 'secret',
})

function classify(status: number, body: unknown, headers: Record<string, string> = {}): UpstreamFailure {
  return provider.classifyError({ status, headers: new Headers(headers), body })
}

describe('classifyError', () => {
  it.each<readonly [string, number, unknown, UpstreamFailure['kind']]>([
    ['a spent code', 400, { error: 'invalid_grant', error_codes: [54005] }, 'invalid_grant'],
    ['a refresh token that was revoked', 400, { error: 'invalid_grant', error_codes: [50173] }, 'invalid_grant'],
    ['a user who was disabled', 400, { error: 'invalid_grant', error_codes: [50057] }, 'invalid_grant'],
    [
      'a second factor that is asked for now',
      400,
      { error: 'interaction_required', error_codes: [50076] },
      'invalid_grant',
    ],
    ['a consent that was taken back', 400, { error: 'consent_required', error_codes: [65001] }, 'invalid_grant'],
    ['a wrong secret', 401, { error: 'invalid_client', error_codes: [7000215] }, 'invalid_client'],
    ['an expired secret', 401, { error: 'invalid_client', error_codes: [7000222] }, 'invalid_client'],
    [
      'an application of another tenant',
      400,
      { error: 'unauthorized_client', error_codes: [700016] },
      'invalid_client',
    ],
    ['a user who says no', 400, { error: 'access_denied', error_codes: [65004] }, 'access_denied'],
    ['a parameter resource', 400, { error: 'invalid_target', error_codes: [901002] }, 'protocol'],
    ['scopes of two resources', 400, { error: 'invalid_scope', error_codes: [28000] }, 'protocol'],
    ['a loop, which Entra calls invalid_grant', 400, { error: 'invalid_grant', error_codes: [50196] }, 'unavailable'],
    ['a directory that is down', 400, { error: 'invalid_grant', error_codes: [90033] }, 'unavailable'],
    ['temporarily_unavailable', 400, { error: 'temporarily_unavailable' }, 'unavailable'],
    ['invalid_grant in an outage', 503, { error: 'invalid_grant' }, 'unavailable'],
    ['a page', 403, undefined, 'unavailable'],
    ['a list', 400, [], 'protocol'],
    ['a rate limit', 429, { error: 'invalid_grant' }, 'unavailable'],
    ['a token that Graph refuses', 401, { error: { code: 'InvalidAuthenticationToken' } }, 'invalid_token'],
    ['a permission that Graph misses', 403, { error: { code: 'Authorization_RequestDenied' } }, 'protocol'],
    ['an error named like an inherited property', 400, { error: 'constructor' }, 'protocol'],
    ['nothing usable', 400, {}, 'protocol'],
  ])('C11, D9: judges %s', (_name, status, body, kind) => {
    expect(classify(status, body)).toEqual({ kind })
  })

  it.each<readonly [string, number, string, number | undefined]>([
    ['as long as it is told', 429, '17', 17],
    ['as long as it is told after an outage', 503, '120', 120],
    ['never for more than a day', 429, '999999999', 86_400],
    ['not until a date', 429, 'Sat, 21 Nov 2026 10:00:00 GMT', undefined],
    ['not for zero seconds after an empty header', 429, '', undefined],
  ])('waits %s', (_name, status, header, seconds) => {
    expect(classify(status, {}, { 'Retry-After': header })).toEqual({
      kind: 'unavailable',
      ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    })
  })
})
