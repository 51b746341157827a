/** What a user configures, and the checks on it. @module */
import { ConfigurationError } from '@mcp-auth/core'
import { defaultEndpoints, type GoogleEndpoints } from './endpoints.ts'
import { parseGoogleScopes } from './scopes.ts'

/** What Google's page asks. */
export type GooglePrompt = 'none' | 'consent' | 'select_account'

/** Options of `google()`. */
export interface GoogleOptions {
  /** "Client ID" of an OAuth client of type "Web application" in the [Google Cloud console](https://console.cloud.google.com/apis/credentials). */
  readonly clientId: string
  /** "Client secret" of the same client. */
  readonly clientSecret: string
  /** Scopes asked for when the MCP client names none. Default: `['openid', 'email', 'profile']`. */
  readonly scopes?: readonly string[] | undefined
  /** Further scopes an MCP client may ask for. Default: none. */
  readonly optionalScopes?: readonly string[] | undefined
  /** Only users of this Google Workspace domain get in, such as `example.com`. Default: everybody with a Google account. */
  readonly hostedDomain?: string | undefined
  /**
   * Asks for a refresh token. Google gives one only on a consent page, so that `prompt` always contains `consent`.
   * Without one a session ends with Google's access token, after an hour. Default: `true`.
   */
  readonly offlineAccess?: boolean | undefined
  /** What Google's page asks; several in a list. Default: Google decides, within `offlineAccess`. */
  readonly prompt?: GooglePrompt | readonly GooglePrompt[] | undefined
  /** Further parameters of the authorization request, such as `login_hint` or `include_granted_scopes`. */
  readonly authorizationParameters?: Readonly<Record<string, string>> | undefined
  /** Refuse answers of Google's page that do not name Google as their issuer. Default: `false`. */
  readonly requireIssuer?: boolean | undefined
  /** Other addresses, for tests and proxies. What is left out is Google's. */
  readonly endpoints?: Partial<GoogleEndpoints> | undefined
}

/** Options after the checks, with every default filled in. */
export interface ParsedGoogleOptions {
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes: readonly string[]
  readonly supportedScopes: readonly string[]
  readonly hostedDomain: string | undefined
  readonly authorizationParameters: Readonly<Record<string, string>>
  readonly requireIssuer: boolean
  readonly endpoints: GoogleEndpoints
}

const prompts: readonly string[] = ['none', 'consent', 'select_account']

/** Parameters that another option or the sign-in itself decides. */
const decidedElsewhere: Readonly<Record<string, string>> = {
  access_type: 'use offlineAccess',
  prompt: 'use prompt',
  hd: 'use hostedDomain',
  scope: 'use scopes',
  ...Object.fromEntries(
    [
      'response_type',
      'response_mode',
      'client_id',
      'redirect_uri',
      'state',
      'nonce',
      'code_challenge',
      'code_challenge_method',
    ].map((name) => [name, 'every sign-in has its own']),
  ),
}

const hostName = /^(?=.{1,253}$)(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z\d-]{2,63}$/

/**
 * Checks the options once, at start.
 * @throws {ConfigurationError} naming the option and what would be right
 */
export function parseGoogleOptions(options: GoogleOptions): ParsedGoogleOptions {
  const { clientId, clientSecret, hostedDomain, offlineAccess = true, requireIssuer = false } = options
  if (typeof clientId !== 'string' || !/^[\w.-]+\.apps\.googleusercontent\.com$/.test(clientId)) {
    throw new ConfigurationError('clientId', 'must be the client ID, which ends with .apps.googleusercontent.com')
  }
  if (typeof clientSecret !== 'string' || clientSecret === '' || /\s/.test(clientSecret)) {
    throw new ConfigurationError('clientSecret', 'must be the client secret of the OAuth client, without spaces')
  }
  if (hostedDomain !== undefined && !(typeof hostedDomain === 'string' && hostName.test(hostedDomain))) {
    throw new ConfigurationError('hostedDomain', "must be a domain in lower case, such as 'example.com'")
  }
  if (typeof offlineAccess !== 'boolean') throw new ConfigurationError('offlineAccess', 'must be true or false')
  if (typeof requireIssuer !== 'boolean') throw new ConfigurationError('requireIssuer', 'must be true or false')
  const scopes = parseGoogleScopes('scopes', options.scopes ?? ['openid', 'email', 'profile'])
  if (scopes.length === 0) throw new ConfigurationError('scopes', "must name at least one scope, such as 'openid'")
  const optionalScopes = parseGoogleScopes('optionalScopes', options.optionalScopes ?? [])
  return {
    clientId,
    clientSecret,
    scopes,
    supportedScopes: Object.freeze([...new Set([...scopes, ...optionalScopes])]),
    hostedDomain,
    authorizationParameters: Object.freeze({
      ...parseParameters(options.authorizationParameters ?? {}),
      ...promptParameter(options.prompt, offlineAccess),
      ...(offlineAccess ? { access_type: 'offline' } : {}),
      ...(hostedDomain === undefined ? {} : { hd: hostedDomain }),
    }),
    requireIssuer,
    endpoints: parseEndpoints(options.endpoints ?? {}),
  }
}

function promptParameter(given: GoogleOptions['prompt'], offlineAccess: boolean): { readonly prompt?: string } {
  const list: readonly unknown[] = given === undefined ? [] : Array.isArray(given) ? given : [given]
  const names = list.filter((name): name is string => typeof name === 'string' && prompts.includes(name))
  if (names.length < list.length) {
    throw new ConfigurationError('prompt', "must be 'none', 'consent' or 'select_account', or a list of the latter two")
  }
  const asked = [...new Set([...(offlineAccess ? ['consent'] : []), ...names])]
  if (asked.includes('none') && asked.length > 1) {
    throw new ConfigurationError(
      'prompt',
      "'none' excludes every other prompt, and the consent that offlineAccess needs: set offlineAccess to false",
    )
  }
  return asked.length === 0 ? {} : { prompt: asked.join(' ') }
}

function parseParameters(given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(given)) {
    const reason = Object.hasOwn(decidedElsewhere, name) ? decidedElsewhere[name] : undefined
    if (reason !== undefined)
      throw new ConfigurationError('authorizationParameters', `must not hold ${name}: ${reason}`)
    if (typeof value !== 'string') throw new ConfigurationError('authorizationParameters', `${name} must be a text`)
  }
  return given
}

function parseEndpoints(given: Partial<GoogleEndpoints>): GoogleEndpoints {
  const at = (name: keyof GoogleEndpoints): string =>
    parseEndpointURL(`endpoints.${name}`, given[name] ?? defaultEndpoints[name])
  return {
    authorization: at('authorization'),
    token: at('token'),
    revocation: at('revocation'),
    userinfo: at('userinfo'),
    jwks: at('jwks'),
  }
}

function parseEndpointURL(option: string, value: string): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (!url) throw new ConfigurationError(option, `must be an absolute URL, such as ${defaultEndpoints.token}`)
  const isLoopback = url.hostname === 'localhost' || url.hostname === '127.0.0.1' || url.hostname === '[::1]'
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback)) {
    throw new ConfigurationError(option, 'must begin with https://; http:// is for a loopback address only')
  }
  if (url.username !== '' || url.password !== '' || /[?#]/.test(value)) {
    throw new ConfigurationError(option, 'must have no user name, query or fragment')
  }
  return value
}
