/** The auth half of an MCP server, without any framework. @module */

export { findAuthSession, getAuthSession, sessionOwner } from './access/auth-session.ts'
export {
  type AccessDecision,
  type AccessDenied,
  denied,
  granted,
  isCurable,
} from './access/decision.ts'
export type { MCPOperation } from './access/mcp-operations.ts'
export type { AccessControlled, AccessRuleTable, MCPAccessRules } from './access/mcp-rules.ts'
export {
  type AccessAnswer,
  type AccessContext,
  type AccessPredicate,
  type AccessRule,
  type AccessSubject,
  decide,
  isGranted,
  not,
  requireAll,
  requireAny,
  requireAuth,
  requireRole,
  requireScopes,
} from './access/predicates.ts'
export { type ParameterRule, type ParameterRules, redactParameters } from './access/redact-parameters.ts'
export type { ClientDocumentPolicy } from './clients/client-document-policy.ts'
export {
  DiscoveryDocumentCache,
  type DiscoveryDocumentCacheOptions,
  type DiscoveryRequest,
} from './discovery/discovery-document-cache.ts'
export { chooseProvider } from './environment/choose-provider.ts'
export { type Environment, readEnvironment } from './environment/read-environment.ts'
export type { StoreAddress } from './environment/store-address.ts'
export { type EnvironmentRecord, nameVariable } from './environment/variables.ts'
export {
  ConfigurationError,
  McpAuthError,
  type McpAuthErrorCode,
  OAuthError,
  UpstreamError,
} from './errors.ts'
export type {
  AuthEvent,
  AuthEventBase,
  AuthEventListener,
  CallReason,
  DenialReason,
  OperationEventBase,
  OperationKind,
  PresentedKind,
  RevocationReason,
  TraceContext,
  UnreadableReason,
} from './events.ts'
export type { ConsentForm, ConsentPageParts, ConsentRenderer } from './handlers/consent-page.ts'
export type { TimelessEvent } from './handlers/context.ts'
export { assertAuthenticateOptions } from './handlers/gate-options.ts'
export { guard } from './handlers/guard.ts'
export type {
  AuthenticateOptions,
  ProtectedResource,
  ProtectedResourceOptions,
  RolesOf,
} from './handlers/protected-resource.ts'
export type { RememberConsentOptions } from './handlers/remembered-consent.ts'
export type { RequestHead } from './handlers/request-head.ts'
export type { RequestInfo, Router } from './handlers/router.ts'
export { parseRootSecrets } from './keys/root-secret.ts'
export { createTokenBuckets, type LimitedWork, type RateLimit, type RateLimitRequest } from './limits/rate-limiter.ts'
export { type CallFailure, explainFailure } from './mcp/call-failures.ts'
export type { LoggedCall } from './mcp/call-log.ts'
export { createMCPAccess, type MCPAccess, type MCPAccessAuth, type MCPAccessOptions } from './mcp/mcp-access.ts'
export type { MCPServerLike, TransportLike } from './mcp/protect-server.ts'
export type { ScopeChallenge, ScopeChallengeHandler } from './mcp/scope-challenge.ts'
export type { McpAuth } from './mcp-auth.ts'
export { createOAuthProxy, type OAuthProxy } from './oauth-proxy.ts'
export type { OAuthProxyOptions, ResourceOptions } from './oauth-proxy-options.ts'
export {
  type PublicDocument,
  type PublicFetch,
  PublicFetchError,
  type PublicFetchOptions,
} from './platform/public-fetch.ts'
export {
  type AuthorizationServerMetadata,
  buildAuthorizationServerMetadata,
  type Endpoints,
  type TokenEndpointAuthMethod,
} from './protocol/authorization-server-metadata.ts'
export {
  type BearerChallenge,
  type BearerCredentials,
  formatBearerChallenge,
  parseBearerToken,
} from './protocol/bearer.ts'
export type { ClientMetadata, GrantType, PreRegisteredClient } from './protocol/client-registration.ts'
export {
  buildProtectedResourceMetadata,
  type ProtectedResourceMetadata,
} from './protocol/protected-resource-metadata.ts'
export { knownPrivateUseSchemes, matchesRedirectURI } from './protocol/redirect-uri.ts'
export {
  type KnownClient,
  knownClientIdHosts,
  type RedirectURIPattern,
  type RedirectURIPolicy,
  redirectURIPresets,
} from './protocol/redirect-uri-policy.ts'
export { matchResource } from './protocol/resource.ts'
export { expandScopes, missingScopes, type ScopeHierarchy } from './protocol/scope.ts'
export type { TokenResponse } from './protocol/token-response.ts'
export { parseTraceContext } from './protocol/trace-context.ts'
export { getProtectedResourceMetadataURL } from './protocol/well-known.ts'
export type {
  DiscoveringProvider,
  FixedProvider,
  IDTokenExpectations,
  Identity,
  IssuerMetadata,
  OAuthProxyProvider,
  ProviderDescription,
  UpstreamApi,
  UpstreamDiscovery,
  UpstreamEndpoints,
  UpstreamErrorResponse,
  UpstreamFailure,
  UpstreamFailureKind,
  UpstreamTokens,
} from './provider.ts'
export { classifyOAuthError } from './providers/classify-oauth-error.ts'
export type { ClientOptions } from './providers/client-options.ts'
export { type OAuth2Options, type OAuth2Userinfo, oauth2 } from './providers/oauth2.ts'
export { oidc } from './providers/oidc.ts'
export type { OIDCEndpoints, OIDCOptions } from './providers/oidc-options.ts'
export { type RemoteOIDCOptions, remoteOIDC } from './providers/remote-oidc.ts'
export type { ConsentView } from './proxy/consent-view.ts'
export { defaultLifetimes, type Lifetimes } from './proxy/lifetimes.ts'
export { englishMessages, type PageMessages } from './proxy/page-messages.ts'
export { type OAuthErrorCode, type RefusalReason, type RefusalWireForm, refusals } from './refusals.ts'
export { createRemoteOAuth, type RemoteOAuth } from './remote-oauth.ts'
export type { RemoteOAuthOptions } from './remote-oauth-options.ts'
export type { AuthSession, UpstreamAccessTokenOptions } from './session.ts'
export type { Store, StoreKey, StoreKind, StoreSetOptions } from './store.ts'
export { createMemoryStore, type MemoryStoreOptions } from './stores/memory-store.ts'
export { combineListeners } from './telemetry/combine-listeners.ts'
export { type OpenTelemetryOptions, openTelemetryListener } from './telemetry/open-telemetry.ts'
export type { TelemetryContext, TelemetryMeter, TelemetryTracer } from './telemetry/open-telemetry-api.ts'
export type { Fetch } from './upstream/bounded-fetch.ts'
export type { APIKey } from './verification/api-key.ts'
export { type APIKeysOptions, apiKeys, hashAPIKey } from './verification/api-keys.ts'
export { type IntrospectionVerifierOptions, introspectionVerifier } from './verification/introspection-verifier.ts'
export { defaultAlgorithms, type JWTVerifierOptions, jwtVerifier } from './verification/jwt-verifier.ts'
export {
  type CheckedToken,
  type CheckOpaqueToken,
  type OpaqueTokenApi,
  type OpaqueTokenVerifierOptions,
  opaqueTokenVerifier,
} from './verification/opaque-token-verifier.ts'
export type { ForgettingVerifierFactory } from './verification/remembering-verifier.ts'
export type { TokenRulesOptions } from './verification/token-rules.ts'
export { type VerifierByIssuerOptions, verifierByIssuer } from './verification/verifier-by-issuer.ts'
export type {
  IssuerPlaces,
  RemoteKeys,
  RemoteOAuthProvider,
  TokenVerifier,
  TokenVerifierFactory,
  VerificationTarget,
  VerifiedSignature,
  VerifiedToken,
  VerifierResponse,
  VerifierTools,
} from './verifier.ts'
