/** JWT access tokens — RFC 9068, verified as RFC 8725 asks. @module */
import { base64url } from 'jose'
import { OAuthError } from '../errors.ts'
import { nameCaller } from './refused-caller.ts'

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

/** A key our tokens are signed with. Signatures are base64url, of the UTF-8 form of a text. */
export interface SigningKey {
  readonly kid: string
  readonly alg: string
  sign(text: string): string | Promise<string>
  verify(text: string, signature: string): boolean | Promise<boolean>
}

const tokenType = 'at+jwt'

/** Signs an access token of type `at+jwt`, [RFC 9068 §2.1](https://www.rfc-editor.org/rfc/rfc9068#section-2.1). */
export async function signAccessToken(claims: AccessTokenClaims, key: SigningKey): Promise<string> {
  const input = `${encodePart({ alg: key.alg, typ: tokenType, kid: key.kid })}.${encodePart(claims)}`
  return `${input}.${await key.sign(input)}`
}

/** What a token is verified against. */
export interface ExpectedToken {
  readonly issuer: string
  readonly audience: string
  /** By `kid`. */
  readonly keys: ReadonlyMap<string, SigningKey>
  /** Seconds since the epoch. */
  readonly now: number
}

/** Three parts of base64url; none of them can be empty. */
const compactForm = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

/**
 * Verifies one of our own access tokens: a header as we write it and no other, a known key, its one algorithm, type,
 * issuer, the exact audience, lifetime without tolerance, and every claim present. Keys in the header are never
 * followed: a header with more than our three members is refused.
 * @throws {OAuthError} `token_invalid` or `token_expired`
 * @see [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4), [RFC 8725 §3](https://www.rfc-editor.org/rfc/rfc8725#section-3)
 */
export async function verifyAccessToken(token: string, expected: ExpectedToken): Promise<VerifiedAccessToken> {
  const [, header = '', payload = '', signature = ''] = compactForm.exec(token) ?? []
  const key = keyOf(header, expected.keys)
  // Nothing of the payload is looked at before this.
  if (!key || !(await key.verify(`${header}.${payload}`, signature))) throw new OAuthError('token_invalid')
  const claims = toClaims(decodePart(payload), expected)
  if (claims.exp <= expected.now) {
    throw nameCaller(new OAuthError('token_expired'), { subject: claims.sub, clientId: claims.client_id })
  }
  return { ...claims, kid: key.kid }
}

/** Ids of our keys are SHA-256 thumbprints, [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638). */
const keyIdForm = /^[\w-]{43}$/

/**
 * The key that a token names, where the token has our form, names this issuer, is not over, and the key is none of
 * ours: a key that was removed, or what somebody made up. It proves nothing, and is good for telling the operator only.
 */
export function unknownKeyOf(
  token: string,
  { issuer, keys, now }: Omit<ExpectedToken, 'audience'>,
): string | undefined {
  const [, header = '', payload = ''] = compactForm.exec(token) ?? []
  const { kid = '' } = readHeader(header) ?? {}
  if (!keyIdForm.test(kid) || keys.has(kid)) return undefined
  const { iss, exp } = decodePart(payload) ?? {}
  return iss === issuer && typeof exp === 'number' && exp > now ? kid : undefined
}

type Members = Readonly<Record<string, unknown>>

/** A header as we write it, with our three members and no other. */
function readHeader(part: string): Pick<SigningKey, 'alg' | 'kid'> | undefined {
  const { alg, typ, kid, ...others } = decodePart(part) ?? {}
  if (typeof alg !== 'string' || typ !== tokenType || typeof kid !== 'string') return undefined
  return Object.keys(others).length === 0 ? { alg, kid } : undefined
}

function keyOf(part: string, keys: ReadonlyMap<string, SigningKey>): SigningKey | undefined {
  const header = readHeader(part)
  const known = header && keys.get(header.kid)
  return known?.alg === header?.alg ? known : undefined
}

function toClaims(payload: Members | undefined, { issuer, audience, now }: ExpectedToken): AccessTokenClaims {
  const { iss, aud, sub, iat, exp, nbf, jti, client_id, scope, sid } = payload ?? {}
  // A list that names others too is not ours.
  const isOurs = aud === audience || (Array.isArray(aud) && aud.length === 1 && aud[0] === audience)
  if (
    iss !== issuer ||
    !isOurs ||
    typeof sub !== 'string' ||
    typeof client_id !== 'string' ||
    typeof scope !== 'string' ||
    typeof sid !== 'string' ||
    typeof jti !== 'string' ||
    typeof iat !== 'number' ||
    typeof exp !== 'number' ||
    !(nbf === undefined || (typeof nbf === 'number' && nbf <= now))
  ) {
    throw new OAuthError('token_invalid')
  }
  return { iss: issuer, aud: audience, sub, client_id, scope, iat, exp, jti, sid }
}

function encodePart(part: object): string {
  return base64url.encode(JSON.stringify(part))
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The JSON object of a part, or `undefined`. */
function decodePart(part: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(base64url.decode(part)))
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}
