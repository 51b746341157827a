/** What a user configures, and the checks on it. @module */
import { ConfigurationError } from '@mcp-auth/core'
import { buildGitHubEndpoints, defaultApiUrl, defaultBaseUrl, type GitHubEndpoints } from './endpoints.ts'
import { appScope, parseGitHubScopes } from './scopes.ts'

/** Options of `github()`. */
export interface GitHubOptions {
  /** "Client ID" of the app in the [developer settings](https://github.com/settings/developers). Not the "App ID". */
  readonly clientId: string
  /** A "Client secret" of the same app. */
  readonly clientSecret: string
  /**
   * `oauth-app`: the user grants scopes, tokens usually do not expire. `github-app`: the app has permissions and reaches
   * what it is installed on, scopes mean nothing, tokens last 8 hours and are refreshed. Default: `oauth-app`.
   * @see [Differences](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/differences-between-github-apps-and-oauth-apps)
   */
  readonly kind?: 'oauth-app' | 'github-app' | undefined
  /**
   * Scopes asked for when the MCP client names none. Default: `['read:user']`; for a GitHub App `['github']`, where
   * they are names of your own that GitHub ignores.
   */
  readonly scopes?: readonly string[] | undefined
  /** Further scopes an MCP client may ask for. Default: none. */
  readonly optionalScopes?: readonly string[] | undefined
  /**
   * Looks up the primary address. Default: if scope `user:email` or `user` was granted. A GitHub App has no scopes and
   * needs `true` here and the account permission "Email addresses: read".
   */
  readonly email?: boolean | undefined
  /**
   * Only active members of one of these organizations get in. An OAuth App then always asks for scope `read:org`;
   * a GitHub App needs the organization permission "Members: read", and must be installed there.
   */
  readonly organizations?: readonly string[] | undefined
  /** `select_account` lets the user choose among several accounts. Default: GitHub decides. */
  readonly prompt?: 'select_account' | undefined
  /** Lets people without an account create one on the way. Default: GitHub's, `true`. */
  readonly allowSignup?: boolean | undefined
  /** Refuse answers of GitHub's page that do not name GitHub as their issuer. Default: `false`. */
  readonly requireIssuer?: boolean | undefined
  /** The website, for GitHub Enterprise: `https://ghe.example.com`. Default: `https://github.com`. */
  readonly baseUrl?: string | undefined
  /** The API. Default: the one that belongs to {@link baseUrl}. */
  readonly apiUrl?: string | undefined
  /** GitHub refuses API requests without one. Default: the name of this package. */
  readonly userAgent?: string | undefined
}

/** Options after the checks, with every default filled in. */
export interface ParsedGitHubOptions {
  readonly clientId: string
  readonly clientSecret: string
  readonly isGitHubApp: boolean
  readonly scopes: readonly string[]
  readonly supportedScopes: readonly string[]
  readonly identityScopes: readonly string[]
  readonly email: boolean | undefined
  readonly organizations: readonly string[]
  readonly authorizationParameters: Readonly<Record<string, string>>
  readonly requireIssuer: boolean
  readonly endpoints: GitHubEndpoints
  readonly userAgent: string
}

/** A login: letters, digits and single hyphens, and `_` in names of managed users. */
const loginForm = /^[a-z\d](?:[a-z\d_-]{0,98}[a-z\d_])?$/i

const defaultUserAgent = '@mcp-auth/provider-github'

/**
 * Checks the options once, at start.
 * @throws {ConfigurationError} naming the option and what would be right
 */
