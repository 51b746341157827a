/** Permissions in the access token that a sign-in brought. @module */
import { UpstreamError } from '@mcp-auth/core'

type Claims = Readonly<Record<string, unknown>>

/** What the access token must say before its permissions count. */
export interface OwnAccessToken {
  readonly issuer: string
  readonly audience: string
  readonly clientId: string
  readonly subject: string
}

/**
 * Reads the claims of the access token that came with a verified `id_token` in the same answer, straight from Auth0
 * over TLS, which is what vouches for it, as [OpenID Connect Core §3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation)
 * allows for the `id_token`; it must be of the same user, application and issuer.
 * @throws {UpstreamError} `invalid_token` for another one; `protocol` for one that is not a JWT
 */
export function readOwnAccessToken(accessToken: string, expected: OwnAccessToken): Claims {
  const claims = decodePayload(accessToken)
  const { iss, aud, azp, client_id, sub } = claims
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  const isOurs =
    iss === expected.issuer &&
    audiences.includes(expected.audience) &&
    (azp ?? client_id) === expected.clientId &&
    sub === expected.subject
  if (!isOurs) throw new UpstreamError('invalid_token')
  return claims
}

function decodePayload(token: string): Claims {
  const [, payload = '', signature] = token.split('.')
  try {
    if (signature === undefined) throw new UpstreamError('protocol')
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims)) return { ...claims }
    throw new UpstreamError('protocol')
  } catch (cause) {
    throw cause instanceof UpstreamError ? cause : new UpstreamError('protocol', { cause })
  }
}
