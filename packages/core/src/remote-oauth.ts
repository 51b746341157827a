/** `createRemoteOAuth`: the identity provider (IdP) is the authorization server; we advertise it and verify its tokens. @module */
import { ConfigurationError, OAuthError, UpstreamError } from './errors.ts'
import type { ProtectedResourceDescription, ResourceContext } from './handlers/context.ts'
import { foreignMetadataHandler } from './handlers/metadata.ts'
import { createProtectedResource, type SessionOptions, type SessionVerifier } from './handlers/protected-resource.ts'
import { createRouter, type Route } from './handlers/router.ts'
import { createForwarding, identityOf, toSession } from './handlers/sessions.ts'
import type { McpAuth } from './mcp-auth.ts'
import { checkMetadata } from './metadata-check.ts'
import { parseIssuerMetadata } from './protocol/issuer-metadata.ts'
import type { ProtectedResourceMetadata } from './protocol/protected-resource-metadata.ts'
import { isScopeToken } from './protocol/scope.ts'
import { authorizationServerMetadataPaths, protectedResourceMetadataPaths } from './protocol/well-known.ts'
import type { IssuerMetadata } from './provider.ts'
import { englishMessages } from './proxy/page-messages.ts'
import type { RemoteOAuthOptions } from './remote-oauth-options.ts'
import { describeResources, publicURL } from './resource-descriptions.ts'
import { safeEmitter, systemClock } from './surroundings.ts'
import { defaultFetch } from './upstream/bounded-fetch.ts'
import { createVerifierTools } from './verification/verifier-tools.ts'
import type { TokenVerifier } from './verifier.ts'

/** A protected resource whose tokens somebody else issues. */
export type RemoteOAuth = McpAuth

/** While an IdP is slow, our own metadata do not wait for it longer than this, in milliseconds. */
const metadataPatience = 2000
/** And a start no longer than this. */
const startPatience = 5000

/**
 * Creates the protected resource: metadata that name the authorization server, and exact validation of its tokens.
 * Nothing is fetched before a request needs it, so that the server starts while its IdP is down.
 * @throws {ConfigurationError} naming the option that cannot work
 * @see [RFC 9728](https://www.rfc-editor.org/rfc/rfc9728)
 */
export function createRemoteOAuth(options: RemoteOAuthOptions): RemoteOAuth {
  const { provider, now = systemClock, authorizationServerMetadata: known } = options
  if (known && !parseIssuerMetadata(known)) {
    throw new ConfigurationError(
      'authorizationServerMetadata',
      'must be metadata as RFC 8414 has them, with endpoints that are https, or http on a loopback host',
    )
  }
  const baseURL = publicURL('baseUrl', options.baseUrl)
  const issuer = known?.issuer ?? provider.issuers[0]
  const context: ResourceContext = {
    baseURL,
    now,
    emit: safeEmitter(options.onEvent),
    resources: describeResources(options, {
      base: baseURL.replace(/\/$/, ''),
      issuer: publicURL('provider.issuers', issuer),
      defaultScopes: options.defaultScopes ?? provider.scopes,
      checkScopes,
      more: options.resourceMetadata,
    }),
  }
  const tools = createVerifierTools({
    now,
    fetch: options.fetch ?? defaultFetch,
    timeoutSeconds: patience(options.upstreamTimeoutSeconds ?? 5),
    knownMetadata: known,
  })
  const describe = async (signal?: AbortSignal): Promise<IssuerMetadata> => {
    if (known) return known
    return provider.describe ? await provider.describe(tools, signal) : await tools.discover(issuer, { signal })
  }
  const others = (provider.otherAuthorizationServers ?? []).map((other) =>
    publicURL('provider.otherAuthorizationServers', other),
  )
  const verify = createRemoteVerifier(provider.createVerifier(tools), options)
  const pages = { messages: () => englishMessages, renderConsent: undefined }
  return {
    ...createProtectedResource(context, verify, options),
    ...createRouter({ ...context, pages }, remoteRoutes(context, describe, others)),
    metadata: { protectedResource: naming(context.resources[0], issuer, others) },
    async close() {},
    checkProvider: async () =>
      await checkMetadata(async () => await describe(AbortSignal.timeout(startPatience)), provider.displayName, issuer),
  }
}

function createRemoteVerifier(verifier: TokenVerifier, options: SessionOptions): SessionVerifier {
  const forward = createForwarding(options.dangerouslyForwardTokenTo)
  return async (token, description) => {
    const verified = await verifier.verify(token, { resource: description.resource })
    const roles = (await options.roles?.(identityOf(verified))) ?? verified.roles ?? []
    return toSession(verified, token, description, { roles, forward })
  }
}

type Describe = (signal?: AbortSignal) => Promise<IssuerMetadata>

function remoteRoutes(
  context: ResourceContext,
  describe: Describe,
  others: readonly string[],
): ReadonlyMap<string, Route> {
  const document = (handle: Route['handle']): Route => ({ endpoint: 'metadata', method: 'GET', kind: 'api', handle })
  // Clients that know nothing of RFC 9728 look for the authorization server here. The document stays the IdP's own.
  const authorizationServer = document(
    foreignMetadataHandler(async () => {
      try {
        return await describe()
      } catch (cause) {
        throw cause instanceof UpstreamError ? new OAuthError('upstream_unavailable', { cause }) : cause
      }
    }),
  )
  return new Map<string, Route>([
    ...authorizationServerMetadataPaths(context.baseURL).map((at) => [at, authorizationServer] as const),
    // The first resource comes last, so that the bare well-known place is its own.
    ...[...context.resources].reverse().flatMap((description) => {
      const resource = document(foreignMetadataHandler(async () => await advertised(description, describe, others)))
      return protectedResourceMetadataPaths(description.resource, context.baseURL).map((at) => [at, resource] as const)
    }),
  ])
}

/** Names the issuer as the IdP's own metadata do, which clients compare; while they cannot be had, as configured. */
async function advertised(
  description: ProtectedResourceDescription,
  describe: Describe,
  others: readonly string[],
): Promise<ProtectedResourceMetadata> {
  const [configured = ''] = description.metadata.authorization_servers
  try {
    const { issuer } = await describe(AbortSignal.timeout(metadataPatience))
    return naming(description, issuer, others)
  } catch {
    return naming(description, configured, others)
  }
}

function naming(
  { metadata }: ProtectedResourceDescription,
  issuer: string,
  others: readonly string[],
): ProtectedResourceMetadata {
  return { ...metadata, authorization_servers: [...new Set([issuer, ...others])] }
}

function checkScopes(option: string, scopes: readonly string[]): readonly string[] {
  const odd = scopes.find((scope) => !isScopeToken(scope))
  if (odd !== undefined) throw new ConfigurationError(option, `${JSON.stringify(odd)} is not a scope`)
  return scopes
}

function patience(seconds: number): number {
  if (seconds > 0 && seconds <= 60) return seconds
  throw new ConfigurationError('upstreamTimeoutSeconds', 'must be greater than 0 and at most 60 seconds')
}
