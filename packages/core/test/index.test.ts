import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import * as core from '../src/index.ts'

const source = readFileSync(new URL('../src/index.ts', import.meta.url), 'utf8')

/** Names of the types that the entry exports, which leave no trace at run time. */
function exportedTypes(): string[] {
  const lists = [...source.matchAll(/export (type )?\{([^}]*)\} from/g)]
  return lists
    .flatMap(([, isType, list = '']) => {
      const names = list.split(',').map((name) => name.trim())
      return isType ? names : names.filter((name) => name.startsWith('type ')).map((name) => name.slice(5))
    })
    .filter((name) => name !== '')
    .sort()
}

describe('what the package exports', () => {
  it('is these values', () => {
    expect(Object.keys(core).sort()).toEqual([
      'ConfigurationError',
      'DiscoveryDocumentCache',
      'McpAuthError',
      'OAuthError',
      'PublicFetchError',
      'UpstreamError',
      'apiKeys',
      'buildAuthorizationServerMetadata',
      'buildProtectedResourceMetadata',
      'chooseProvider',
      'classifyOAuthError',
      'createMemoryStore',
      'createOAuthProxy',
      'createRemoteOAuth',
      'createTokenBuckets',
      'defaultAlgorithms',
      'defaultLifetimes',
      'englishMessages',
      'expandScopes',
      'formatBearerChallenge',
      'getProtectedResourceMetadataURL',
      'hashAPIKey',
      'introspectionVerifier',
      'jwtVerifier',
      'knownClientIdHosts',
      'knownPrivateUseSchemes',
      'matchResource',
      'matchesRedirectURI',
      'missingScopes',
      'nameVariable',
      'oauth2',
      'oidc',
      'opaqueTokenVerifier',
      'parseBearerToken',
      'parseRootSecrets',
      'readEnvironment',
      'redirectURIPresets',
      'refusals',
      'remoteOIDC',
      'verifierByIssuer',
    ])
  })

  it('is these types', () => {
    expect(source).not.toMatch(/export \*/)
    expect(exportedTypes()).toEqual([
      'APIKey',
      'APIKeysOptions',
      'AuthEvent',
      'AuthEventBase',
      'AuthEventListener',
      'AuthSession',
      'AuthenticateOptions',
      'AuthorizationServerMetadata',
      'BearerChallenge',
      'BearerCredentials',
      'CheckOpaqueToken',
      'CheckedToken',
      'ClientDocumentPolicy',
      'ClientMetadata',
      'ClientOptions',
      'ConsentForm',
      'ConsentPageParts',
      'ConsentRenderer',
      'ConsentView',
      'DiscoveringProvider',
      'DiscoveryDocumentCacheOptions',
      'DiscoveryRequest',
      'Endpoints',
      'Environment',
      'EnvironmentRecord',
      'Fetch',
      'FixedProvider',
      'ForgettingVerifierFactory',
      'GrantType',
      'IDTokenExpectations',
      'Identity',
      'IntrospectionVerifierOptions',
      'IssuerMetadata',
      'IssuerPlaces',
      'JWTVerifierOptions',
      'KnownClient',
      'Lifetimes',
      'LimitedWork',
      'McpAuth',
      'McpAuthErrorCode',
      'MemoryStoreOptions',
      'OAuth2Options',
      'OAuth2Userinfo',
      'OAuthErrorCode',
      'OAuthProxy',
      'OAuthProxyOptions',
      'OAuthProxyProvider',
      'OIDCEndpoints',
      'OIDCOptions',
      'OpaqueTokenApi',
      'OpaqueTokenVerifierOptions',
      'PageMessages',
      'PreRegisteredClient',
      'ProtectedResource',
      'ProtectedResourceMetadata',
      'ProtectedResourceOptions',
      'ProviderDescription',
      'PublicDocument',
      'PublicFetch',
      'PublicFetchOptions',
      'RateLimit',
      'RateLimitRequest',
      'RedirectURIPattern',
      'RedirectURIPolicy',
      'RefusalReason',
      'RefusalWireForm',
      'RememberConsentOptions',
      'RemoteKeys',
      'RemoteOAuth',
      'RemoteOAuthOptions',
      'RemoteOAuthProvider',
      'RemoteOIDCOptions',
      'RequestHead',
      'RequestInfo',
      'ResourceOptions',
      'RevocationReason',
      'RolesOf',
      'Router',
      'ScopeHierarchy',
      'Store',
      'StoreKey',
      'StoreKind',
      'StoreSetOptions',
      'TokenEndpointAuthMethod',
      'TokenResponse',
      'TokenRulesOptions',
      'TokenVerifier',
      'TokenVerifierFactory',
      'UpstreamAccessTokenOptions',
      'UpstreamApi',
      'UpstreamDiscovery',
      'UpstreamEndpoints',
      'UpstreamErrorResponse',
      'UpstreamFailure',
      'UpstreamFailureKind',
      'UpstreamTokens',
      'VerificationTarget',
      'VerifiedSignature',
      'VerifiedToken',
      'VerifierByIssuerOptions',
      'VerifierResponse',
      'VerifierTools',
    ])
  })

  it('has these entries', () => {
    expect(Object.keys(manifest.exports)).toEqual(['.', './node', './mocks', './package.json'])
    expect(Object.keys(manifest.imports)).toEqual(['#platform'])
  })
})
