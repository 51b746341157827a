/** Protected resource metadata — RFC 9728. @module */
import { assertPublishable } from './uri.ts'

/** Document of [RFC 9728 §2](https://www.rfc-editor.org/rfc/rfc9728#section-2). */
export interface ProtectedResourceMetadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly scopes_supported?: readonly string[]
  readonly bearer_methods_supported: readonly string[]
  readonly resource_name?: string
}

/**
 * Builds the document. `scopes` is the base set a client needs to start, not the catalogue, and never holds
 * `offline_access`: that is between client and authorization server.
 * @throws {TypeError} for a URL that a careless client could hand to a shell or a script
 */
export function buildProtectedResourceMetadata(options: {
  readonly resource: string
  readonly issuer: string
  readonly scopes: readonly string[]
  readonly name?: string | undefined
}): ProtectedResourceMetadata {
  assertPublishable(options.resource, options.issuer)
  const scopes = options.scopes.filter((scope) => scope !== 'offline_access')
  return {
    resource: options.resource,
    authorization_servers: [options.issuer],
    ...(scopes.length > 0 ? { scopes_supported: scopes } : {}),
    bearer_methods_supported: ['header'],
    ...(options.name === undefined ? {} : { resource_name: options.name }),
  }
}
