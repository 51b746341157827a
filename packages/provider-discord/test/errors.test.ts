import type { UpstreamFailure } from '@mcp-auth/core'
import { discord } from '@mcp-auth/provider-discord'
import { buildErrorResponse, type DiscordErrorName, discordErrorAnswers } from '@mcp-auth/provider-discord/mocks'
import { describe, expect, it } from 'vitest'
import { parseJSON } from './upstream.ts'

const provider = discord({ clientId: '157730590492196864', clientSecret: 'secret' })

async function classify(response: Response): Promise<UpstreamFailure> {
  const body = parseJSON(await response.text())
  return provider.classifyError({ status: response.status, headers: response.headers, body })
}

/** A new answer in the mocks does not compile until somebody decides here what it means. */
const verdicts: Readonly<Record<DiscordErrorName, UpstreamFailure>> = {
  invalidCode: { kind: 'invalid_grant' },
  invalidCodeBefore2020: { kind: 'protocol' },
  invalidRefreshToken: { kind: 'invalid_grant' },
  invalidGrantBare: { kind: 'invalid_grant' },
  invalidClient: { kind: 'invalid_client' },
  invalidClientWith400: { kind: 'invalid_client' },
  invalidVerifier: { kind: 'protocol' },
  missingVerifier: { kind: 'protocol' },
  invalidScope: { kind: 'protocol' },
  unsupportedGrantType: { kind: 'protocol' },
  accessDenied: { kind: 'access_denied' },
  unauthorized: { kind: 'invalid_token' },
  invalidAuthenticationToken: { kind: 'invalid_token' },
  invalidOAuth2Token: { kind: 'invalid_token' },
  internalNetworkError: { kind: 'unavailable', retryAfterSeconds: 60 },
  missingAccess: { kind: 'access_denied' },
  missingPermissions: { kind: 'access_denied' },
  notFound: { kind: 'protocol' },
  unknownChannel: { kind: 'protocol' },
  unknownGuild: { kind: 'protocol' },
  unknownMessage: { kind: 'protocol' },
  methodNotAllowed: { kind: 'protocol' },
  emptyMessage: { kind: 'protocol' },
  bulkDeleteCount: { kind: 'protocol' },
  bulkDeleteAge: { kind: 'protocol' },
  contentTooLong: { kind: 'protocol' },
  notASnowflake: { kind: 'protocol' },
  invalidJSON: { kind: 'protocol' },
  rateLimitedUser: { kind: 'unavailable', retryAfterSeconds: 65 },
  rateLimitedShared: { kind: 'unavailable', retryAfterSeconds: 1337 },
  rateLimitedGlobal: { kind: 'unavailable', retryAfterSeconds: 65 },
  blockedJSON: { kind: 'unavailable', retryAfterSeconds: 60 },
  blockedText: { kind: 'unavailable', retryAfterSeconds: 60 },
  blockedPage: { kind: 'unavailable', retryAfterSeconds: 60 },
  forbiddenPage: { kind: 'unavailable', retryAfterSeconds: 60 },
  internalServerError: { kind: 'unavailable' },
  badGateway: { kind: 'unavailable' },
  serviceUnavailable: { kind: 'unavailable' },
}

const names = Object.keys(discordErrorAnswers).filter((name): name is DiscordErrorName => name in verdicts)

describe('classifyError', () => {
  it('has a verdict on every answer the mocks can give', () => {
    expect(Object.keys(verdicts)).toEqual(Object.keys(discordErrorAnswers))
  })

  it.each(names)('C11, D9: judges %s by what it says and not by how it looks', async (name) => {
    expect(await classify(buildErrorResponse(name))).toEqual(verdicts[name])
  })

  it('D9: ends a session only for invalid_grant', () => {
    const ending = names.filter((name) => verdicts[name].kind === 'invalid_grant')
    expect(ending).toEqual(['invalidCode', 'invalidRefreshToken', 'invalidGrantBare'])
  })

  const limit = (headers: Record<string, string>, body: unknown): Response =>
    Response.json(body, { status: 429, headers })

  it.each<readonly [string, Response, number | undefined]>([
    ['prefers the delay of the body to the header', limit({ 'Retry-After': '65' }, { retry_after: 0.3 }), 1],
    ['takes the header when the body has no delay', limit({ 'Retry-After': '7' }, { message: 'slow down' }), 7],
    [
      'takes the header when the delay of the body is no number',
      limit({ 'Retry-After': '7' }, { retry_after: '1' }),
      7,
    ],
    ['does not take a negative delay', limit({}, { retry_after: -1 }), 60],
    ['does not take a date', limit({ 'Retry-After': 'Sat, 21 Nov 2026 10:00:00 GMT' }, {}), 60],
    ['does not wait for zero seconds after an empty header', limit({ 'Retry-After': '' }, {}), 60],
    ['never waits for more than a day', limit({}, { retry_after: 1e300 }), 86_400],
    ['waits no time it was not told after an outage', new Response('', { status: 500 }), undefined],
    ['waits as told after an outage', new Response('', { status: 503, headers: { 'Retry-After': '120' } }), 120],
  ])('%s', async (_name, response, seconds) => {
    expect(await classify(response)).toEqual({
      kind: 'unavailable',
      ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    })
  })

  it.each<readonly [string, number, unknown, UpstreamFailure]>([
    ['a 401 without a word is no verdict on a token', 401, {}, { kind: 'protocol' }],
    ['a 401 that is a page is no verdict on a token', 401, undefined, { kind: 'unavailable', retryAfterSeconds: 60 }],
    ['a list is not an answer of Discord', 400, [], { kind: 'unavailable', retryAfterSeconds: 60 }],
    ['null is not an answer of Discord', 400, null, { kind: 'unavailable', retryAfterSeconds: 60 }],
    ['an error named like an inherited property is unknown', 400, { error: 'constructor' }, { kind: 'protocol' }],
    ['a server_error in a 400 is an outage', 400, { error: 'server_error' }, { kind: 'unavailable' }],
    ['an invalid_grant in a 500 is an outage', 500, { error: 'invalid_grant' }, { kind: 'unavailable' }],
    ['an error that is no text decides nothing', 400, { error: { invalid_grant: true } }, { kind: 'protocol' }],
  ])('D9: %s', (_name, status, body, verdict) => {
    expect(provider.classifyError({ status, headers: new Headers(), body })).toEqual(verdict)
  })
})
