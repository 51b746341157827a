/** From options to the parts of a proxy. @module */
import { resolveDocumentPolicy } from './clients/client-document-policy.ts'
import { createClientDocuments } from './clients/client-documents.ts'
import { createClientRegistry } from './clients/client-registry.ts'
import { ConfigurationError } from './errors.ts'
import { createGrantRepository } from './grants/grant-repository.ts'
import { createSubjectIndex } from './grants/subject-index.ts'
import { createTokenService } from './grants/token-service.ts'
import { createUpstreamAccess } from './grants/upstream-access.ts'
import type { ProxyContext } from './handlers/context.ts'
import { maxRememberedSeconds } from './handlers/remembered-consent.ts'
import type { KeyRing } from './keys/key-ring.ts'
import { createRateLimiter, createTokenBuckets } from './limits/rate-limiter.ts'
import type { OAuthProxyOptions } from './oauth-proxy-options.ts'
import { buildAuthorizationServerMetadata } from './protocol/authorization-server-metadata.ts'
import { createRedirectURITest } from './protocol/redirect-uri-policy.ts'
import { isScopeToken } from './protocol/scope.ts'
import { resolveLifetimes } from './proxy/lifetimes.ts'
import { englishMessages } from './proxy/page-messages.ts'
import { describeResources, publicURL } from './resource-descriptions.ts'
import { createMemoryStore } from './stores/memory-store.ts'
import { createSealedStore } from './stores/sealed-store.ts'
import { createStoreReports } from './stores/store-reports.ts'
import { safeEmitter, systemClock } from './surroundings.ts'
import { defaultFetch } from './upstream/bounded-fetch.ts'
import { createUpstreamClient } from './upstream/upstream-client.ts'
import { createVerifierTools } from './verification/verifier-tools.ts'

/**
 * Wires the parts.
 * @throws {ConfigurationError} naming the option that cannot work
 */
export function createProxyContext(options: OAuthProxyOptions, keys: () => Promise<KeyRing>): ProxyContext {
  const { provider, now = systemClock } = options
  const issuer = publicURL('baseUrl', options.baseUrl)
  const base = issuer.replace(/\/$/, '')
  const lifetimes = resolveLifetimes(options.lifetimes)
  const timeoutSeconds = upstreamTimeout(options.upstreamTimeoutSeconds ?? 10)
  const emit = safeEmitter(options.onEvent)
  const database = options.store ?? createMemoryStore(options.now ? { now: options.now } : {})
  const reports = createStoreReports(emit, now)
  const store = createSealedStore(database, keys, reports)
  const fetch = options.fetch ?? defaultFetch
  const tools = createVerifierTools({ fetch, now, timeoutSeconds })
  const upstream = createUpstreamClient({ provider, timeoutSeconds, now, fetch, tools })
  const grants = createGrantRepository(store, lifetimes, now)
  const upstreamAccess = createUpstreamAccess({ grants, store, upstream, timeoutSeconds, now, emit })
  const needsSubjects = provider.revocationIsUserWide === true
  const subjects = needsSubjects ? createSubjectIndex(store, grants, issuer, now) : undefined
  const limiter = createRateLimiter(options.rateLimit ?? createTokenBuckets(now))
  const isAllowedRedirectURI = createRedirectURITest(options.redirectURIs)
  const isSafeRedirectURI = createRedirectURITest({ privateUseSchemes: options.redirectURIs?.privateUseSchemes })
  const documents = createClientDocuments({
    policy: resolveDocumentPolicy(options.clientIdMetadata ?? {}),
    isAllowedRedirectURI,
    now,
    limiter,
  })
  const scopes = scopePolicy(options)
  const resources = describeResources(options, {
    base,
    issuer,
    defaultScopes: scopes.defaultScopes,
    checkScopes: (option, given) => knownScopes(option, given, scopes.supportedScopes),
  })
  const endpoints = endpointsOf(base)
  return {
    issuer,
    baseURL: issuer,
    origin: new URL(issuer).origin,
    endpoints,
    resources,
    grantableScopes: scopes.supportedScopes,
    policy: {
      ...scopes,
      resources: resources.map(({ resource }) => resource),
      scopesByResource: new Map(resources.map(({ resource, scopes }) => [resource, scopes])),
    },
    provider,
    lifetimes,
    rememberConsent: rememberedConsent(options.dangerouslyRememberConsent),
    limiter,
    isAllowedRedirectURI,
    keys,
    store,
    reports,
    grants,
    upstream,
    upstreamAccess,
    now,
    emit,
    serviceName: options.serviceName ?? new URL(issuer).host,
    pages: {
      renderConsent: options.renderConsent,
      messages: (request) => ({
        ...englishMessages,
        ...options.pageMessages?.(request.headers.get('accept-language')),
      }),
    },
    authorizationServerMetadata: buildAuthorizationServerMetadata({
      issuer,
      endpoints,
      scopes: scopes.supportedScopes,
      resources: resources.map(({ resource }) => resource),
      clientIdMetadataDocuments: documents.enabled,
    }),
    clients: createClientRegistry({
      issuer,
      keys,
      store,
      reports,
      now,
      documents,
      isAllowedRedirectURI,
      isSafeRedirectURI,
      isDenied: options.isClientDenied ?? (() => false),
      assertionAudiences: [issuer, ...(options.dangerouslyAllowTokenEndpointAudience ? [endpoints.token] : [])],
      lifetime: lifetimes.clientRegistration,
      preregistered: options.clients ?? [],
    }),
    subjects,
    tokens: createTokenService({ issuer, grants, upstreamAccess, subjects, keys, reports, lifetimes, now, emit }),
  }
}

