/** What a provider says about itself, and how it judges answers, without any call. @module */
import type { OAuthProxyProvider, UpstreamErrorResponse, UpstreamFailureKind } from '@mcp-auth/core'
import { expect } from 'vitest'
import { upstreamScope } from '../checks.ts'
import type { ContractCase } from '../contract-case.ts'

const kinds: readonly UpstreamFailureKind[] = [
  'invalid_grant',
  'invalid_token',
  'invalid_client',
  'access_denied',
  'unavailable',
  'protocol',
]

/** Bodies that no specification knows. */
const oddBodies: readonly unknown[] = [
  undefined,
  null,
  '',
  'Bad Gateway',
  0,
  true,
  [],
  ['invalid_grant'],
  {},
  { error: null },
  { error: 5 },
  { error: { code: 190, message: 'nested' } },
  { error: 'constructor' },
  { error: '__proto__' },
  { error: 'toString' },
  { error: 'nobody_knows_this_one' },
  { errors: [] },
  JSON.parse('{"__proto__":{"error":"invalid_grant"}}'),
]

/** 4xx of which nobody said that a grant is over. */
const undecided: readonly unknown[] = [undefined, '', 'Bad Gateway', {}, { error: 'nobody_knows_this_one' }]

function classify(provider: OAuthProxyProvider, status: number, body: unknown, retryAfter?: string): string {
  const headers = new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter })
  const response: UpstreamErrorResponse = { status, headers, body }
  return provider.classifyError(response).kind
}

/** The cases. */
export const descriptionCases: readonly ContractCase[] = [
  {
    name: 'describes its scopes consistently: what is asked for by default is supported',
    async check(lab) {
      const { scopes, supportedScopes, identityScopes } = lab.provider
      expect(scopes.length).toBeGreaterThan(0)
      expect(supportedScopes).toEqual(expect.arrayContaining([...scopes]))
      expect(new Set(supportedScopes).size, 'each scope once').toBe(supportedScopes.length)
      expect(new Set(identityScopes).size, 'each scope once').toBe(identityScopes.length)
      const { provider } = lab
      const known = supportedScopes.map((scope) => {
        const written = upstreamScope(lab, scope)
        return provider.fromUpstreamScope?.(written) ?? written
      })
      expect(known, 'there and back again').toEqual(supportedScopes)
    },
  },

  {
    name: 'knows the application that the fake knows',
    async check(lab) {
      expect(lab.provider.clientId).toBe(lab.fake.clientId)
      if (lab.provider.tokenEndpointAuthMethod === 'none') expect(lab.provider.clientSecret).toBe('')
      else expect(lab.provider.clientSecret).toBe(lab.fake.clientSecret)
    },
  },

  {
    name: 'judges whatever is answered, and never throws',
    async check(lab) {
      for (const status of [200, 302, 400, 401, 403, 404, 418, 429, 500, 502, 503]) {
        for (const body of oddBodies) {
          for (const retryAfter of [
            undefined,
            '5',
            '',
            '-1',
            'Wed, 21 Oct 2026 07:28:00 GMT',
            '99999999999999999999',
          ]) {
            expect(kinds).toContain(classify(lab.provider, status, body, retryAfter))
          }
        }
      }
    },
  },

  {
    name: 'A097 D9 takes rate limits and server errors for an outage, whatever their body says',
    async check(lab) {
      for (const status of [429, 500, 502, 503, 504]) {
        for (const body of [...oddBodies, { error: 'server_error' }]) {
          expect([status, body, classify(lab.provider, status, body)]).toEqual([status, body, 'unavailable'])
        }
      }
    },
  },

  {
    name: 'A096 D9 takes nothing for the end of a grant that does not say so',
    async check(lab) {
      for (const status of [400, 401, 403, 404]) {
        for (const body of undecided) expect(classify(lab.provider, status, body)).not.toBe('invalid_grant')
      }
    },
  },

  {
    name: 'gives delays in seconds that make sense, or none',
    async check(lab) {
      for (const retryAfter of ['5', '0', '', '-1', 'soon', '1e9', '99999999999999999999']) {
        const headers = new Headers({ 'retry-after': retryAfter })
        const { retryAfterSeconds = 0 } = lab.provider.classifyError({ status: 429, headers, body: undefined })
        expect([retryAfter, retryAfterSeconds >= 0 && retryAfterSeconds <= 86_400]).toEqual([retryAfter, true])
      }
    },
  },
]