export function parseGitHubOptions(options: GitHubOptions): ParsedGitHubOptions {
  const { clientId, clientSecret, kind = 'oauth-app', prompt, allowSignup, userAgent = defaultUserAgent } = options
  // An App ID is a number; a client ID begins with letters, or is 20 hexadecimal digits.
  if (typeof clientId !== 'string' || !/^[\w.]{8,64}$/.test(clientId) || /^\d{1,15}$/.test(clientId)) {
    throw new ConfigurationError(
      'clientId',
      "must be the app's Client ID, such as 'Ov23li…' or 'Iv23li…', not its App ID",
    )
  }
  if (typeof clientSecret !== 'string' || clientSecret === '' || /\s/.test(clientSecret)) {
    throw new ConfigurationError('clientSecret', 'must be a client secret of the app, without spaces')
  }
  if (kind !== 'oauth-app' && kind !== 'github-app') {
    throw new ConfigurationError('kind', "must be 'oauth-app' or 'github-app'")
  }
  if (prompt !== undefined && prompt !== 'select_account') {
    throw new ConfigurationError('prompt', "must be 'select_account'")
  }
  if (typeof userAgent !== 'string' || !/^[!-~][ -~]*$/.test(userAgent)) {
    throw new ConfigurationError('userAgent', 'must be a name in plain characters, such as my-server')
  }
  const organizations = parseOrganizations(options.organizations)
  const baseUrl = parseEndpointURL('baseUrl', options.baseUrl ?? defaultBaseUrl)
  const apiUrl = parseEndpointURL('apiUrl', options.apiUrl ?? defaultApiUrl(baseUrl))
  const isGitHubApp = kind === 'github-app'
  return {
    clientId,
    clientSecret,
    isGitHubApp,
    ...parseScopes(options, isGitHubApp),
    identityScopes: Object.freeze(organizations.length > 0 && !isGitHubApp ? ['read:org'] : []),
    email: parseFlag('email', options.email),
    organizations,
    authorizationParameters: Object.freeze({
      ...(prompt === undefined ? {} : { prompt }),
      ...(parseFlag('allowSignup', allowSignup) === undefined ? {} : { allow_signup: String(allowSignup) }),
    }),
    requireIssuer: parseFlag('requireIssuer', options.requireIssuer) ?? false,
    endpoints: buildGitHubEndpoints(baseUrl, apiUrl, clientId),
    userAgent,
  }
}

function parseScopes(
  options: GitHubOptions,
  isGitHubApp: boolean,
): Pick<ParsedGitHubOptions, 'scopes' | 'supportedScopes'> {
  const scopes = parseGitHubScopes('scopes', options.scopes ?? [isGitHubApp ? appScope : 'read:user'])
  if (scopes.length === 0) throw new ConfigurationError('scopes', "must name at least one scope, such as 'read:user'")
  const optionalScopes = parseGitHubScopes('optionalScopes', options.optionalScopes ?? [])
  return { scopes, supportedScopes: Object.freeze([...new Set([...scopes, ...optionalScopes])]) }
}

function parseOrganizations(given: readonly string[] | undefined): readonly string[] {
  if (given === undefined) return Object.freeze([])
  const list: unknown = given
  // An empty list could mean nobody or everybody: whoever wants everybody leaves it out.
  const isList = Array.isArray(list) && list.length > 0
  if (isList && given.every((name) => typeof name === 'string' && loginForm.test(name))) {
    return Object.freeze([...new Set(given)])
  }
  throw new ConfigurationError('organizations', "must be a list of organization names, such as ['octo-org']")
}

function parseFlag(option: string, value: boolean | undefined): boolean | undefined {
  if (value !== undefined && typeof value !== 'boolean') throw new ConfigurationError(option, 'must be true or false')
  return value
}

function parseEndpointURL(option: string, value: string): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (!url) throw new ConfigurationError(option, `must be an absolute URL, such as ${defaultBaseUrl}`)
  const isLoopback = url.hostname === 'localhost' || url.hostname === '127.0.0.1' || url.hostname === '[::1]'
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    throw new ConfigurationError(option, 'must begin with https://; http:// is for a loopback address only')
  }
  if (url.username !== '' || url.password !== '' || /[?#]/.test(value)) {
    throw new ConfigurationError(option, 'must have no user name, query or fragment')
  }
  return value.replace(/\/+$/, '')
}
