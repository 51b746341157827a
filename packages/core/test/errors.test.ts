import { describe, expect, it } from 'vitest'
import { ConfigurationError, McpAuthError, OAuthError, UpstreamError } from '../src/errors.ts'

const cause = new Error('password=hunter2')

describe('errors', () => {
  it('can be told apart by code, name and class', () => {
    const errors = [
      new ConfigurationError('secret', 'is short'),
      new UpstreamError('unavailable'),
      new OAuthError('code_invalid'),
    ]
    expect(errors.map(({ code }) => code)).toEqual([
      'ERR_MCP_AUTH_CONFIGURATION',
      'ERR_MCP_AUTH_UPSTREAM',
      'ERR_MCP_AUTH_OAUTH',
    ])
    expect(errors.map(({ name }) => name)).toEqual(['ConfigurationError', 'UpstreamError', 'OAuthError'])
    expect(errors.map((error) => error instanceof McpAuthError && error instanceof Error)).toEqual([true, true, true])
  })

  it('A112 say on the wire only what the table says, and keep their cause to themselves', () => {
    const error = new OAuthError('store_unavailable', { cause })
    expect(error.message).toBe('The server cannot reach its storage')
    expect(error.cause).toBe(cause)
    expect(JSON.stringify(error)).not.toContain('hunter2')
    expect(Object.keys(new OAuthError('code_invalid'))).not.toContain('cause')
  })

  it.each([
    ['store_unavailable', {}, 5],
    ['store_unavailable', { retryAfterSeconds: 1 }, 1],
    ['rate_limited', { retryAfterSeconds: 7 }, 7],
    ['rate_limited', {}, undefined],
    ['internal_error', {}, undefined],
    ['code_invalid', {}, undefined],
  ] as const)('D9 tell when to come back: %s %j', (reason, details, seconds) => {
    expect(new OAuthError(reason, details).retryAfterSeconds).toBe(seconds)
  })

  it('A039 carry every scope an operation needs', () => {
    const error = new OAuthError('scope_insufficient', { requiredScopes: ['a', 'b'] })
    expect(error).toMatchObject({ status: 403, error: 'insufficient_scope', requiredScopes: ['a', 'b'] })
  })

  it('A112 do not keep the words of the identity provider', () => {
    const error = new UpstreamError('invalid_grant', { status: 400, retryAfterSeconds: 3, cause })
    expect(error).toMatchObject({ kind: 'invalid_grant', status: 400, retryAfterSeconds: 3, cause })
    expect(error.message).toBe('upstream: invalid_grant')
  })

  it('name the option that cannot work', () => {
    expect(new ConfigurationError('baseUrl', 'must be https')).toMatchObject({
      option: 'baseUrl',
      message: 'baseUrl: must be https',
    })
  })
})
