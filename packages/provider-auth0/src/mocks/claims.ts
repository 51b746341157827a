/** Claims of the fake Auth0's tokens. @module */
import type { FakeIdPTokenContext } from '@mcp-auth/core/mocks'

type Claims = Readonly<Record<string, unknown>>

/**
 * The claims of an `id_token`.
 * @see [ID token structure](https://auth0.com/docs/secure/tokens/id-tokens/id-token-structure)
 */
export function idTokenClaims(claims: Claims, { user, grant }: FakeIdPTokenContext): Claims {
  const { nickname, name, picture, email, email_verified } = user.claims
  return {
    iss: claims['iss'],
    sub: user.subject,
    aud: claims['aud'],
    iat: claims['iat'],
    exp: claims['exp'],
    nonce: claims['nonce'],
    sid: 'fake-session',
    org_id: grant.parameters['organization'],
    ...(grant.scopes.includes('profile') ? { nickname, name, picture } : {}),
    ...(grant.scopes.includes('email') ? { email, email_verified } : {}),
    ...customClaims(user.claims),
  }
}

/**
 * The claims of an access token for an API with RBAC.
 * @see [Access token profiles](https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles)
 */
export function accessTokenClaims(claims: Claims, { user, grant, state }: FakeIdPTokenContext): Claims {
  const { audience } = grant.parameters
  return {
    iss: state.issuer,
    sub: user.subject,
    aud: grant.scopes.includes('openid') ? [audience, `${state.issuer}userinfo`] : audience,
    iat: claims['iat'],
    exp: claims['exp'],
    jti: claims['jti'],
    azp: claims['client_id'],
    scope: claims['scope'],
    permissions: user.claims['permissions'] ?? [],
    org_id: grant.parameters['organization'],
    ...customClaims(user.claims),
  }
}

/** What an Action of the tenant adds. */
function customClaims(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => name.startsWith('http')))
}
