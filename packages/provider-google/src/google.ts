/** Google as the identity provider of an OAuth proxy. @module */
import type { FixedProvider } from '@mcp-auth/core'
import { issuer } from './endpoints.ts'
import { classifyGoogleError } from './errors.ts'
import { identifyGoogleUser } from './identity.ts'
import { type GoogleOptions, parseGoogleOptions } from './options.ts'
import { fromGoogleScope, scopeDescriptions } from './scopes.ts'

/**
 * Signs users in with Google.
 * @throws {ConfigurationError} for options that cannot work
 * @see [OpenID Connect at Google](https://developers.google.com/identity/openid-connect/openid-connect)
 * @example
 * const provider = google({ clientId, clientSecret, hostedDomain: 'example.com' })
 */
export function google(options: GoogleOptions): FixedProvider {
  const parsed = parseGoogleOptions(options)
  const { endpoints } = parsed
  const provider: FixedProvider = {
    name: 'google',
    displayName: 'Google',
    clientId: parsed.clientId,
    clientSecret: parsed.clientSecret,
    // Google takes both. Headers of this name are what proxies and loggers know to leave out, unlike form bodies.
    tokenEndpointAuthMethod: 'client_secret_basic',
    authorizationEndpoint: endpoints.authorization,
    tokenEndpoint: endpoints.token,
    revocationEndpoint: endpoints.revocation,
    userinfoEndpoint: endpoints.userinfo,
    jwksURI: endpoints.jwks,
    // Google speaks of a "combined authorization" that is revoked as a whole, and does not promise that the tokens
    // of other sign-ins survive: so it is told only when the user's last one ends.
    revocationIsUserWide: true,
    issuer,
    requireIssuer: parsed.requireIssuer,
    usesNonce: true,
    scopes: parsed.scopes,
    supportedScopes: parsed.supportedScopes,
    // Google shows the domain only together with the address, or so people report (OpenIDC/mod_auth_openidc#48).
    identityScopes: Object.freeze(parsed.hostedDomain === undefined ? ['openid'] : ['openid', 'email']),
    scopeDescriptions,
    fromUpstreamScope: fromGoogleScope,
    authorizationParameters: parsed.authorizationParameters,
    identify: async (tokens, api) => await identifyGoogleUser(parsed, tokens, api),
    classifyError: classifyGoogleError,
  }
  return Object.freeze(provider)
}
