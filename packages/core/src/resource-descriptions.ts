/** From options to resources. @module */
import { ConfigurationError } from './errors.ts'
import type { ProtectedResourceDescription } from './handlers/context.ts'
import type { ResourceOptions } from './oauth-proxy-options.ts'
import { buildProtectedResourceMetadata } from './protocol/protected-resource-metadata.ts'
import { isPublishableURL, isSecureURL, parsePlainURI } from './protocol/uri.ts'
import { getProtectedResourceMetadataURL } from './protocol/well-known.ts'

/** What the resources of a server have in common. */
export interface SharedDescription {
  /** Public URL of the server, without a slash at the end. */
  readonly base: string
  /** Who issues the tokens. */
  readonly issuer: string
  readonly defaultScopes: readonly string[]
  /** Gives the scopes back. @throws {ConfigurationError} naming the option */
  readonly checkScopes: (option: string, scopes: readonly string[]) => readonly string[]
  /** Further members of the metadata. */
  readonly more?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Describes the resources, the first one first.
 * @throws {ConfigurationError} naming the option that cannot work
 */
export function describeResources(
  options: {
    readonly resource?: string | undefined
    readonly otherResources?: readonly ResourceOptions[]
    readonly serviceName?: string
  },
  shared: SharedDescription,
): readonly [ProtectedResourceDescription, ...ProtectedResourceDescription[]] {
  const describe = (
    option: string,
    url: string,
    scopes = shared.defaultScopes,
    name = options.serviceName,
  ): ProtectedResourceDescription => {
    const resource = publicURL(option, url)
    const metadata = buildProtectedResourceMetadata({ resource, issuer: shared.issuer, scopes, name })
    return {
      resource,
      scopes: shared.checkScopes(option, scopes),
      metadata: { ...shared.more, ...metadata },
      metadataURL: getProtectedResourceMetadataURL(resource),
    }
  }
  const first = describe('resource', options.resource ?? `${shared.base}/mcp`)
  const others = (options.otherResources ?? []).map(({ resource, scopes, name }) =>
    describe('otherResources', resource, scopes, name),
  )
  const all = [first, ...others].map(({ metadataURL }) => metadataURL)
  if (new Set(all).size !== all.length) {
    throw new ConfigurationError('otherResources', 'two resources have the same URL')
  }
  return [first, ...others]
}

/**
 * Checks a public URL of ours, and gives it back as it is written.
 * @throws {ConfigurationError} naming the option
 */
export function publicURL(option: string, value: string): string {
  const url = parsePlainURI(value)
  if (!url || value.includes('?') || value.includes('#')) {
    throw new ConfigurationError(
      option,
      'must be an absolute URL without query and fragment, such as https://mcp.example.com',
    )
  }
  if (!isSecureURL(url)) throw new ConfigurationError(option, 'must be https, or http on a loopback host')
  if (!isPublishableURL(value)) throw new ConfigurationError(option, 'may hold only letters, digits and - . _ ~ : /')
  return value
}
