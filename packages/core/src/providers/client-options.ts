/** Options that every generic provider has: our application at the identity provider (IdP), and what is asked for. @module */
import { ConfigurationError } from '../errors.ts'
import { isScopeToken } from '../protocol/scope.ts'
import { isSecureURL } from '../protocol/uri.ts'
import type { ProviderDescription, UpstreamErrorResponse, UpstreamFailure } from '../provider.ts'
import { classifyOAuthError } from './classify-oauth-error.ts'

/** Options of `oidc` and `oauth2` alike. */
export interface ClientOptions {
  /** Id of our application at the IdP. */
  readonly clientId: string
  /** Default: none, for a public client. */
  readonly clientSecret?: string | undefined
  /** How the secret travels. Default: `client_secret_basic`, or `none` without a secret. */
  readonly tokenEndpointAuthMethod?: 'client_secret_basic' | 'client_secret_post' | 'none' | undefined
  /** Further scopes a client may ask for. Default: none. */
  readonly optionalScopes?: readonly string[] | undefined
  /** Plain words for the consent page, by scope. */
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined
  /** Parameters added to every authorization request, such as `prompt`. They cannot replace one of the protocol. */
  readonly authorizationParameters?: Readonly<Record<string, string>> | undefined
  /** Parameters added to every token request, the refreshing ones included. */
  readonly tokenParameters?: Readonly<Record<string, string>> | undefined
  /** Refuse an authorization response without `iss`, [RFC 9207](https://www.rfc-editor.org/rfc/rfc9207). */
  readonly requireIssuer?: boolean | undefined
  /** Sends the granted scopes again on refresh, where the IdP insists on it. Default `false`. */
  readonly refreshSendsScope?: boolean | undefined
  /** `true` where revoking one token ends every token of this user and application. Default `false`. */
  readonly revocationIsUserWide?: boolean | undefined
  /** Headers of every call to the IdP, such as a User-Agent it insists on. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Short stable name, for events and logs. */
  readonly name?: string | undefined
  /** How people know the IdP. */
  readonly displayName?: string | undefined
  /** Judges failed answers of an IdP that has words of its own; `undefined`: as `classifyOAuthError` does, the default. Must not throw. */
  readonly classifyError?: ((response: UpstreamErrorResponse) => UpstreamFailure | undefined) | undefined
  /** What stands between scopes in requests, for an IdP that departs from [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3). Default: a space. In answers both are understood. */
  readonly scopeSeparator?: ' ' | ',' | undefined
}

/** What {@link describeClient} gives: a provider but for what finds out who the user is. */
export type ClientDescription = Omit<ProviderDescription, 'identify' | 'identityScopes'>

/** Parameters of the authorization request that are ours to set. */
const authorizationNames = [
  'client_id',
  'code_challenge',
  'code_challenge_method',
  'nonce',
  'redirect_uri',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
  'scope',
  'state',
]

/** Parameters of token requests that are ours to set. */
const tokenNames = [
  'client_assertion',
  'client_assertion_type',
  'client_id',
  'client_secret',
  'code',
  'code_verifier',
  'grant_type',
  'redirect_uri',
  'refresh_token',
  'scope',
]

const authMethods = ['client_secret_basic', 'client_secret_post', 'none'] as const

/**
 * Checks the options once, at start.
 * @throws {ConfigurationError} naming the option and what would be right
 */
export function describeClient(
  options: ClientOptions,
  scopes: readonly string[],
  names: { readonly name: string; readonly displayName: string },
): ClientDescription {
  const { clientSecret, classifyError, scopeSeparator = ' ' } = options
  if (scopeSeparator !== ' ' && scopeSeparator !== ',') {
    throw new ConfigurationError('scopeSeparator', "must be ' ' or ','")
  }
  assertKinds(options, {
    boolean: ['requireIssuer', 'refreshSendsScope', 'revocationIsUserWide'],
    function: ['classifyError'],
  })
  const supported = parseScopes('optionalScopes', options.optionalScopes ?? [])
  const authorizationParameters = parseParameters('authorizationParameters', options, authorizationNames)
  const tokenParameters = parseParameters('tokenParameters', options, tokenNames)
  return {
    name: parseText('name', options.name ?? names.name, 'a short name for logs'),
    displayName: parseText('displayName', options.displayName ?? names.displayName, 'the name people know'),
    clientId: parseText('clientId', options.clientId, 'the client id the identity provider gave you, without spaces'),
    clientSecret:
      clientSecret === undefined
        ? ''
        : parseText('clientSecret', clientSecret, 'the client secret, or left out for a public client'),
    tokenEndpointAuthMethod: parseAuthMethod(options),
    scopes,
    supportedScopes: Object.freeze([...new Set([...scopes, ...supported])]),
    ...(options.scopeDescriptions ? { scopeDescriptions: Object.freeze({ ...options.scopeDescriptions }) } : {}),
    ...(authorizationParameters ? { authorizationParameters } : {}),
    ...(tokenParameters ? { tokenParameters } : {}),
    ...(options.headers ? { headers: parseHeaders(options.headers) } : {}),
    refreshSendsScope: options.refreshSendsScope ?? false,
    revocationIsUserWide: options.revocationIsUserWide ?? false,
    scopeSeparator,
    classifyError: (response) => classifyError?.(response) ?? classifyOAuthError(response),
  }
}

