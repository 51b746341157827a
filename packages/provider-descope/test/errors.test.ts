import { classifyDescopeError } from '@mcp-auth/provider-descope'
import { buildErrorResponse, type DescopeErrorName, descopeErrorAnswers } from '@mcp-auth/provider-descope/mocks'
import { describe, expect, it } from 'vitest'

function classify(status: number, body: unknown, headers: Record<string, string> = {}): unknown {
  return classifyDescopeError({ status, body, headers: new Headers(headers) })
}

describe('classifyDescopeError', () => {
  const verdicts: Readonly<Record<DescopeErrorName, unknown>> = {
    invalidClientId: { kind: 'invalid_client' },
    missingSecret: { kind: 'protocol' },
    consentNotFound: { kind: 'invalid_grant' },
    invalidToken: { kind: 'invalid_grant' },
    invalidGrant: { kind: 'invalid_grant' },
    authorizationPending: { kind: 'unavailable' },
    rateLimited: { kind: 'unavailable', retryAfterSeconds: 10 },
    invalidRequest: { kind: 'protocol' },
    notFound: { kind: 'invalid_grant' },
    serverError: { kind: 'unavailable' },
  }

  it.each(Object.keys(descopeErrorAnswers) as DescopeErrorName[])('judges %s', async (name) => {
    const response = buildErrorResponse(name)
    const { status, headers } = response
    expect(classifyDescopeError({ status, headers, body: await response.json() })).toEqual(verdicts[name])
  })

  it.each([
    ['a rate limit with another status', 400, { errorCode: 'E130429' }, { kind: 'unavailable' }],
    ['a consent that is gone, whatever the status', 400, { errorCode: 'E063302' }, { kind: 'invalid_grant' }],
    ['a 401 with a code nobody knows', 401, { errorCode: 'E999999' }, { kind: 'invalid_grant' }],
    ['a 403 with a code nobody knows', 403, { errorCode: 'E999999' }, { kind: 'access_denied' }],
    ['a 400 with a code nobody knows', 400, { errorCode: 'E999999' }, { kind: 'protocol' }],
    ['a code with the name of an inherited property', 400, { errorCode: 'constructor' }, { kind: 'protocol' }],
    ['an RFC error with the name of an inherited property', 400, { error: 'constructor' }, { kind: 'protocol' }],
    ['a 401 that says nothing', 401, {}, { kind: 'protocol' }],
    ['a wrong client in the form of RFC 6749', 401, { error: 'invalid_client' }, { kind: 'invalid_client' }],
    ['a refused access token in the form of RFC 6750', 401, { error: 'invalid_token' }, { kind: 'invalid_token' }],
    ['a user who said no', 400, { error: 'access_denied' }, { kind: 'access_denied' }],
    ['a device code that ended', 400, { error: 'expired_token' }, { kind: 'invalid_grant' }],
    ['a page in place of data', 404, undefined, { kind: 'unavailable' }],
    ['a list in place of data', 401, [], { kind: 'unavailable' }],
    ['an outage with a decision in its body', 503, { errorCode: 'E063302' }, { kind: 'unavailable' }],
  ])('judges %s', (_name, status, body, verdict) => {
    expect(classify(status, body)).toEqual(verdict)
  })

  it.each([
    ['7', 7],
    ['999999999', 86_400],
    ['', undefined],
    ['soon', undefined],
    ['-1', undefined],
    ['1.5', undefined],
  ])('reads Retry-After %j as %s seconds', (header, retryAfterSeconds) => {
    const verdict = classify(429, undefined, { 'retry-after': header })
    expect(verdict).toEqual({ kind: 'unavailable', ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) })
  })
})
