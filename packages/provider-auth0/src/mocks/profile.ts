/** The habits of Auth0. @module */
import type { FakeIdPCall, FakeIdPProfile, FakeIdPState } from '@mcp-auth/core/mocks'
import { accessTokenClaims, idTokenClaims } from './claims.ts'
import { writeAuth0Refusal } from './error-answers.ts'
import { fakeAuth0Users } from './users.ts'

/** What tenants set differently. */
export interface FakeAuth0Habits {
  readonly domain: string
  readonly rotation: boolean
  readonly revocationDeletesGrant: boolean
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** Auth0 as one tenant has it. */
export function auth0Profile({ domain, rotation, revocationDeletesGrant, now }: FakeAuth0Habits): FakeIdPProfile {
  return {
    displayName: 'Auth0',
    issuer: `https://${domain}/`,
    clientId: 'fakeAuth0ClientId0000000000000000',
    users: [fakeAuth0Users.nelly, fakeAuth0Users.wumpus],
    settings: { issuer: 'absent' },
    endpoints: {
      authorize: '/authorize',
      token: '/oauth/token',
      revoke: '/oauth/revoke',
      userinfo: '/userinfo',
      jwks: '/.well-known/jwks.json',
      introspect: false,
    },
    // Without an audience the token is for Auth0's own userinfo alone, and opaque.
    accessTokens: ({ grant }) => (grant.parameters['audience'] === undefined ? 'opaque' : 'jwt'),
    accessTokenClaims,
    accessTokenHeader: { typ: 'JWT' },
    idTokenClaims,
    issuesRefreshToken: ({ grant }) => grant.scopes.includes('offline_access'),
    rotatesRefreshTokens: rotation,
    revokes: revocationDeletesGrant ? 'user' : 'token',
    checkRequest: (call, state) => (isRevocationOfAccessToken(call, state) ? new Response(null) : undefined),
    writeRefusal: (refusal) => writeAuth0Refusal(refusal, now()),
  }
}

/** Access tokens cannot be revoked: the request is answered, and nothing happens. */
function isRevocationOfAccessToken({ endpoint, form }: FakeIdPCall, state: FakeIdPState): boolean {
  return endpoint === 'revoke' && state.accessTokens.has(form.get('token') ?? '')
}
