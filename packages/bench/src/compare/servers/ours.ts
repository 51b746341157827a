/** Our proxy as it is on every host. @module */
import { createOAuthProxy, type OAuthProxy, oauth2 } from '@mcp-auth/core'
import { type IdPAddress, origin, scope, tokenSeconds } from '../server.ts'

/** Creates it, with limits of rate off, since all requests have one sender. */
export function createOurs(idp: IdPAddress): OAuthProxy {
  return createOAuthProxy({
    baseUrl: origin,
    provider: oauth2({
      authorizationEndpoint: `${idp.origin}/authorize`,
      tokenEndpoint: `${idp.origin}/token`,
      userinfo: { url: `${idp.origin}/me`, subject: 'id', username: 'name' },
      clientId: idp.clientId,
      clientSecret: idp.clientSecret,
      scopes: [scope],
    }),
    secret: 'YmVuY2htYXJrLXJvb3Qtc2VjcmV0LW9mLTMyLWJ5dGU',
    lifetimes: { accessToken: tokenSeconds },
    rateLimit: () => undefined,
  })
}
