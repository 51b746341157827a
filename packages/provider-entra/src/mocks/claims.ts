/** Claims of the fake Entra's tokens. @module */
import type { FakeIdPTokenContext, FakeIdPUser } from '@mcp-auth/core/mocks'
import { resourceScopes } from './scopes.ts'

type Claims = Readonly<Record<string, unknown>>

/** What the claims depend on, besides the user. */
export interface FakeEntraHabits {
  readonly authority: string
  readonly applicationIdUri: string
  readonly accessTokenVersion: 1 | 2
}

/** More groups than this do not fit into a token. */
const maxGroups = 200

/** `iss` of version 2 for the tenant of a user. */
export function issuerOf({ authority }: Pick<FakeEntraHabits, 'authority'>, { claims }: FakeIdPUser): string {
  return `${authority}/${String(claims['tid'])}/v2.0`
}

/**
 * The claims of an `id_token`; who it is about comes with scope `profile`.
 * @see [ID token claims](https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference)
 */
export function idTokenClaims(habits: FakeEntraHabits, claims: Claims, { user, grant }: FakeIdPTokenContext): Claims {
  const { oid, tid, name, preferred_username, email, roles, xms_edov } = user.claims
  const hasProfile = grant.scopes.includes('profile')
  return {
    aud: claims['aud'],
    iss: issuerOf(habits, user),
    iat: claims['iat'],
    nbf: claims['iat'],
    exp: claims['exp'],
    sub: user.subject,
    nonce: claims['nonce'],
    ver: '2.0',
    uti: crypto.randomUUID(),
    rh: '1.fake-rh',
    roles,
    ...(hasProfile ? { oid, tid, name, preferred_username } : {}),
    ...(grant.scopes.includes('email') ? { email, xms_edov } : {}),
    ...groupClaims(user),
  }
}

/**
 * The claims of an access token for the application's own API.
 * @see [Access token claims](https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference)
 */
export function accessTokenClaims(
  habits: FakeEntraHabits,
  claims: Claims,
  { user, grant, state }: FakeIdPTokenContext,
): Claims {
  const { oid, tid, name, preferred_username, roles } = user.claims
  const scp = resourceScopes(grant.scopes).map((scope) => scope.slice(scope.lastIndexOf('/') + 1))
  const common = {
    iat: claims['iat'],
    nbf: claims['iat'],
    exp: claims['exp'],
    sub: user.subject,
    oid,
    tid,
    name,
    roles,
    scp: scp.join(' '),
    uti: crypto.randomUUID(),
    rh: '1.fake-rh',
    ...groupClaims(user),
  }
  const client = claims['client_id']
  if (habits.accessTokenVersion === 2) {
    const iss = issuerOf(habits, user)
    return { ...common, aud: state.clientId, iss, azp: client, azpacr: '1', preferred_username, ver: '2.0' }
  }
  return {
    ...common,
    aud: habits.applicationIdUri,
    iss: `https://sts.windows.net/${String(tid)}/`,
    appid: client,
    appidacr: '1',
    upn: preferred_username,
    unique_name: preferred_username,
    ver: '1.0',
  }
}

/** Groups, or the statement that they do not fit. */
function groupClaims({ claims }: FakeIdPUser): Claims {
  const { groups } = claims
  if (!Array.isArray(groups) || groups.length <= maxGroups) return { groups }
  const endpoint = `https://graph.windows.net/${String(claims['tid'])}/users/${String(claims['oid'])}/getMemberObjects`
  return { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint } } }
}
