/** Any OAuth 2 server without OpenID as the identity provider (IdP) of an OAuth proxy. @module */
import { ConfigurationError, UpstreamError } from '../errors.ts'
import type { FixedProvider, Identity, UpstreamApi, UpstreamTokens } from '../provider.ts'
import { readPath } from './claim-path.ts'
import {
  assertKinds,
  type ClientOptions,
  describeClient,
  parseEndpoint,
  parseScopes,
  parseText,
} from './client-options.ts'

type Claims = Readonly<Record<string, unknown>>

/** Options of `oauth2`. One of `identify` and `userinfo` says who the user is. */
export interface OAuth2Options extends ClientOptions {
  readonly authorizationEndpoint: string
  readonly tokenEndpoint: string
  /** [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009), where the IdP has it. */
  readonly revocationEndpoint?: string | undefined
  /** `iss` of the authorization response, where the IdP sends one; another value is refused. */
  readonly issuer?: string | undefined
  /** Scopes asked for when the client names none; at least one. */
  readonly scopes: readonly string[]
  /** Scopes sent always, since `identify` or `userinfo` need them. Default: none. */
  readonly identityScopes?: readonly string[] | undefined
  /** How the IdP writes a scope that clients know under a shorter name. */
  readonly toUpstreamScope?: ((scope: string) => string) | undefined
  /** The name clients know for a scope the IdP granted. */
  readonly fromUpstreamScope?: ((scope: string) => string) | undefined
  /** What the IdP's word about granted scopes means; `undefined` where it means nothing. */
  readonly readGrantedScopes?: ((scopes: readonly string[]) => readonly string[] | undefined) | undefined
  /**
   * Finds out whose tokens these are. Where the IdP would take a token of another application here, this function has
   * to ask it to which application they were issued, and refuse others.
   * @throws {UpstreamError}
   */
  readonly identify?: ((tokens: UpstreamTokens, api: UpstreamApi) => Promise<Identity>) | undefined
  /** Asks one document with the user's access token. */
  readonly userinfo?: OAuth2Userinfo | undefined
}

/** Where an IdP says who the user is, and how. */
export interface OAuth2Userinfo {
  /** Answered with a JSON object. */
  readonly url: string
  /**
   * Member with the identifier that is never changed nor given to somebody else: text, or a whole number. Never a login
   * name or an address. Dots lead into objects: `data.id`.
   */
  readonly subject: string
  /** Member with a name people recognise. */
  readonly username?: string | undefined
  /** What is kept of the answer. Default: everything. */
  readonly mapClaims?: ((answer: Claims) => Claims) | undefined
}

/**
 * Signs users in with any OAuth 2 server.
 *
 * OAuth 2 says nothing about who the user is, nor to whom a token was issued. The tokens come from the token endpoint,
 * for a code bound by PKCE to this very sign-in; an IdP that would exchange another application's code needs an
 * `identify` that checks the application.
 * @throws {ConfigurationError} for options that cannot work
 * @see [RFC 6749 §4.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1)
 * @example
 * const provider = oauth2({
 *   authorizationEndpoint: 'https://idp.example/authorize',
 *   tokenEndpoint: 'https://idp.example/token',
 *   userinfo: { url: 'https://idp.example/me', subject: 'id', username: 'login' },
 *   clientId,
 *   clientSecret,
 *   scopes: ['read:user'],
 * })
 */
export function oauth2(options: OAuth2Options): FixedProvider {
  assertKinds(options, { function: ['identify', 'toUpstreamScope', 'fromUpstreamScope', 'readGrantedScopes'] })
  const scopes = parseScopes('scopes', options.scopes)
  if (scopes.length === 0) throw new ConfigurationError('scopes', 'must name at least one scope')
  const tokenEndpoint = parseEndpoint('tokenEndpoint', options.tokenEndpoint)
  const { issuer, requireIssuer = false, revocationEndpoint } = options
  if (requireIssuer && issuer === undefined) {
    throw new ConfigurationError('requireIssuer', 'needs the issuer to compare with')
  }
  const { toUpstreamScope, fromUpstreamScope, readGrantedScopes } = options
  const provider: FixedProvider = {
    ...describeClient(options, scopes, { name: 'oauth2', displayName: new URL(tokenEndpoint).host }),
    authorizationEndpoint: parseEndpoint('authorizationEndpoint', options.authorizationEndpoint),
    tokenEndpoint,
    ...(revocationEndpoint === undefined
      ? {}
      : { revocationEndpoint: parseEndpoint('revocationEndpoint', revocationEndpoint) }),
    issuer: issuer === undefined ? undefined : parseText('issuer', issuer, 'the value of iss'),
    requireIssuer,
    identityScopes: parseScopes('identityScopes', options.identityScopes ?? []),
    ...(toUpstreamScope ? { toUpstreamScope } : {}),
    ...(fromUpstreamScope ? { fromUpstreamScope } : {}),
    ...(readGrantedScopes ? { readGrantedScopes } : {}),
    identify: parseIdentify(options),
  }
  return Object.freeze(provider)
}

function parseIdentify({ identify, userinfo }: OAuth2Options): FixedProvider['identify'] {
  if (identify && userinfo) throw new ConfigurationError('identify', 'and userinfo exclude each other; give one')
  if (identify) return identify
  if (!userinfo) {
    throw new ConfigurationError('identify', 'is missing: OAuth 2 does not say who the user is; give it, or userinfo')
  }
  const url = parseEndpoint('userinfo.url', userinfo.url)
  const right = 'the name of the member with the identifier that never changes'
  const subjectPath = parseText('userinfo.subject', userinfo.subject, right)
  return async ({ accessToken }, api) => {
    const answer = await api.getJSON(url, accessToken)
    if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) throw new UpstreamError('protocol')
    const claims: Claims = { ...answer }
    const username = userinfo.username === undefined ? undefined : readPath(claims, userinfo.username)
    return {
      subject: readSubject(readPath(claims, subjectPath)),
      ...(typeof username === 'string' ? { username } : {}),
      claims: userinfo.mapClaims?.(claims) ?? claims,
    }
  }
}

/** Nothing takes the place of a missing subject: what else names a user may be given to another one some day. */
function readSubject(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  if (Number.isSafeInteger(value)) return String(value)
  throw new UpstreamError('protocol')
}
