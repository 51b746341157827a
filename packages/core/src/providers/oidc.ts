/** Any OpenID Provider as the identity provider of an OAuth proxy. @module */
import { ConfigurationError, UpstreamError } from '../errors.ts'
import type { DiscoveringProvider, IssuerMetadata, UpstreamEndpoints } from '../provider.ts'
import { identifyOIDCUser } from './oidc-identity.ts'
import { type OIDCOptions, type ParsedOIDCOptions, parseOIDCOptions } from './oidc-options.ts'

/**
 * Signs users in with any OpenID Provider, found by its issuer.
 * @throws {ConfigurationError} for options that cannot work; what the metadata lack, `checkProvider()` of the proxy says
 * @see [OpenID Connect Core](https://openid.net/specs/openid-connect-core-1_0.html), [OpenID Connect Discovery](https://openid.net/specs/openid-connect-discovery-1_0.html)
 * @example
 * const provider = oidc({ issuer: 'https://login.example.com', clientId, clientSecret, scopes: ['openid', 'email'] })
 */
export function oidc(options: OIDCOptions): DiscoveringProvider {
  const parsed = parseOIDCOptions(options)
  const provider: DiscoveringProvider = {
    ...parsed.client,
    identityScopes: Object.freeze(['openid']),
    usesNonce: true,
    // No sign-in succeeds without an id_token, so openid was granted whether the IdP lists it or not.
    readGrantedScopes: (scopes) => [...new Set([...scopes, 'openid'])],
    discover: async (discovery) => parsed.endpoints ?? readEndpoints(await discovery.discover(parsed.issuer), parsed),
    identify: async (tokens, api) => await identifyOIDCUser(parsed, tokens, api),
  }
  return Object.freeze(provider)
}

/** @throws {UpstreamError} `protocol`, caused by a {@link ConfigurationError} that says what the metadata lack */
function readEndpoints(metadata: IssuerMetadata, options: ParsedOIDCOptions): UpstreamEndpoints {
  const need = (name: 'authorization_endpoint' | 'jwks_uri' | 'token_endpoint' | 'userinfo_endpoint'): string => {
    const url = metadata[name]
    if (url !== undefined) return url
    const advice = name === 'userinfo_endpoint' ? 'leave userinfo out' : 'give endpoints, or use oauth2()'
    const cause = new ConfigurationError('issuer', `publishes metadata without ${name}; ${advice}`)
    throw new UpstreamError('protocol', { cause })
  }
  const { scopes_supported = [], authorization_response_iss_parameter_supported = false } = metadata
  const isOffline = options.offlineAccess ?? scopes_supported.includes('offline_access')
  return {
    authorizationEndpoint: need('authorization_endpoint'),
    tokenEndpoint: need('token_endpoint'),
    jwksURI: need('jwks_uri'),
    revocationEndpoint: metadata.revocation_endpoint,
    userinfoEndpoint: options.userinfo.atSignIn ? need('userinfo_endpoint') : metadata.userinfo_endpoint,
    issuer: metadata.issuer,
    requireIssuer: options.requireIssuer ?? authorization_response_iss_parameter_supported,
    additionalScopes: isOffline ? ['offline_access'] : [],
  }
}
