/** `createOAuthProxy`: the authorization server in front of an identity provider (IdP) that knows nothing of MCP. @module */
import type { JWK } from 'jose'
import { platform } from '#platform'
import { createClientRegistry } from './clients/client-registry.ts'
import { ConfigurationError } from './errors.ts'
import type { AuthEvent, AuthEventListener } from './events.ts'
import { createGrantRepository } from './grants/grant-repository.ts'
import { createTokenService } from './grants/token-service.ts'
import { createUpstreamAccess } from './grants/upstream-access.ts'
import type { ProxyContext } from './handlers/context.ts'
import {
  createProtectedResource,
  type ProtectedResource,
  type ProtectedResourceOptions,
} from './handlers/protected-resource.ts'
import { proxyRoutes } from './handlers/proxy-routes.ts'
import { createRouter, type Router } from './handlers/router.ts'
import { createKeyRing, type KeyRing } from './keys/key-ring.ts'
import { parseRootSecrets } from './keys/root-secret.ts'
import { assertSigningKeys } from './keys/signing-keys.ts'
import {
  type AuthorizationServerMetadata,
  buildAuthorizationServerMetadata,
} from './protocol/authorization-server-metadata.ts'
import type { PreRegisteredClient } from './protocol/client-registration.ts'
import {
  buildProtectedResourceMetadata,
  type ProtectedResourceMetadata,
} from './protocol/protected-resource-metadata.ts'
import { isRegistrableRedirectURI, knownPrivateUseSchemes } from './protocol/redirect-uri.ts'
import { isScopeToken } from './protocol/scope.ts'
import { isSecureURL, parsePlainURI } from './protocol/uri.ts'
import type { OAuthProxyProvider } from './provider.ts'
import { type Lifetimes, resolveLifetimes } from './proxy/lifetimes.ts'
import type { Store } from './store.ts'
import { createMemoryStore } from './stores/memory-store.ts'
import { createSealedStore } from './stores/sealed-store.ts'
import type { Fetch } from './upstream/bounded-fetch.ts'
import { createUpstreamClient } from './upstream/upstream-client.ts'

/** Options of {@link createOAuthProxy}. */
export interface OAuthProxyOptions extends ProtectedResourceOptions {
  /** Public origin of this server, with a path if it has one. The issuer: echoed byte for byte everywhere. */
  readonly baseUrl: string
  /** Public URL of the MCP endpoint. Default: `baseUrl` + `/mcp`. */
  readonly resource?: string
  readonly provider: OAuthProxyProvider
  /**
   * Root secret, at least 32 random bytes as base64url or hex; a list (or a text with commas) is a key ring whose
   * first secret signs. Every key is derived from it. Without one a random secret is made, and everybody has to
   * sign in again after a restart; with a `store` of your own it is required.
   */
  readonly secret?: string | readonly string[] | undefined
  /** Where grants are kept. Default: in the memory of this process. */
  readonly store?: Store
  /** Scopes a client gets when it names none, and the ones a challenge asks for. Default: the provider's. */
  readonly defaultScopes?: readonly string[] | undefined
  /** Scopes of your own, which the IdP does not know. */
  readonly serverScopes?: readonly string[]
  /** Clients registered by hand. */
  readonly clients?: readonly PreRegisteredClient[]
  /** Private-use URI schemes that native clients may be called back at. */
  readonly privateUseSchemes?: readonly string[]
  /** Private JWKs with `alg` EdDSA, ES256 or RS256 to sign with, instead of the derived Ed25519 key. */
  readonly signingKeys?: readonly JWK[]
  readonly lifetimes?: Partial<Lifetimes>
  /** Seconds until a request to the IdP is given up. Default 10. */
  readonly upstreamTimeoutSeconds?: number
  /** The name people see on the consent page. Default: the host of `baseUrl`. */
  readonly serviceName?: string
  readonly onEvent?: AuthEventListener
  /** Calls the IdP; for tests and proxies. */
  readonly fetch?: Fetch
  /** Seconds since the epoch; for tests. */
  readonly now?: () => number
}

/** An authorization server and the protected resource behind it. */
export interface OAuthProxy extends ProtectedResource, Router {
  readonly metadata: {
    readonly authorizationServer: AuthorizationServerMetadata
    readonly protectedResource: ProtectedResourceMetadata
  }
}

/**
 * Creates an OAuth proxy.
 * @throws {ConfigurationError} naming the option that cannot work
 */
export function createOAuthProxy(options: OAuthProxyOptions): OAuthProxy {
  const context = createContext(options)
  const resource = createProtectedResource(context, options)
  return {
    ...resource,
    ...createRouter(context, proxyRoutes(context)),
    metadata: {
      authorizationServer: context.authorizationServerMetadata,
      protectedResource: context.protectedResourceMetadata,
    },
  }
}

