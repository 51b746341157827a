/** The fake's tokens: what Descope writes into them, and how they are given out. @module */
import { projectIssuer, serverIssuer } from '../locations.ts'
import type { Claims, FakeKey } from './signer.ts'
import type { FakeDescopeGrant, FakeDescopeState } from './state.ts'

/** Answer of the token endpoint, [RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1). */
export interface FakeDescopeTokens {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly refresh_token?: string
  readonly id_token?: string
  readonly scope: string
}

/** How a token is to differ from the one that a sign-in gives. */
export interface MintOptions {
  /** Id of the user. Default: the one who is signed in. */
  readonly user?: string | undefined
  /** In place of the usual claims; `undefined` takes one out. */
  readonly claims?: Claims | undefined
  /** Members of the header, in place of the usual ones. */
  readonly header?: Claims | undefined
  /** `unknown`: a key that is not Descope's, under the name of one that is. */
  readonly key?: FakeKey | undefined
}

/** Signs a JWT. */
export async function mintToken(state: FakeDescopeState, claims: Claims, options: MintOptions = {}): Promise<string> {
  const { claims: other = {}, header, key } = options
  const all = Object.entries({ ...claims, ...other }).filter(([, value]) => value !== undefined)
  return state.remember(await state.signer.sign(Object.fromEntries(all), { header, key }))
}

/** Claims of an access token. Where roles and tenants are in tokens of MCP servers is assumed. */
export function accessClaims(state: FakeDescopeState, grant: FakeDescopeGrant): Claims {
  const { settings } = state
  const user = state.users.get(grant.userId)
  const named = settings.resourceAudience ? grant.resources : []
  return {
    ...commonClaims(state, grant),
    aud: [grant.clientId, state.projectId, ...named],
    scope: grant.scopes.join(' '),
    drn: 'DS',
    ...(user && {
      amr: ['email'],
      name: user.name,
      email: user.email,
      roles: user.roles,
      permissions: user.permissions,
      tenants: user.tenants,
      ...(user.currentTenant === undefined ? {} : { dct: user.currentTenant }),
    }),
  }
}

/** Gives the tokens of a grant. */
export async function issueTokens(
  state: FakeDescopeState,
  grant: FakeDescopeGrant,
  options: { readonly withRefreshToken: boolean },
): Promise<FakeDescopeTokens> {
  const access_token = await mintToken(state, accessClaims(state, grant))
  state.accessTokens.set(access_token, grant)
  return {
    access_token,
    token_type: 'Bearer',
    expires_in: state.settings.expiresIn,
    ...(options.withRefreshToken ? { refresh_token: await newRefreshToken(state, grant) } : {}),
    ...(grant.scopes.includes('openid') && state.users.has(grant.userId)
      ? { id_token: await newIDToken(state, grant) }
      : {}),
    scope: grant.scopes.join(' '),
  }
}

/** A JWT as well, of another kind: that is what `drn` is for. */
async function newRefreshToken(state: FakeDescopeState, grant: FakeDescopeGrant): Promise<string> {
  const { iat, ...claims } = commonClaims(state, grant)
  const jti = state.newHandle()
  const exp = Math.floor(state.now()) + 2_592_000
  const token = await mintToken(state, { ...claims, iat, exp, jti, aud: [grant.clientId, state.projectId], drn: 'DSR' })
  state.refreshTokens.set(token, grant)
  return token
}

async function newIDToken(state: FakeDescopeState, grant: FakeDescopeGrant): Promise<string> {
  const user = state.users.get(grant.userId)
  const claims = { ...commonClaims(state, grant), aud: [grant.clientId], name: user?.name, email: user?.email }
  return await mintToken(state, claims)
}

function commonClaims(state: FakeDescopeState, grant: FakeDescopeGrant): Record<string, unknown> {
  const place = { baseUrl: state.baseUrl, projectId: state.projectId, serverId: grant.serverId }
  const iat = Math.floor(state.now())
  return {
    iss: (state.settings.tokenIssuer === 'server' ? serverIssuer(place) : undefined) ?? projectIssuer(place),
    sub: grant.userId,
    azp: grant.clientId,
    iat,
    exp: iat + state.settings.expiresIn,
    jti: state.newHandle(),
  }
}
