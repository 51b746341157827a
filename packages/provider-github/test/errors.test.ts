import type { UpstreamFailure } from '@mcp-auth/core'
import { github } from '@mcp-auth/provider-github'
import { describe, expect, it } from 'vitest'

const provider = github({ clientId: 'Ov23liA1b2C3d4E5f6G7', clientSecret: 'secret' })

type Headed = Readonly<Record<string, string>>

const refused = (error: string): unknown => ({ error, error_description: 'leak', error_uri: 'https://docs.github.com' })
const api = (message: string): unknown => ({ message, documentation_url: 'https://docs.github.com/rest' })

describe('classifyError', () => {
  it.each<readonly [string, number, unknown, UpstreamFailure]>([
    ['a spent code, in a 200', 200, refused('bad_verification_code'), { kind: 'invalid_grant' }],
    ['a spent refresh token, in a 200', 200, refused('bad_refresh_token'), { kind: 'invalid_grant' }],
    ['the standard word for it', 400, refused('invalid_grant'), { kind: 'invalid_grant' }],
    ['a wrong secret, in a 200', 200, refused('incorrect_client_credentials'), { kind: 'invalid_client' }],
    ['a suspended app', 200, refused('application_suspended'), { kind: 'invalid_client' }],
    ['an unknown client id', 404, { error: 'Not Found' }, { kind: 'invalid_client' }],
    ['a user without a verified address', 200, refused('unverified_user_email'), { kind: 'access_denied' }],
    ['a redirect URI that is not registered', 200, refused('redirect_uri_mismatch'), { kind: 'protocol' }],
    ['an unknown grant type', 200, refused('unsupported_grant_type'), { kind: 'protocol' }],
    ['a dead token', 401, api('Bad credentials'), { kind: 'invalid_token' }],
    ['a missing permission', 403, api('Resource not accessible by integration'), { kind: 'access_denied' }],
    ['something hidden', 404, api('Not Found'), { kind: 'protocol' }],
    ['a malformed request', 422, api('Validation Failed'), { kind: 'protocol' }],
    ['an outage', 503, api('Service unavailable'), { kind: 'unavailable' }],
    ['the page with the unicorn', 502, undefined, { kind: 'unavailable' }],
    ['a page in a 403', 403, undefined, { kind: 'unavailable' }],
    ['a page in a 200', 200, undefined, { kind: 'unavailable' }],
    ['null', 400, null, { kind: 'unavailable' }],
    ['a bad_refresh_token in a 500', 500, refused('bad_refresh_token'), { kind: 'unavailable' }],
    ['a 401 without a word', 401, {}, { kind: 'protocol' }],
    ['an error named like an inherited property', 200, refused('constructor'), { kind: 'protocol' }],
  ])('C11, D9: judges %s', (_name, status, body, verdict) => {
    expect(provider.classifyError({ status, headers: new Headers(), body })).toEqual(verdict)
  })

  it.each<readonly [string, number, Headed, string, UpstreamFailure]>([
    ['primary', 403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1800000000' }, 'x', unavailable(60)],
    ['secondary with a delay', 403, { 'Retry-After': '7' }, 'x', unavailable(7)],
    ['secondary in words only', 403, {}, 'You have exceeded a secondary rate limit.', unavailable(60)],
    ['anonymous', 403, {}, 'API rate limit exceeded for 203.0.113.7.', unavailable(60)],
    ['429', 429, {}, 'x', unavailable(60)],
    ['429 with a delay', 429, { 'Retry-After': '99999999' }, 'x', unavailable(86_400)],
    ['a date for a delay', 429, { 'Retry-After': 'Sat, 21 Nov 2026 10:00:00 GMT' }, 'x', unavailable(60)],
    ['an empty delay', 429, { 'Retry-After': '' }, 'x', unavailable(60)],
    ['calls left', 403, { 'x-ratelimit-remaining': '4999' }, 'x', { kind: 'access_denied' }],
    ['the last call spent on a dead token', 401, { 'x-ratelimit-remaining': '0' }, 'x', { kind: 'invalid_token' }],
  ])('D9: a rate limit is no decision about anybody: %s', (_name, status, headers, message, verdict) => {
    expect(provider.classifyError({ status, headers: new Headers(headers), body: api(message) })).toEqual(verdict)
  })
})

function unavailable(retryAfterSeconds: number): UpstreamFailure {
  return { kind: 'unavailable', retryAfterSeconds }
}