function createContext(options: OAuthProxyOptions): ProxyContext {
  const { provider, now = () => Date.now() / 1000 } = options
  const issuer = publicURL('baseUrl', options.baseUrl)
  const base = issuer.replace(/\/$/, '')
  const resource = publicURL('resource', options.resource ?? `${base}/mcp`)
  const lifetimes = resolveLifetimes(options.lifetimes)
  const timeoutSeconds = options.upstreamTimeoutSeconds ?? 10
  if (!(timeoutSeconds > 0 && timeoutSeconds <= 60)) {
    throw new ConfigurationError('upstreamTimeoutSeconds', 'must be greater than 0 and at most 60 seconds')
  }
  const emit = safeEmitter(options.onEvent)
  const keys = keyRing(options, (message) => emit({ type: 'configuration.warning', time: now() * 1000, message }))
  const store = createSealedStore(options.store ?? createMemoryStore({ now }), keys)
  const upstream = createUpstreamClient({ provider, timeoutSeconds, now, fetch: options.fetch ?? globalFetch })
  const grants = createGrantRepository(store, lifetimes, now)
  const upstreamAccess = createUpstreamAccess({ grants, store, upstream, timeoutSeconds, now, emit })
  const schemes = options.privateUseSchemes ?? knownPrivateUseSchemes
  const isAllowedRedirectURI = (uri: string): boolean => isRegistrableRedirectURI(uri, schemes)
  const policy = scopePolicy(options, resource)
  const endpoints = {
    authorization: `${base}/authorize`,
    token: `${base}/token`,
    registration: `${base}/register`,
    revocation: `${base}/revoke`,
    jwks: `${base}/jwks`,
    consent: `${base}/consent`,
    callback: `${base}/auth/callback`,
  }
  return {
    issuer,
    origin: new URL(issuer).origin,
    endpoints,
    resource,
    policy,
    provider,
    lifetimes,
    isAllowedRedirectURI,
    keys,
    store,
    grants,
    upstream,
    upstreamAccess,
    now,
    emit,
    serviceName: options.serviceName ?? new URL(issuer).host,
    authorizationServerMetadata: buildAuthorizationServerMetadata({
      issuer,
      endpoints,
      scopes: policy.supportedScopes,
      resources: policy.resources,
    }),
    protectedResourceMetadata: buildProtectedResourceMetadata({
      resource,
      issuer,
      scopes: policy.defaultScopes,
      name: options.serviceName,
    }),
    clients: createClientRegistry({
      issuer,
      keys,
      now,
      isAllowedRedirectURI,
      lifetime: lifetimes.clientRegistration,
      preregistered: options.clients ?? [],
    }),
    tokens: createTokenService({ issuer, grants, upstreamAccess, keys, lifetimes, now, emit }),
  }
}

const globalFetch: Fetch = async (url, init) => await fetch(url, init)

/** A listener's trouble is not the client's. */
function safeEmitter(listener: AuthEventListener | undefined): (event: AuthEvent) => void {
  return (event) => {
    try {
      listener?.(event)
    } catch {
      // An audit log that fails is its owner's to notice; the request must not.
    }
  }
}

function publicURL(option: string, value: string): string {
  const url = parsePlainURI(value)
  if (!url || value.includes('?') || value.includes('#')) {
    throw new ConfigurationError(
      option,
      'must be an absolute URL without query and fragment, such as https://mcp.example.com',
    )
  }
  if (!isSecureURL(url)) throw new ConfigurationError(option, 'must be https, or http on a loopback host')
  return value
}

function scopePolicy(options: OAuthProxyOptions, resource: string): ProxyContext['policy'] {
  const { provider, serverScopes = [] } = options
  const supportedScopes = [...new Set([...provider.supportedScopes, ...serverScopes, 'offline_access'])]
  const defaultScopes = options.defaultScopes ?? provider.scopes
  const odd = [...serverScopes, ...defaultScopes].find((scope) => !isScopeToken(scope))
  if (odd !== undefined) throw new ConfigurationError('serverScopes', `${JSON.stringify(odd)} is not a scope`)
  const unknown = defaultScopes.find((scope) => !supportedScopes.includes(scope))
  if (unknown !== undefined) {
    throw new ConfigurationError(
      'defaultScopes',
      `${unknown} is not supported; known scopes: ${supportedScopes.join(' ')}`,
    )
  }
  if (defaultScopes.length === 0) throw new ConfigurationError('defaultScopes', 'must name at least one scope')
  return { resources: [resource], supportedScopes, defaultScopes }
}

function keyRing(options: OAuthProxyOptions, warn: (message: string) => void): () => Promise<KeyRing> {
  const { secret, signingKeys = [] } = options
  assertSigningKeys(signingKeys)
  if (secret === undefined && options.store !== undefined) {
    throw new ConfigurationError(
      'secret',
      'is required with a store of your own: what a random secret sealed cannot be opened after a restart',
    )
  }
  if (secret === undefined) warn('no secret is set: everybody has to sign in again after a restart')
  const secrets = secret === undefined ? ([platform.randomBytes(32)] as const) : parseRootSecrets(secret)
  let ring: Promise<KeyRing> | undefined
  return async () => await (ring ??= createKeyRing(secrets, signingKeys))
}
