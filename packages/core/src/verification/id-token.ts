/** Verifying an `id_token` — OpenID Connect Core §3.1.3.7. @module */
import { OAuthError, UpstreamError } from '../errors.ts'
import type { IDTokenExpectations } from '../provider.ts'
import type { RemoteKeys, VerifiedSignature } from '../verifier.ts'

/** Clocks differ, in seconds. */
const tolerance = 60

/**
 * Verifies signature and claims; `now` in seconds since the epoch.
 * @throws {UpstreamError} `invalid_token`; `unavailable` while the keys cannot be had
 */
export async function verifyIDToken(
  idToken: string,
  expected: IDTokenExpectations,
  keys: RemoteKeys,
  now: number,
): Promise<Readonly<Record<string, unknown>>> {
  const { payload } = await verifySignature(idToken, expected, keys)
  const { iss, sub, aud, azp, exp, iat, nonce } = payload
  const { issuer, clientId } = expected
  const isIssuer = typeof iss === 'string' && (typeof issuer === 'string' ? iss === issuer : issuer(iss, payload))
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  // With several audiences the one it was issued to is named, and it is us.
  const isForUs = audiences.includes(clientId) && (audiences.length === 1 || azp === clientId)
  const isOurs = azp === undefined || azp === clientId
  if (!isIssuer || !isForUs || !isOurs || typeof sub !== 'string' || sub === '')
    throw new UpstreamError('invalid_token')
  if (typeof exp !== 'number' || typeof iat !== 'number') throw new UpstreamError('invalid_token')
  if (expected.nonce === undefined) return payload
  const isTimely = exp + tolerance > now && iat <= now + tolerance
  if (!isTimely || nonce !== expected.nonce) throw new UpstreamError('invalid_token')
  return payload
}

async function verifySignature(
  idToken: string,
  { algorithms = ['RS256'] }: IDTokenExpectations,
  keys: RemoteKeys,
): Promise<VerifiedSignature> {
  try {
    return await keys.verify(idToken, algorithms)
  } catch (cause) {
    const isOutage = cause instanceof OAuthError && cause.status === 503
    throw new UpstreamError(isOutage ? 'unavailable' : 'invalid_token', { cause })
  }
}
