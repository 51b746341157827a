/** What an access token of Entra ID must say before we believe it, by its version. @module */
import { type JWTVerifierOptions, OAuthError, type VerifiedToken } from '@mcp-auth/core'
import { readEntraClaims, subjectOf } from './claims.ts'
import type { ParsedRemoteEntraOptions } from './remote-options.ts'
import { isGUID, issuerV1, issuerV2, publishedIssuer } from './tenants.ts'

type Claims = Readonly<Record<string, unknown>>

/**
 * The rules for tokens of the tenants. `issuer` is the exact one, where only one may be.
 *
 * | version | `iss` | `aud` | client |
 * |---|---|---|---|
 * | 1 | `https://sts.windows.net/{tid}/` | `api://{client id}` or the Application ID URI | `appid` |
 * | 2 | `{authority}/{tid}/v2.0` | the client id | `azp` |
 * @see [Access token claims](https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference)
 */
export function accessTokenRules(
  options: ParsedRemoteEntraOptions,
  jwksURI: string,
  tenantIssuer: string | undefined,
): JWTVerifierOptions {
  const audiences = { 1: [`api://${options.clientId}`, options.applicationIdUri], 2: [options.clientId] }
  return {
    issuer: tenantIssuer ?? publishedIssuer(options),
    isIssuer: (issuer, claims) => versionOf(options, issuer, claims, tenantIssuer) !== undefined,
    jwksURI,
    audience: options.versions.flatMap((version) => audiences[version]),
    algorithms: ['RS256'],
    check(claims) {
      const version = versionOf(options, String(claims['iss']), claims, tenantIssuer)
      // Each version has audiences of its own; together they would be a mixture that Entra never issues.
      const isWhole =
        version !== undefined && typeof claims['aud'] === 'string' && audiences[version].includes(claims['aud'])
      if (!isWhole || !readEntraClaims(claims)) throw new OAuthError('token_invalid')
      if (!isAccessToken(claims, options.allowApplicationTokens)) throw new OAuthError('token_invalid')
    },
    mapClaims: (claims) => mapEntraClaims(claims, options.applicationIdUri),
  }
}

/** The version by `iss` and `tid`; `undefined` for a token of another issuer, a wrong tenant, or a version not wanted. */
function versionOf(
  options: ParsedRemoteEntraOptions,
  issuer: string,
  { tid, ver }: Claims,
  tenantIssuer: string | undefined,
): 1 | 2 | undefined {
  if (!isGUID(tid) || !options.allows(tid)) return undefined
  if (tenantIssuer !== undefined && issuerV2(options, tid) !== tenantIssuer) return undefined
  const version = issuer === issuerV2(options, tid) ? 2 : issuer === issuerV1(options, tid) ? 1 : undefined
  const isNamed = ver === undefined || ver === `${version}.0`
  return version !== undefined && isNamed && options.versions.includes(version) ? version : undefined
}

/**
 * Whether it is an access token: an id_token for the same application has the same issuer, audience and type, but
 * neither a client nor a scope. One that an application got for itself has a client and no scope.
 */
function isAccessToken({ azp, appid, scp, idtyp }: Claims, allowApplicationTokens: boolean): boolean {
  const hasClient = isGUID(azp) || isGUID(appid)
  const isForUser = typeof scp === 'string' && scp !== '' && idtyp !== 'app'
  return hasClient && (isForUser || (allowApplicationTokens && scp === undefined))
}

function mapEntraClaims(claims: Claims, applicationIdUri: string): Partial<Omit<VerifiedToken, 'expiresAt'>> {
  const read = readEntraClaims(claims)
  if (!read) throw new OAuthError('token_invalid')
  // A part of the groups must not pass for the whole: they are as read, or absent.
  const { groups: _groups, ...others } = claims
  const names = typeof claims['scp'] === 'string' ? claims['scp'].split(' ').filter((name) => name !== '') : []
  return {
    subject: subjectOf(read),
    // Tokens hold short names and Entra is asked for long ones: rules may name either, challenges the long ones.
    scopes: [...names, ...names.map((name) => `${applicationIdUri}/${name}`)],
    roles: read.roles,
    claims: { ...others, ...read },
    ...(read.preferred_username === undefined ? {} : { username: read.preferred_username }),
  }
}
