/** What a user configures, and the checks on it. @module */
import { ConfigurationError } from '@mcp-auth/core'
import { defaultApiUrl, defaultAuthorizeUrl } from './endpoints.ts'
import { parseDiscordScopes } from './scopes.ts'

/** Options of `discord()`. */
export interface DiscordOptions {
  /** "Application ID" in the [developer portal](https://discord.com/developers/applications). */
  readonly clientId: string
  /** "Client Secret" on the OAuth2 page of the portal. */
  readonly clientSecret: string
  /** Scopes asked for when the MCP client names none. Default: `['identify']`. */
  readonly scopes?: readonly string[] | undefined
  /** Further scopes an MCP client may ask for. Default: none. */
  readonly optionalScopes?: readonly string[] | undefined
  /** `none` skips Discord's page for users who have agreed before; `consent` shows it always. Default: Discord decides. */
  readonly prompt?: 'consent' | 'none' | undefined
  /** Refuse answers of Discord's authorization page that do not name Discord as their issuer. Default: `false`. */
  readonly requireIssuer?: boolean | undefined
  /** Default: `https://discord.com/api/v10`. */
  readonly apiUrl?: string | undefined
  /** Default: `https://discord.com/oauth2/authorize`. */
  readonly authorizeUrl?: string | undefined
  /** `DiscordBot (<url>, <version>)`, if your own product shall appear in Discord's records. */
  readonly userAgent?: string | undefined
}

/** Options after the checks, with every default filled in. */
export interface ParsedDiscordOptions {
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes: readonly string[]
  readonly supportedScopes: readonly string[]
  readonly prompt: 'consent' | 'none' | undefined
  readonly requireIssuer: boolean
  readonly apiUrl: string
  readonly authorizeUrl: string
  readonly userAgent: string
}

/**
 * Discord blocks what does not introduce itself in this form.
 * @see [User Agent](https://docs.discord.com/developers/reference#user-agent)
 */
const userAgentForm = /^DiscordBot \([!-'*+\--~]+, [!-'*+\--~]+\)[ -~]*$/

/** Major version of this package; a test compares it with the manifest. */
const defaultUserAgent = 'DiscordBot (https://www.npmjs.com/package/@mcp-auth/provider-discord, 0)'

/**
 * Checks the options once, at start.
 * @throws {ConfigurationError} naming the option and what would be right
 */
export function parseDiscordOptions(options: DiscordOptions): ParsedDiscordOptions {
  const { clientId, clientSecret, prompt, requireIssuer = false, userAgent = defaultUserAgent } = options
  // As text only: the digits do not fit into a JavaScript number.
  if (typeof clientId !== 'string' || !/^\d{17,20}$/.test(clientId)) {
    throw new ConfigurationError(
      'clientId',
      'must be the Application ID of the Discord developer portal, 17 to 20 digits in a string',
    )
  }
  if (typeof clientSecret !== 'string' || clientSecret === '' || /\s/.test(clientSecret)) {
    throw new ConfigurationError(
      'clientSecret',
      "must be the client secret on the developer portal's OAuth2 page, without spaces",
    )
  }
  if (prompt !== undefined && prompt !== 'consent' && prompt !== 'none') {
    throw new ConfigurationError('prompt', "must be 'consent' or 'none'")
  }
  if (typeof requireIssuer !== 'boolean') throw new ConfigurationError('requireIssuer', 'must be true or false')
  if (typeof userAgent !== 'string' || !userAgentForm.test(userAgent)) {
    throw new ConfigurationError(
      'userAgent',
      "must look like 'DiscordBot (https://my-server.example, 1.0)', or Discord blocks the requests",
    )
  }
  const scopes = parseDiscordScopes('scopes', options.scopes ?? ['identify'])
  if (scopes.length === 0) throw new ConfigurationError('scopes', "must name at least one scope, such as 'identify'")
  const optionalScopes = parseDiscordScopes('optionalScopes', options.optionalScopes ?? [])
  return {
    clientId,
    clientSecret,
    scopes,
    supportedScopes: Object.freeze([...new Set([...scopes, ...optionalScopes])]),
    prompt,
    requireIssuer,
    apiUrl: parseEndpointURL('apiUrl', options.apiUrl ?? defaultApiUrl).replace(/\/+$/, ''),
    authorizeUrl: parseEndpointURL('authorizeUrl', options.authorizeUrl ?? defaultAuthorizeUrl),
    userAgent,
  }
}

function parseEndpointURL(option: string, value: string): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (!url) throw new ConfigurationError(option, `must be an absolute URL, such as ${defaultApiUrl}`)
  const isLoopback = url.hostname === 'localhost' || url.hostname === '127.0.0.1' || url.hostname === '[::1]'
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    throw new ConfigurationError(option, 'must begin with https://; http:// is for a loopback address only')
  }
  if (url.username !== '' || url.password !== '' || /[?#]/.test(value)) {
    throw new ConfigurationError(option, 'must have no user name, query or fragment')
  }
  return value
}
