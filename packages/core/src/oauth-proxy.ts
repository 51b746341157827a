/** `createOAuthProxy`: the authorization server in front of an identity provider (IdP) that knows nothing of MCP. @module */
import { createProtectedResource } from './handlers/protected-resource.ts'
import { proxyRoutes } from './handlers/proxy-routes.ts'
import { createRouter } from './handlers/router.ts'
import { createSessionVerifier } from './handlers/session-verifier.ts'
import { createReplaceableKeys } from './keys/replaceable-keys.ts'
import type { McpAuth } from './mcp-auth.ts'
import { checkMetadata } from './metadata-check.ts'
import type { OAuthProxyOptions } from './oauth-proxy-options.ts'
import type { AuthorizationServerMetadata } from './protocol/authorization-server-metadata.ts'
import type { ProtectedResourceMetadata } from './protocol/protected-resource-metadata.ts'
import { createProxyContext } from './proxy-context.ts'
import { safeEmitter, systemClock } from './surroundings.ts'

/** An authorization server and the protected resource behind it. */
export interface OAuthProxy extends McpAuth {
  readonly metadata: {
    readonly authorizationServer: AuthorizationServerMetadata
    /** Of `resource`; each of `otherResources` has its own document at its own well-known place. */
    readonly protectedResource: ProtectedResourceMetadata
  }
  /**
   * Rotates the root secret while serving: the first secret of the new ring signs and seals from now on, and what
   * only a secret left out could open is void.
   * @throws {ConfigurationError} and keeps the old ring
   */
  replaceSecret(secret: string | readonly string[]): Promise<void>
}

/**
 * Creates an OAuth proxy.
 * @throws {ConfigurationError} naming the option that cannot work
 */
export function createOAuthProxy(options: OAuthProxyOptions): OAuthProxy {
  const { secret, signingKeys, store, now = systemClock } = options
  const emit = safeEmitter(options.onEvent)
  const warn = (message: string): void =>
    emit({ type: 'configuration.warning', time: Math.round(now() * 1000), message })
  const { keys, replace } = createReplaceableKeys({ secret, signingKeys, isStored: store !== undefined, warn })
  const context = createProxyContext(options, keys)
  return {
    ...createProtectedResource(context, createSessionVerifier(context, options), options),
    ...createRouter(context, proxyRoutes(context)),
    metadata: {
      authorizationServer: context.authorizationServerMetadata,
      protectedResource: context.resources[0].metadata,
    },
    replaceSecret: replace,
    async close() {
      await Promise.all([context.tokens.flush(), context.upstreamAccess.flush()])
    },
    checkProvider: async () =>
      await checkMetadata(
        async () => await context.upstream.endpoints(),
        context.provider.displayName,
        'the configured issuer',
      ),
  }
}
