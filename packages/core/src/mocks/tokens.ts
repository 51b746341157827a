/** The tokens a fake identity provider issues. @module */
import type { FakeIdPKeyChoice } from './keys.ts'
import type { FakeIdPTokenContext } from './profile.ts'
import { applicationOf, type FakeIdPGrant, type FakeIdPState, type FakeIdPTokens, issueSecret } from './state.ts'

/** Parts of a token that differ from what the fake would write; `undefined` takes a member away. */
export type FakeIdPOverrides = Readonly<Record<string, unknown>>

/** The user of a grant. */
export function contextOf(
  state: FakeIdPState,
  grant: FakeIdPGrant,
  on: FakeIdPTokenContext['on'],
): FakeIdPTokenContext {
  const user = state.users.get(grant.user)
  if (!user) throw new Error(`The fake has no user ${grant.user}`)
  return { grant, user, state, on }
}

/** Makes and remembers the tokens of a grant. `refreshToken` is the one to stay, where it does not change. */
export async function issueTokens(context: FakeIdPTokenContext, refreshToken?: string): Promise<FakeIdPTokens> {
  const { state, grant } = context
  const { profile } = state
  const access = await createAccessToken(context)
  state.accessTokens.set(access, grant)
  const isRefreshable = refreshToken === undefined && (profile.issuesRefreshToken?.(context) ?? true)
  const refresh = isRefreshable ? issueSecret(state, 'refresh') : undefined
  if (refresh !== undefined) state.refreshTokens.set(refresh, grant)
  const isIdentified = profile.issuesIDToken?.(context) ?? grant.scopes.includes('openid')
  const scope = profile.writeScopes ? profile.writeScopes(context) : grant.scopes.join(' ')
  const tokens: FakeIdPTokens = {
    access_token: access,
    token_type: 'Bearer',
    expires_in: state.settings.expiresIn,
    ...(refresh === undefined ? {} : { refresh_token: refresh }),
    ...(scope === undefined ? {} : { scope }),
    ...(isIdentified ? { id_token: await createIDToken(context) } : {}),
  }
  return profile.tokens?.(tokens, context) ?? tokens
}

async function createAccessToken(context: FakeIdPTokenContext): Promise<string> {
  const { accessTokens = 'opaque' } = context.state.profile
  const kind = typeof accessTokens === 'function' ? accessTokens(context) : accessTokens
  return kind === 'jwt' ? await createJWTAccessToken(context) : issueSecret(context.state, 'access')
}

/** A JWT access token, [RFC 9068](https://www.rfc-editor.org/rfc/rfc9068). */
export async function createJWTAccessToken(
  context: FakeIdPTokenContext,
  overrides: FakeIdPOverrides = {},
  header: FakeIdPOverrides = {},
  key?: FakeIdPKeyChoice,
): Promise<string> {
  const { state, grant, user } = context
  const { profile } = state
  const { resource, audience } = grant.parameters
  const claims = {
    iss: state.issuer,
    sub: user.subject,
    aud: resource ?? audience ?? state.issuer,
    client_id: applicationOf(state),
    scope: grant.scopes.join(' '),
    iat: Math.floor(state.now()),
    exp: Math.floor(grant.expiresAt),
    jti: crypto.randomUUID(),
  }
  const written = { ...(profile.accessTokenClaims?.(claims, context) ?? claims), ...overrides }
  const fullHeader = { ...(profile.accessTokenHeader ?? { typ: 'at+jwt' }), ...header }
  return await sign(state, written, fullHeader, key)
}

/** An `id_token`, [OpenID Connect Core §2](https://openid.net/specs/openid-connect-core-1_0.html#IDToken). */
export async function createIDToken(
  context: FakeIdPTokenContext,
  overrides: FakeIdPOverrides = {},
  header: FakeIdPOverrides = {},
  key?: FakeIdPKeyChoice,
): Promise<string> {
  const { state, grant, user, on } = context
  const { nonce } = grant.parameters
  const claims = {
    iss: state.issuer,
    sub: user.subject,
    aud: applicationOf(state),
    iat: Math.floor(state.now()),
    exp: Math.floor(grant.expiresAt),
    auth_time: Math.floor(grant.authenticatedAt),
    // Core §12.2: an id_token from a refresh should have no nonce.
    ...(nonce === undefined || on === 'refresh' ? {} : { nonce }),
    ...user.claims,
  }
  const written = { ...(state.profile.idTokenClaims?.(claims, context) ?? claims), ...overrides }
  return await sign(state, written, { typ: 'JWT', ...header }, key)
}

async function sign(
  state: FakeIdPState,
  claims: object,
  header: object,
  key: FakeIdPKeyChoice | undefined,
): Promise<string> {
  const token = await state.keys.sign(claims, header, key)
  state.remember(token)
  return token
}
