/** What a user configures, and the checks on it. @module */
import { ConfigurationError } from '@mcp-auth/core'
import type { GroupsResolver } from './identity.ts'
import { type EntraScopes, parseEntraScopes } from './scopes.ts'
import { type EntraTenantOptions, type EntraTenants, isGUID, parseTenants } from './tenants.ts'

/** Options of `entra()`. */
export interface EntraOptions extends EntraTenantOptions {
  /** Application (client) ID of the app registration, a GUID. */
  readonly clientId: string
  /** The *value* of a client secret, not its id. */
  readonly clientSecret: string
  /**
   * Scopes asked for when the MCP client names none: short names for those that your app registration exposes
   * (`mcp.read`), whole ones for another resource (`https://graph.microsoft.com/User.Read`), of one resource in all.
   * Default: `['openid', 'profile', 'email']`.
   */
  readonly scopes?: readonly string[] | undefined
  /** Further scopes an MCP client may ask for. Default: none. */
  readonly optionalScopes?: readonly string[] | undefined
  /** Application ID URI of the app registration. Default: `api://` and the client id. */
  readonly applicationIdUri?: string | undefined
  /** Plain words for the consent page, by scope. */
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined
  /** Which of Entra's pages are shown even to users who are signed in. Default: Entra decides. */
  readonly prompt?: 'login' | 'select_account' | 'consent' | undefined
  /** A domain whose users need not be asked where their account is. */
  readonly domainHint?: string | undefined
  /** Finds the groups of a user who is in more than a token can name. Default: none, and the claims say so. */
  readonly resolveGroups?: GroupsResolver | undefined
}

/** Options after the checks, with every default filled in. */
export interface ParsedEntraOptions extends EntraTenants, EntraScopes {
  readonly clientId: string
  readonly clientSecret: string
  readonly authorizationParameters: Readonly<Record<string, string>>
  readonly resolveGroups: GroupsResolver | undefined
}

const prompts: readonly (string | undefined)[] = [undefined, 'login', 'select_account', 'consent']

/**
 * Checks the options once, at start.
 * @throws {ConfigurationError} naming the option and what would be right
 */
export function parseEntraOptions(options: EntraOptions): ParsedEntraOptions {
  const { clientSecret, prompt, domainHint, resolveGroups } = options
  const clientId = parseClientId(options.clientId)
  if (typeof clientSecret !== 'string' || clientSecret === '' || /\s/.test(clientSecret)) {
    throw new ConfigurationError('clientSecret', 'must be the value of a client secret, without spaces')
  }
  if (isGUID(clientSecret)) {
    throw new ConfigurationError('clientSecret', 'is the id of a secret; Entra shows its value once, when it is made')
  }
  if (!prompts.includes(prompt)) {
    throw new ConfigurationError('prompt', "must be 'login', 'select_account' or 'consent'")
  }
  if (domainHint !== undefined && (typeof domainHint !== 'string' || !/^[\w.-]+$/.test(domainHint))) {
    throw new ConfigurationError('domainHint', "must be a domain, such as 'contoso.com'")
  }
  if (resolveGroups !== undefined && typeof resolveGroups !== 'function') {
    throw new ConfigurationError('resolveGroups', 'must be a function')
  }
  return {
    ...parseTenants(options),
    ...parseEntraScopes(options, parseApplicationIdUri(options.applicationIdUri, clientId)),
    clientId,
    clientSecret,
    authorizationParameters: Object.freeze({
      ...(prompt === undefined ? {} : { prompt }),
      ...(domainHint === undefined ? {} : { domain_hint: domainHint }),
    }),
    resolveGroups,
  }
}

/** @throws {ConfigurationError} */
export function parseClientId(clientId: string): string {
  if (isGUID(clientId)) return clientId.toLowerCase()
  throw new ConfigurationError('clientId', 'must be the Application (client) ID of the app registration, a GUID')
}

/** @throws {ConfigurationError} */
export function parseApplicationIdUri(uri: string | undefined, clientId: string): string {
  if (uri === undefined) return `api://${clientId}`
  if (typeof uri === 'string' && /^[a-z][a-z\d+.-]*:\/\/[!#-[\]-~]*[^/\s]$/i.test(uri)) return uri
  throw new ConfigurationError(
    'applicationIdUri',
    `must be a URI without a slash at the end, such as api://${clientId}`,
  )
}
