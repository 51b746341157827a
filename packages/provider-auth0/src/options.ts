/** What a user configures for the proxy, and the checks on it. @module */
import { ConfigurationError } from '@mcp-auth/core'
import {
  type Auth0ClaimOptions,
  type ParsedClaimOptions,
  parseClaimOptions,
  parseScopes,
  parseText,
} from './common-options.ts'
import { type Auth0Addresses, parseDomain } from './domain.ts'

/** Options of `auth0()`. */
export interface Auth0Options extends Auth0ClaimOptions {
  /** "Client ID" of a Regular Web Application. */
  readonly clientId: string
  /** "Client Secret" of the application. */
  readonly clientSecret: string
  /** Identifier of an API of yours that tools call with the user's token. Without it the token is opaque, and only for Auth0's own profile endpoint. */
  readonly audience?: string | undefined
  /** Scopes asked for when the MCP client names none. Default: `['openid', 'profile', 'email']`. */
  readonly scopes?: readonly string[] | undefined
  /** Further scopes an MCP client may ask for. Default: none. */
  readonly optionalScopes?: readonly string[] | undefined
  /** Plain words for the consent page, by scope. */
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined
  /** Sends users straight to one connection, such as `google-oauth2`. */
  readonly connection?: string | undefined
  /** Which of Auth0's pages are shown even to users who are signed in. Default: Auth0 decides. */
  readonly prompt?: 'login' | 'consent' | 'select_account' | undefined
  /** "Token Endpoint Authentication Method" of the application. Default: `client_secret_post`, as Auth0's. */
  readonly tokenEndpointAuthMethod?: 'client_secret_post' | 'client_secret_basic' | undefined
  /**
   * "Refresh Token Revocation Deletes Grant" of the tenant: a revocation then ends every client of the user. Default:
   * `false`, as for tenants made since January 2021.
   */
  readonly revocationDeletesGrant?: boolean | undefined
}

/** Options after the checks, with every default filled in. */
export interface ParsedAuth0Options extends Auth0Addresses, ParsedClaimOptions {
  readonly clientId: string
  readonly clientSecret: string
  readonly audience: string | undefined
  readonly scopes: readonly string[]
  readonly supportedScopes: readonly string[]
  readonly authorizationParameters: Readonly<Record<string, string>>
  readonly tokenEndpointAuthMethod: 'client_secret_post' | 'client_secret_basic'
  readonly revocationDeletesGrant: boolean
}

const prompts: readonly (string | undefined)[] = [undefined, 'login', 'consent', 'select_account']

/**
 * Checks the options once, at start.
 * @throws {ConfigurationError} naming the option and what would be right
 */
export function parseAuth0Options(options: Auth0Options): ParsedAuth0Options {
  const { tokenEndpointAuthMethod = 'client_secret_post', revocationDeletesGrant = false } = options
  const clientId = parseText('clientId', options.clientId, 'the Client ID of the application')
  const clientSecret = parseText('clientSecret', options.clientSecret, 'the Client Secret of the application')
  if (clientId === undefined) throw new ConfigurationError('clientId', 'must be the Client ID of the application')
  if (clientSecret === undefined) {
    throw new ConfigurationError('clientSecret', 'must be the Client Secret of the application')
  }
  if (!['client_secret_post', 'client_secret_basic'].includes(tokenEndpointAuthMethod)) {
    throw new ConfigurationError('tokenEndpointAuthMethod', "must be 'client_secret_post' or 'client_secret_basic'")
  }
  if (typeof revocationDeletesGrant !== 'boolean') {
    throw new ConfigurationError('revocationDeletesGrant', 'must be true or false')
  }
  const scopes = parseOwnScopes('scopes', options.scopes ?? ['openid', 'profile', 'email'])
  if (scopes.length === 0) throw new ConfigurationError('scopes', "must name at least one scope, such as 'openid'")
  const claims = parseClaimOptions(options)
  const audience = parseText('audience', options.audience, 'the identifier of an API')
  assertPermissions(claims, audience)
  return {
    ...parseDomain(options.domain),
    ...claims,
    clientId,
    clientSecret,
    audience,
    scopes,
    supportedScopes: Object.freeze([
      ...new Set([...scopes, ...parseOwnScopes('optionalScopes', options.optionalScopes ?? [])]),
    ]),
    authorizationParameters: buildParameters(options, audience, claims.organization),
    tokenEndpointAuthMethod,
    revocationDeletesGrant,
  }
}

function assertPermissions({ permissions }: ParsedClaimOptions, audience: string | undefined): void {
  if (permissions === 'scopes') {
    throw new ConfigurationError(
      'permissions',
      "cannot be 'scopes' here: what a sign-in is granted is what Auth0's answer names, which RBAC has limited already",
    )
  }
  if (permissions === 'roles' && audience === undefined) {
    throw new ConfigurationError('permissions', 'are of an API: name its audience')
  }
}

function parseOwnScopes(option: string, scopes: readonly string[]): readonly string[] {
  const parsed = parseScopes(option, scopes)
  if (!parsed.includes('offline_access')) return parsed
  throw new ConfigurationError(option, 'offline_access is asked for always. Leave it out')
}

function buildParameters(
  { connection, prompt }: Auth0Options,
  audience: string | undefined,
  organization: string | undefined,
): Readonly<Record<string, string>> {
  if (!prompts.includes(prompt)) {
    throw new ConfigurationError('prompt', "must be 'login', 'consent' or 'select_account'")
  }
  parseText('connection', connection, 'the name of a connection')
  return Object.freeze({
    ...(audience === undefined ? {} : { audience }),
    ...(organization === undefined ? {} : { organization }),
    ...(connection === undefined ? {} : { connection }),
    ...(prompt === undefined ? {} : { prompt }),
  })
}
