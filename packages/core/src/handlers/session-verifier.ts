/** From an access token to a session. @module */

import { platform } from '#platform'
import { OAuthError } from '../errors.ts'
import { reportAccessToken } from '../grants/removed-keys.ts'
import { makeRoom } from '../limits/bounded-map.ts'
import { type VerifiedAccessToken, verifyAccessToken } from '../protocol/jwt.ts'
import { nameCaller } from '../protocol/refused-caller.ts'
import type { ProxyContext } from './context.ts'
import type { SessionOptions, SessionVerifier } from './protected-resource.ts'
import { createForwarding } from './sessions.ts'

/** Verified tokens remembered, so that a signature is checked once. */
const maxRememberedTokens = 10_000

/** Creates the verifier: one signature check for each token, one read of the store for each request. */
export function createSessionVerifier(
  context: ProxyContext,
  { roles: rolesOf, dangerouslyForwardTokenTo }: SessionOptions,
): SessionVerifier {
  const forward = createForwarding(dangerouslyForwardTokenTo)
  const verified = new Map<string, VerifiedAccessToken>()

  const claimsOf = async (token: string, audience: string): Promise<VerifiedAccessToken> => {
    const digest = await platform.sha256(`${audience} ${token}`)
    const { verificationKeys: keys } = await context.keys()
    const known = verified.get(digest)
    if (known && known.exp > context.now() && keys.has(known.kid)) return known
    verified.delete(digest)
    const expected = { issuer: context.issuer, audience, keys, now: context.now() }
    const claims = await verifyAccessToken(token, expected).catch(async (error: unknown) => {
      await reportAccessToken(context, token)
      throw error
    })
    makeRoom(verified, maxRememberedTokens)
    verified.set(digest, claims)
    return claims
  }

  return async (token, description) => {
    const claims = await claimsOf(token, description.resource)
    const stored = await context.grants.find(claims.sid)
    const grant = stored?.grant
    const isGranted = grant?.state === 'active' && grant.clientId === claims.client_id
    if (!isGranted || grant.identity.subject !== claims.sub || (await context.clients.isDenied(claims.client_id))) {
      throw nameCaller(new OAuthError('grant_revoked'), { subject: claims.sub, clientId: claims.client_id })
    }
    const roles = (await rolesOf?.(grant.identity)) ?? []
    return {
      token,
      clientId: claims.client_id,
      scopes: claims.scope.split(' '),
      expiresAt: claims.exp,
      resource: new URL(claims.aud),
      resourceMetadataUrl: description.metadataURL,
      subject: claims.sub,
      roles,
      anonymous: false,
      identity: grant.identity,
      extra: { sub: claims.sub, username: grant.identity.username, roles },
      getUpstreamAccessToken: async ({ rejected } = {}) =>
        await context.upstreamAccess.accessToken(claims.sid, rejected),
      forwardedAuthorization: (url) => forward(token, url),
    }
  }
}
