/** Who signed in: the id_token, verified for its tenant. @module */
import { type AuthSession, type Identity, type UpstreamApi, UpstreamError, type UpstreamTokens } from '@mcp-auth/core'
import { type EntraClaims, readEntraClaims, subjectOf } from './claims.ts'
import { type EntraTenants, isGUID, issuerV2 } from './tenants.ts'

/** A user of Entra; `subject` is `tid`, a dot and `oid`. */
export interface EntraIdentity extends Identity {
  readonly claims: EntraClaims
}

/** A caller who signed in with Entra ID. */
export interface EntraSession extends AuthSession {
  readonly identity: EntraIdentity
}

/** A user whose groups do not fit into a token. */
export interface GroupsOverage {
  readonly tenantId: string
  readonly objectId: string
  /** The user's access token. It is for Microsoft Graph only if the scopes are; else exchange it on behalf of the user. */
  readonly accessToken: string
  /** GETs a JSON document with {@link accessToken}. @throws UpstreamError */
  readonly getJSON: (url: string) => Promise<unknown>
}

/** Finds the object ids of all groups of a user, for example at Microsoft Graph. */
export type GroupsResolver = (overage: GroupsOverage) => Promise<readonly string[]>

/** What {@link identifyEntraUser} needs of the options. */
export interface EntraIdentification extends EntraTenants {
  readonly clientId: string
  readonly resolveGroups: GroupsResolver | undefined
}

/**
 * Verifies the `id_token`: signature, our client id, the nonce, and the issuer of the very tenant it names.
 * @throws {UpstreamError} `invalid_token` for a token of another application, tenant or sign-in; `access_denied` for a
 * tenant that may not sign in; `protocol` for one that does not say who it is about; `unavailable` without keys
 * @see [Validate tokens](https://learn.microsoft.com/entra/identity-platform/claims-validation)
 */
export async function identifyEntraUser(
  options: EntraIdentification,
  tokens: UpstreamTokens,
  api: UpstreamApi,
): Promise<EntraIdentity> {
  const { jwksURI, issuer: expectedIssuer } = api.endpoints
  if (tokens.idToken === undefined || jwksURI === undefined) throw new UpstreamError('protocol')
  const verified = await api.verifyIDToken(tokens.idToken, {
    clientId: options.clientId,
    jwksURI,
    nonce: api.nonce,
    issuer: (issuer, { tid }) =>
      isGUID(tid) && issuer === issuerV2(options, tid) && (expectedIssuer === undefined || issuer === expectedIssuer),
  })
  const claims = readEntraClaims(verified)
  if (!claims) throw new UpstreamError('protocol')
  if (!options.allows(claims.tid)) throw new UpstreamError('access_denied')
  const complete = await withGroups(options.resolveGroups, claims, tokens.accessToken, api)
  const username = claims.preferred_username
  return { subject: subjectOf(claims), ...(username === undefined ? {} : { username }), claims: complete }
}

async function withGroups(
  resolve: GroupsResolver | undefined,
  claims: EntraClaims,
  accessToken: string,
  api: UpstreamApi,
): Promise<EntraClaims> {
  if (!claims.groupsOverage || !resolve) return claims
  const getJSON = async (url: string): Promise<unknown> => await api.getJSON(url, accessToken)
  try {
    const groups = await resolve({ tenantId: claims.tid, objectId: claims.oid, accessToken, getJSON })
    return { ...claims, groups, groupsOverage: false }
  } catch (cause) {
    // Whose groups are not known must not pass for somebody without any.
    throw cause instanceof UpstreamError ? cause : new UpstreamError('unavailable', { cause })
  }
}
