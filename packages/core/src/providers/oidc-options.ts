/** The options of `oidc`. @module */
import { ConfigurationError } from '../errors.ts'
import type { Identity, UpstreamEndpoints } from '../provider.ts'
import { defaultAlgorithms } from '../verification/jwt-verifier.ts'
import { assertIssuer } from '../verification/token-rules.ts'
import {
  assertKinds,
  type ClientDescription,
  type ClientOptions,
  describeClient,
  parseEndpoint,
  parseScopes,
} from './client-options.ts'

type Claims = Readonly<Record<string, unknown>>

/** Endpoints of an OpenID Provider, as absolute URLs. */
export interface OIDCEndpoints {
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  readonly jwksURI: string
  readonly userinfoEndpoint?: string | undefined
  readonly revocationEndpoint?: string | undefined
}

/** Options of `oidc`. */
export interface OIDCOptions extends ClientOptions {
  /** The issuer exactly as the provider's own metadata write it, slash at the end included. */
  readonly issuer: string
  /** Scopes asked for when the client names none. `openid` is sent always. Default `['openid', 'profile']`. */
  readonly scopes?: readonly string[] | undefined
  /**
   * Sends the scope `offline_access`, without which many providers issue no refresh token. Default: where the metadata
   * list it in `scopes_supported`, since some providers refuse scopes they do not know.
   * @see [OpenID Connect Core §11](https://openid.net/specs/openid-connect-core-1_0.html#OfflineAccess)
   */
  readonly offlineAccess?: boolean | undefined
  /** Parameter `audience` of the authorization request: the API that upstream access tokens are for. */
  readonly audience?: string | undefined
  /**
   * `true`: claims are those of the `id_token` and of userinfo, and a provider without userinfo is refused.
   * `false`: userinfo is never asked. Default: not at sign-in, and later to see whether the account is still there,
   * unless upstream tokens are for another {@link audience}. Userinfo must be JSON, not signed.
   */
  readonly userinfo?: boolean | undefined
  /**
   * Reads subject, name or claims of the user in another way. Default: `sub`; `preferred_username`, `name` or `email`;
   * every claim that is not about the token. The subject must be something the provider never gives to somebody else.
   * @throws {UpstreamError} `access_denied` to refuse this user
   */
  readonly mapIdentity?: ((claims: Claims) => Partial<Identity>) | undefined
  /** JWS algorithms of `id_token`s; asymmetric ones only. Default: `defaultAlgorithms`. */
  readonly algorithms?: readonly string[] | undefined
  /** The endpoints, given whole. Nothing is discovered then. */
  readonly endpoints?: OIDCEndpoints | undefined
  /** Default: as the metadata say, in `authorization_response_iss_parameter_supported`. */
  readonly requireIssuer?: boolean | undefined
}

/** The options after {@link parseOIDCOptions}. */
export interface ParsedOIDCOptions {
  readonly client: ClientDescription
  readonly issuer: string
  readonly algorithms: readonly string[]
  readonly offlineAccess: boolean | undefined
  /** Whether userinfo is asked at sign-in, and later. */
  readonly userinfo: { readonly atSignIn: boolean; readonly later: boolean }
  readonly requireIssuer: boolean | undefined
  readonly mapIdentity: OIDCOptions['mapIdentity']
  readonly endpoints: UpstreamEndpoints | undefined
}

/** Plain words for the scopes of [OpenID Connect Core §5.4](https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims). */
const scopeDescriptions: Readonly<Record<string, string>> = {
  openid: 'Sign you in',
  profile: 'See your name and picture',
  email: 'See your email address',
  address: 'See your postal address',
  phone: 'See your telephone number',
}

/**
 * Checks the options once, at start.
 * @throws {ConfigurationError} naming the option and what would be right
 */
export function parseOIDCOptions(options: OIDCOptions): ParsedOIDCOptions {
  const { issuer, audience, algorithms = defaultAlgorithms, userinfo } = options
  assertKinds(options, { boolean: ['offlineAccess', 'userinfo'], function: ['mapIdentity'] })
  assertIssuer(typeof issuer === 'string' ? issuer : '')
  const odd = algorithms.find((algorithm) => !defaultAlgorithms.includes(algorithm))
  if (odd !== undefined || algorithms.length === 0) {
    throw new ConfigurationError('algorithms', `must be some of ${defaultAlgorithms.join(', ')}`)
  }
  const scopes = parseScopes('scopes', options.scopes ?? ['openid', 'profile'])
  if (scopes.length === 0) throw new ConfigurationError('scopes', "must name at least one scope, such as 'openid'")
  for (const option of ['scopes', 'optionalScopes'] as const) assertNoOfflineAccess(option, options[option])
  const host = new URL(issuer).host
  const merged: OIDCOptions = {
    ...options,
    // The first scope of OpenID is sent in any case, and clients ask for it by habit.
    optionalScopes: ['openid', ...parseScopes('optionalScopes', options.optionalScopes ?? [])],
    scopeDescriptions: { ...scopeDescriptions, ...options.scopeDescriptions },
    authorizationParameters: withAudience(audience, options.authorizationParameters),
  }
  return {
    client: describeClient(merged, scopes, { name: 'oidc', displayName: host }),
    issuer,
    algorithms: Object.freeze([...algorithms]),
    offlineAccess: options.offlineAccess,
    userinfo: { atSignIn: userinfo ?? false, later: userinfo ?? audience === undefined },
    requireIssuer: options.requireIssuer,
    mapIdentity: options.mapIdentity,
    endpoints: options.endpoints && parseEndpoints(options.endpoints, options),
  }
}

/** Our own `offline_access` is for our refresh tokens: a client that may or may not ask for it must not decide about the IdP's. */
function assertNoOfflineAccess(option: string, scopes: readonly string[] = []): void {
  if (!scopes.includes('offline_access')) return
  throw new ConfigurationError(option, 'offline_access is sent with offlineAccess: true; leave it out here')
}

function withAudience(
  audience: string | undefined,
  parameters: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  if (audience === undefined) return parameters
  if (typeof audience !== 'string' || audience === '') {
    throw new ConfigurationError('audience', 'must be the identifier of an API at the identity provider')
  }
  if (parameters && Object.hasOwn(parameters, 'audience')) {
    throw new ConfigurationError(
      'authorizationParameters',
      'audience is given by the option of that name; leave it out',
    )
  }
  return { ...parameters, audience }
}

function parseEndpoints(
  given: OIDCEndpoints,
  { issuer, userinfo, requireIssuer, offlineAccess }: OIDCOptions,
): UpstreamEndpoints {
  const at = (name: keyof OIDCEndpoints): string => parseEndpoint(`endpoints.${name}`, given[name])
  const maybe = (name: keyof OIDCEndpoints): string | undefined => (given[name] === undefined ? undefined : at(name))
  if (userinfo === true && given.userinfoEndpoint === undefined) {
    throw new ConfigurationError('endpoints.userinfoEndpoint', 'is needed with userinfo: true')
  }
  return Object.freeze({
    authorizationEndpoint: at('authorizationEndpoint'),
    tokenEndpoint: at('tokenEndpoint'),
    jwksURI: at('jwksURI'),
    userinfoEndpoint: maybe('userinfoEndpoint'),
    revocationEndpoint: maybe('revocationEndpoint'),
    issuer,
    requireIssuer: requireIssuer ?? false,
    additionalScopes: Object.freeze(offlineAccess ? ['offline_access'] : []),
  })
}
