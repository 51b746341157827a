/** Who signed in, as an OpenID Provider says. @module */
import { UpstreamError } from '../errors.ts'
import type { Identity, UpstreamApi, UpstreamTokens } from '../provider.ts'
import type { ParsedOIDCOptions } from './oidc-options.ts'

type Claims = Readonly<Record<string, unknown>>

/** Claims about the token, which change while the user stays the same. */
const tokenClaims = ['aud', 'azp', 'at_hash', 'c_hash', 'exp', 'iat', 'jti', 'nbf', 'nonce', 's_hash']

/**
 * Finds out who the user is. At sign-in the `id_token` decides; later it is userinfo that knows whether the account
 * is still there, and the `id_token` that says whose it is.
 * @throws {UpstreamError}
 * @see [OpenID Connect Core §3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation)
 */
export async function identifyOIDCUser(
  options: ParsedOIDCOptions,
  tokens: UpstreamTokens,
  api: UpstreamApi,
): Promise<Identity> {
  const { idToken } = tokens
  const { jwksURI } = api.endpoints
  // Not an OpenID Provider, or one that took the scope openid for something else.
  if (idToken === undefined || jwksURI === undefined) throw new UpstreamError('protocol')
  const claims = await api.verifyIDToken(idToken, {
    issuer: options.issuer,
    clientId: options.client.clientId,
    algorithms: options.algorithms,
    jwksURI,
    nonce: api.nonce,
  })
  const userinfo = await fetchUserinfo(options, tokens, api)
  if (!userinfo) return toIdentity(options, claims)
  // OpenID Connect Core §5.3.2: tokens could have been swapped otherwise. In a session that lasts it is the end.
  if (userinfo['sub'] !== claims['sub']) {
    throw new UpstreamError(api.nonce === undefined ? 'access_denied' : 'invalid_token')
  }
  return toIdentity(options, { ...claims, ...pick(options, claims, userinfo) })
}

async function fetchUserinfo(
  { userinfo }: ParsedOIDCOptions,
  { accessToken }: UpstreamTokens,
  api: UpstreamApi,
): Promise<Claims | undefined> {
  const { userinfoEndpoint } = api.endpoints
  const isWanted = api.nonce === undefined ? userinfo.later : userinfo.atSignIn
  if (!isWanted || userinfoEndpoint === undefined) return undefined
  const answer = await api.getJSON(userinfoEndpoint, accessToken)
  const claims: Claims = typeof answer === 'object' ? { ...answer } : {}
  // An answer about nobody decides nothing: it is not what OpenID Connect Core §5.3.2 promises.
  if (typeof claims['sub'] === 'string') return claims
  throw new UpstreamError('protocol')
}

/** Userinfo that was not asked at sign-in brings newer values later, but no claims that were not there. */
function pick({ userinfo }: ParsedOIDCOptions, claims: Claims, found: Claims): Claims {
  if (userinfo.atSignIn) return found
  return Object.fromEntries(Object.entries(found).filter(([name]) => Object.hasOwn(claims, name)))
}

function toIdentity({ mapIdentity }: ParsedOIDCOptions, all: Claims): Identity {
  const claims = Object.fromEntries(Object.entries(all).filter(([name]) => !tokenClaims.includes(name)))
  const { subject = all['sub'], username = readUsername(all), ...mapped } = mapIdentity?.(all) ?? {}
  if (typeof subject !== 'string' || subject === '') throw new UpstreamError('protocol')
  return { subject, ...(typeof username === 'string' ? { username } : {}), claims: mapped.claims ?? claims }
}

function readUsername(claims: Claims): unknown {
  return ['preferred_username', 'name', 'email']
    .map((name) => claims[name])
    .find((value) => typeof value === 'string' && value !== '')
}