function parseAuthMethod({ clientSecret, tokenEndpointAuthMethod }: ClientOptions): (typeof authMethods)[number] {
  const hasSecret = clientSecret !== undefined
  const method = tokenEndpointAuthMethod ?? (hasSecret ? 'client_secret_basic' : 'none')
  if (!authMethods.includes(method)) {
    throw new ConfigurationError('tokenEndpointAuthMethod', `must be one of ${authMethods.join(', ')}`)
  }
  if (hasSecret === (method !== 'none')) return method
  throw new ConfigurationError(
    'tokenEndpointAuthMethod',
    hasSecret ? "'none' is for a public client: leave clientSecret out" : `${method} needs a clientSecret`,
  )
}

/** A text that is not empty and has no spaces around it or control characters in it. @throws {ConfigurationError} */
export function parseText(option: string, value: unknown, right: string): string {
  // Ids and secrets with a line break at the end come from files, and are refused by every IdP without a word about why.
  if (typeof value === 'string' && value !== '' && value.trim() === value && !/\p{Cc}/u.test(value)) return value
  throw new ConfigurationError(option, `must be ${right}`)
}

/** Distinct scopes. @throws {ConfigurationError} */
export function parseScopes(option: string, scopes: readonly string[]): readonly string[] {
  const list: unknown = scopes
  if (!Array.isArray(list)) throw new ConfigurationError(option, "must be a list, such as ['openid', 'profile']")
  const odd = scopes.find((scope) => typeof scope !== 'string' || !isScopeToken(scope))
  if (odd === undefined) return Object.freeze([...new Set(scopes)])
  throw new ConfigurationError(
    option,
    `${JSON.stringify(odd)} is not a scope; name each scope by itself, without spaces`,
  )
}

function parseParameters(
  option: 'authorizationParameters' | 'tokenParameters',
  options: ClientOptions,
  reserved: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const given = options[option]
  if (given === undefined) return undefined
  for (const [name, value] of Object.entries(given)) {
    if (reserved.includes(name)) throw new ConfigurationError(option, `${name} is set by the protocol; leave it out`)
    if (typeof value !== 'string') throw new ConfigurationError(option, `${name} must be text`)
  }
  return Object.freeze({ ...given })
}

/** The URL of an endpoint. @throws {ConfigurationError} */
export function parseEndpoint(option: string, value: unknown): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (typeof value !== 'string' || !url || !isSecureURL(url)) {
    throw new ConfigurationError(option, 'must be an absolute https URL; http is for a loopback host only')
  }
  if (url.username === '' && url.password === '' && !value.includes('#')) return value
  throw new ConfigurationError(option, 'must have no user name and no fragment')
}

function parseHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  try {
    new Headers(headers)
    return Object.freeze({ ...headers })
  } catch (cause) {
    throw new ConfigurationError('headers', 'must be names and values that HTTP allows', { cause })
  }
}

/** Text such as 'false' from an environment would count as true. @throws {ConfigurationError} */
export function assertKinds<T extends object>(
  options: T,
  kinds: { readonly boolean?: readonly (keyof T & string)[]; readonly function?: readonly (keyof T & string)[] },
): void {
  for (const name of kinds.boolean ?? []) {
    if (options[name] === undefined || typeof options[name] === 'boolean') continue
    throw new ConfigurationError(name, 'must be true or false')
  }
  for (const name of kinds.function ?? []) {
    if (options[name] === undefined || typeof options[name] === 'function') continue
    throw new ConfigurationError(name, 'must be a function')
  }
}