function endpointsOf(base: string): ProxyContext['endpoints'] {
  return {
    authorization: `${base}/authorize`,
    token: `${base}/token`,
    registration: `${base}/register`,
    revocation: `${base}/revoke`,
    introspection: `${base}/introspect`,
    jwks: `${base}/jwks`,
    consent: `${base}/consent`,
    callback: `${base}/auth/callback`,
  }
}

function upstreamTimeout(seconds: number): number {
  if (seconds > 0 && seconds <= 60) return seconds
  throw new ConfigurationError('upstreamTimeoutSeconds', 'must be greater than 0 and at most 60 seconds')
}

function rememberedConsent(
  given: OAuthProxyOptions['dangerouslyRememberConsent'],
): OAuthProxyOptions['dangerouslyRememberConsent'] {
  const { maxAgeSeconds = maxRememberedSeconds } = given ?? {}
  if (maxAgeSeconds > 0 && maxAgeSeconds <= maxRememberedSeconds) return given
  throw new ConfigurationError('dangerouslyRememberConsent', `must last from 1 to ${maxRememberedSeconds} seconds`)
}

type ScopePolicy = Pick<ProxyContext['policy'], 'supportedScopes' | 'defaultScopes'>

function scopePolicy(options: OAuthProxyOptions): ScopePolicy {
  const { provider, serverScopes = [] } = options
  const supportedScopes = [...new Set([...provider.supportedScopes, ...serverScopes, 'offline_access'])]
  const odd = serverScopes.find((scope) => !isScopeToken(scope))
  if (odd !== undefined) throw new ConfigurationError('serverScopes', `${JSON.stringify(odd)} is not a scope`)
  const defaultScopes = options.defaultScopes ?? provider.scopes
  return { supportedScopes, defaultScopes: knownScopes('defaultScopes', defaultScopes, supportedScopes) }
}

function knownScopes(option: string, scopes: readonly string[], supported: readonly string[]): readonly string[] {
  const unknown = scopes.find((scope) => !supported.includes(scope))
  if (unknown !== undefined) {
    const known = `${supported.join(' ')} (the provider's, and serverScopes)`
    throw new ConfigurationError(option, `${unknown} is not supported; known scopes: ${known}`)
  }
  if (scopes.length === 0) throw new ConfigurationError(option, 'must name at least one scope')
  return scopes
}
