/** What a user configures for tokens that MCP clients get from Entra ID themselves. @module */
import { ConfigurationError } from '@mcp-auth/core'
import { parseApplicationIdUri, parseClientId } from './options.ts'
import { type EntraTenantOptions, type EntraTenants, parseTenants } from './tenants.ts'

/** Options of `remoteEntra()`. */
export interface RemoteEntraOptions extends EntraTenantOptions {
  /** Application (client) ID of the app registration that stands for this server, a GUID. */
  readonly clientId: string
  /** Its Application ID URI. Default: `api://` and the client id. */
  readonly applicationIdUri?: string | undefined
  /**
   * `api.requestedAccessTokenVersion` in the manifest of the app registration: tokens of the other version are refused.
   * Default: both are taken, each by its own rules.
   */
  readonly accessTokenVersion?: 1 | 2 | undefined
  /** Scopes that clients are told to ask for, by short name. Default: all that were agreed to, `.default`. */
  readonly scopes?: readonly string[] | undefined
  /**
   * Takes tokens that an application got for itself, without a user. Any application of the tenant can get one, unless
   * "assignment required" is set: let roles decide what they may do. Default: `false`.
   */
  readonly allowApplicationTokens?: boolean | undefined
}

/** Options after the checks, with every default filled in. */
export interface ParsedRemoteEntraOptions extends EntraTenants {
  readonly clientId: string
  readonly applicationIdUri: string
  readonly versions: readonly (1 | 2)[]
  /** As Entra wants to be asked. */
  readonly scopes: readonly string[]
  readonly allowApplicationTokens: boolean
}

/**
 * Checks the options once, at start.
 * @throws {ConfigurationError} naming the option and what would be right
 */
export function parseRemoteEntraOptions(options: RemoteEntraOptions): ParsedRemoteEntraOptions {
  const { accessTokenVersion, scopes = ['.default'], allowApplicationTokens = false } = options
  const clientId = parseClientId(options.clientId)
  const applicationIdUri = parseApplicationIdUri(options.applicationIdUri, clientId)
  if (accessTokenVersion !== undefined && accessTokenVersion !== 1 && accessTokenVersion !== 2) {
    throw new ConfigurationError('accessTokenVersion', 'must be 1 or 2; leave it out to take both')
  }
  if (typeof allowApplicationTokens !== 'boolean') {
    throw new ConfigurationError('allowApplicationTokens', 'must be true or false')
  }
  if (!Array.isArray(scopes) || scopes.length === 0) {
    throw new ConfigurationError('scopes', "must be a list, such as ['mcp.read']")
  }
  return {
    ...parseTenants(options),
    clientId,
    applicationIdUri,
    versions: accessTokenVersion === undefined ? [1, 2] : [accessTokenVersion],
    scopes: Object.freeze(scopes.map((scope) => completeScope(scope, applicationIdUri))),
    allowApplicationTokens,
  }
}

function completeScope(scope: unknown, applicationIdUri: string): string {
  if (typeof scope !== 'string' || !/^[!#-[\]-~]+$/.test(scope)) {
    throw new ConfigurationError('scopes', `${JSON.stringify(scope)} is not a scope`)
  }
  if (scope.startsWith(`${applicationIdUri}/`)) return scope
  if (!scope.includes('://')) return `${applicationIdUri}/${scope}`
  throw new ConfigurationError('scopes', `${scope} is of another resource: its tokens would not be for this server`)
}
