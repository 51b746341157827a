/** Auth0 as the identity provider of an OAuth proxy. @module */
import type { FixedProvider } from '@mcp-auth/core'
import { classifyAuth0Error } from './errors.ts'
import { identifyAuth0User } from './identity.ts'
import { type Auth0Options, parseAuth0Options } from './options.ts'

const descriptions: Readonly<Record<string, string>> = {
  openid: 'Sign you in with your account',
  profile: 'See your name and picture',
  email: 'See your email address',
}

/**
 * Signs users in with Auth0.
 * @throws {ConfigurationError} for options that cannot work
 * @see [Authorization code flow](https://auth0.com/docs/get-started/authentication-and-authorization-flow/authorization-code-flow)
 * @example
 * const provider = auth0({ domain: 'my-tenant.eu.auth0.com', clientId, clientSecret })
 */
export function auth0(options: Auth0Options): FixedProvider {
  const parsed = parseAuth0Options(options)
  return Object.freeze({
    name: 'auth0',
    displayName: 'Auth0',
    clientId: parsed.clientId,
    clientSecret: parsed.clientSecret,
    tokenEndpointAuthMethod: parsed.tokenEndpointAuthMethod,
    authorizationEndpoint: parsed.authorizationEndpoint,
    tokenEndpoint: parsed.tokenEndpoint,
    revocationEndpoint: parsed.revocationEndpoint,
    userinfoEndpoint: parsed.userinfoEndpoint,
    jwksURI: parsed.jwksURI,
    issuer: parsed.issuer,
    revocationIsUserWide: parsed.revocationDeletesGrant,
    scopes: parsed.scopes,
    supportedScopes: parsed.supportedScopes,
    identityScopes: Object.freeze(['openid']),
    // Makes Auth0 issue a refresh token, if the API allows it.
    additionalScopes: Object.freeze(['offline_access']),
    scopeDescriptions: Object.freeze({ ...descriptions, ...options.scopeDescriptions }),
    authorizationParameters: parsed.authorizationParameters,
    usesNonce: true,
    identify: (tokens, api) => identifyAuth0User(parsed, tokens, api),
    classifyError: classifyAuth0Error,
  } satisfies FixedProvider)
}
