/** Tokens of ours that somebody asks about. @module */

import { platform } from '#platform'
import type { StoredGrant } from '../grants/grant-repository.ts'
import { grantOfRefreshToken } from '../grants/handles.ts'
import { reportAccessToken, reportRefreshToken } from '../grants/removed-keys.ts'
import { type AccessTokenClaims, verifyAccessToken } from '../protocol/jwt.ts'
import type { ProxyContext } from './context.ts'

/** A live token of ours. */
export type OwnToken =
  | { readonly kind: 'access'; readonly claims: AccessTokenClaims; readonly stored: StoredGrant }
  | {
      readonly kind: 'refresh'
      readonly stored: StoredGrant /** Whether it is the one to use. */
      readonly isCurrent: boolean
    }

/** Finds out what a token is; `undefined` for everything that is not a token of an active grant. */
export async function findOwnToken(context: ProxyContext, token: string): Promise<OwnToken | undefined> {
  const grantId = await grantOfRefreshToken(token, await context.keys())
  if (grantId !== undefined) {
    const stored = await activeGrant(context, grantId)
    const hash = await platform.sha256(token)
    const { refreshHash = '', refreshUntil = 0 } = stored?.grant ?? {}
    const isCurrent = platform.equal(refreshHash, hash) && refreshUntil > context.now()
    return stored && { kind: 'refresh', stored, isCurrent }
  }
  const claims = await accessTokenClaims(context, token)
  const stored = claims && (await activeGrant(context, claims.sid))
  return claims && stored && { kind: 'access', claims, stored }
}

async function activeGrant(context: ProxyContext, grantId: string): Promise<StoredGrant | undefined> {
  const stored = await context.grants.find(grantId)
  if (stored?.grant.state !== 'active') return undefined
  return (await context.clients.isDenied(stored.grant.clientId)) ? undefined : stored
}

async function accessTokenClaims(context: ProxyContext, token: string): Promise<AccessTokenClaims | undefined> {
  const keys = (await context.keys()).verificationKeys
  for (const { resource } of context.resources) {
    const expected = { issuer: context.issuer, audience: resource, keys, now: context.now() }
    const claims = await verifyAccessToken(token, expected).catch(() => undefined)
    if (claims) return claims
  }
  await reportAccessToken(context, token)
  await reportRefreshToken(context, token)
  return undefined
}
