/** The habits of Google. @module */
import type { FakeIdPCall, FakeIdPObjection, FakeIdPProfile, FakeIdPState } from '@mcp-auth/core/mocks'
import { leakMarker } from '@mcp-auth/core/mocks'
import { defaultEndpoints, issuer } from '../endpoints.ts'
import { fakeGoogleUsers, shownClaims } from './claims.ts'
import { writeGoogleRefusal } from './refusals.ts'

/** How Google writes short scopes in its answers. */
const longNames: Readonly<Record<string, string>> = {
  email: 'https://www.googleapis.com/auth/userinfo.email',
  profile: 'https://www.googleapis.com/auth/userinfo.profile',
}

/** Google refuses a request with any other parameter: "Parameter not allowed for this message type". */
const knownParameters: readonly string[] = [
  'response_type',
  'response_mode',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'access_type',
  'prompt',
  'hd',
  'login_hint',
  'include_granted_scopes',
  'enable_granular_consent',
  'hl',
  'display',
]

/** @see [OpenID Connect at Google](https://developers.google.com/identity/openid-connect/openid-connect) */
export const googleProfile: FakeIdPProfile = Object.freeze<FakeIdPProfile>({
  displayName: 'Google',
  issuer,
  clientId: '123456789012-fake.apps.googleusercontent.com',
  clientSecret: 'GOCSPX-fake-client-secret',
  foreignClientId: '210987654321-other.apps.googleusercontent.com',
  users: [fakeGoogleUsers.nelly, fakeGoogleUsers.wumpus],
  endpoints: {
    authorize: defaultEndpoints.authorization,
    token: defaultEndpoints.token,
    revoke: defaultEndpoints.revocation,
    userinfo: defaultEndpoints.userinfo,
    jwks: defaultEndpoints.jwks,
    introspect: false,
  },
  wellKnown: ['openid-configuration'],
  secretPrefixes: { access: 'ya29.', code: '4/0', refresh: '1//0' },
  rotatesRefreshTokens: false,
  revokes: 'user',
  // The users of the fake have agreed before, so that only another consent brings a refresh token.
  issuesRefreshToken: ({ grant: { parameters } }) =>
    parameters['access_type'] === 'offline' && parameters['prompt']?.split(' ').includes('consent') === true,
  writeScopes: ({ grant }) => grant.scopes.map((scope) => longNames[scope] ?? scope).join(' '),
  idTokenClaims: ({ auth_time: _authTime, ...claims }, { grant }) => ({
    ...shownClaims(claims, grant),
    azp: claims['aud'],
  }),
  userinfo: (claims, { grant }) => shownClaims(claims, grant),
  writeRefusal: writeGoogleRefusal,
  checkRequest: refuseUnknownToken,
  checkAuthorization: (parameters) => {
    const unknown = [...parameters.keys()].find((name) => !knownParameters.includes(name))
    if (unknown !== undefined) return page(`Parameter not allowed for this message type: ${unknown}`)
    return parameters.get('scope') ? undefined : page('Missing required parameter: scope')
  },
})

/** A page of its own: Google does not send the browser back with such a request. */
function page(words: string): Response {
  return new Response(`Error 400: invalid_request ${words} ${leakMarker}`, { status: 400 })
}

/** Unlike RFC 7009 has it, a token that is unknown is an error. */
function refuseUnknownToken({ endpoint, form }: FakeIdPCall, state: FakeIdPState): FakeIdPObjection | undefined {
  const token = form.get('token') ?? ''
  if (endpoint !== 'revoke' || state.accessTokens.has(token) || state.refreshTokens.has(token)) return undefined
  return { error: 'invalid_token' }
}
