/** An identity provider that is never called. @module */
import type { OAuthProxyProvider } from '../../src/provider.ts'

/** A provider as a provider package would give it. */
export const testProvider: OAuthProxyProvider = {
  name: 'test',
  displayName: 'Test',
  clientId: 'upstream-client',
  clientSecret: 'upstream-secret',
  tokenEndpointAuthMethod: 'client_secret_post',
  authorizationEndpoint: 'https://idp.example/authorize',
  tokenEndpoint: 'https://idp.example/token',
  scopes: ['identify'],
  supportedScopes: ['identify', 'guilds'],
  identityScopes: ['identify'],
  identify: async () => await Promise.reject(new Error('not called')),
  classifyError: () => ({ kind: 'unavailable' }),
}
