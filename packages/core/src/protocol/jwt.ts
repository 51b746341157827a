/** JWT access tokens — RFC 9068, verified as RFC 8725 asks. @module */
import { type CryptoKey, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { OAuthError } from '../errors.ts'

/** Claims of our access tokens: nothing personal beyond the subject's id. */
export interface AccessTokenClaims {
  readonly iss: string
  /** Exactly one resource. */
  readonly aud: string
  readonly sub: string
  readonly client_id: string
  /** Space-separated. */
  readonly scope: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  /** Handle of the grant the token belongs to. */
  readonly sid: string
}

/** Claims whose signature was verified. */
export interface VerifiedAccessToken extends AccessTokenClaims {
  /** Id of the key that signed. */
  readonly kid: string
}

/** A key our tokens are signed with. */
export interface SigningKey {
  readonly kid: string
  readonly alg: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** Signs an access token of type `at+jwt`, [RFC 9068 §2.1](https://www.rfc-editor.org/rfc/rfc9068#section-2.1). */
export async function signAccessToken(claims: AccessTokenClaims, key: SigningKey): Promise<string> {
  return await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: key.alg, typ: 'at+jwt', kid: key.kid })
    .sign(key.privateKey)
}

/**
 * Verifies one of our own access tokens: a known key, its one algorithm, type, issuer, the exact audience, lifetime
 * without tolerance, and every claim present. Keys in the header are never followed.
 * @throws {OAuthError} `token_invalid` or `token_expired`
 * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4), [RFC 8725 §3](https://www.rfc-editor.org/rfc/rfc8725#section-3)
 */
export async function verifyAccessToken(
  token: string,
  expected: {
    readonly issuer: string
    readonly audience: string
    readonly keys: ReadonlyMap<string, SigningKey>
    /** Seconds since the epoch. */
    readonly now: number
  },
): Promise<VerifiedAccessToken> {
  const key = (header: { kid?: string; alg?: string }): CryptoKey => {
    const known = header.kid === undefined ? undefined : expected.keys.get(header.kid)
    if (!known || known.alg !== header.alg) throw new OAuthError('token_invalid')
    return known.publicKey
  }
  try {
    const { payload, protectedHeader } = await jwtVerify(token, key, {
      algorithms: [...new Set([...expected.keys.values()].map((known) => known.alg))],
      typ: 'at+jwt',
      issuer: expected.issuer,
      audience: expected.audience,
      currentDate: new Date(expected.now * 1000),
      requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
    })
    return { ...toClaims(payload, expected.audience), kid: protectedHeader.kid ?? '' }
  } catch (cause) {
    throw new OAuthError(cause instanceof errors.JWTExpired ? 'token_expired' : 'token_invalid', { cause })
  }
}

function toClaims(payload: JWTPayload, audience: string): AccessTokenClaims {
  const { iss, sub, iat, exp, jti, client_id, scope, sid } = payload
  // `audience` above accepts a list that contains it; a list that names others too is not ours.
  if (payload.aud !== audience && !(Array.isArray(payload.aud) && payload.aud.length === 1)) {
    throw new OAuthError('token_invalid')
  }
  if (
    typeof iss !== 'string' ||
    typeof sub !== 'string' ||
    typeof client_id !== 'string' ||
    typeof scope !== 'string' ||
    typeof sid !== 'string' ||
    typeof jti !== 'string' ||
    iat === undefined ||
    exp === undefined
  ) {
    throw new OAuthError('token_invalid')
  }
  return { iss, aud: audience, sub, client_id, scope, iat, exp, jti, sid }
}
