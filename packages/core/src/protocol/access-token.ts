/** What a JWT access token of somebody else must say before we believe it — RFC 9068 §4, RFC 8725 §3. @module */
import { OAuthError } from '../errors.ts'
import { parseScope } from './scope.ts'

/** Claims, not yet judged. */
export type Claims = Readonly<Record<string, unknown>>

/** What is expected. Times in seconds. */
export interface AccessTokenRules {
  /** Judges `iss`; exact comparison unless an IdP has one for each tenant. */
  readonly isIssuer: (issuer: string, claims: Claims) => boolean
  /** `aud` must hold one of these. */
  readonly audiences: readonly string[]
  /** Judges what `aud` holds besides. */
  readonly isTolerated: (audience: string, claims: Claims) => boolean
  /** Values of `typ` in lower case without `application/`; `undefined` stands for an absent one. */
  readonly types: readonly (string | undefined)[]
  /** Clocks differ: for so long after `exp` a token still counts. */
  readonly expiryToleranceSeconds: number
  /** And for so long before `nbf` and `iat`. */
  readonly futureToleranceSeconds: number
}

/** Claims after {@link judgeAccessToken}. */
export interface JudgedAccessToken {
  readonly issuer: string
  readonly subject: string
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** A text longer than this names nothing of ours. */
const maxTextLength = 2048
/** Subjects that begin like this are API keys of this server's own: no token of anybody else speaks for one. */
export const apiKeySubjectPrefix = 'key:'

/**
 * Judges the claims of a token whose signature was verified; `now` in seconds since the epoch.
 * @throws {OAuthError} `token_invalid` or `token_expired`
 */
export function judgeAccessToken(
  header: Claims,
  claims: Claims,
  rules: AccessTokenRules,
  now: number,
): JudgedAccessToken {
  const { iss, sub, exp, iat } = claims
  if (!rules.types.includes(typeOf(header))) throw new OAuthError('token_invalid')
  if (isAnotherKind(claims)) throw new OAuthError('token_invalid')
  if (!isText(iss) || !rules.isIssuer(iss, claims)) throw new OAuthError('token_invalid')
  if (!isText(sub)) throw new OAuthError('token_invalid')
  assertAudience(claims, rules)
  if (exp === undefined || iat === undefined) throw new OAuthError('token_invalid')
  return { issuer: iss, subject: sub, expiresAt: assertTimely(claims, rules, now) }
}

/** What an audience is judged by. */
export type AudienceRules = Pick<AccessTokenRules, 'audiences' | 'isTolerated'>

/**
 * `aud` must hold one of ours and nothing that is not tolerated.
 * @throws {OAuthError} `token_invalid`
 */
export function assertAudience(claims: Claims, rules: AudienceRules): void {
  const audiences = readAudiences(claims['aud'])
  const isForUs = audiences.some((audience) => rules.audiences.includes(audience))
  const isForNobodyElse = audiences.every(
    (audience) => rules.audiences.includes(audience) || rules.isTolerated(audience, claims),
  )
  if (!isForUs || !isForNobodyElse) throw new OAuthError('token_invalid')
}

/** How far clocks may differ, in seconds. */
export type Tolerances = Pick<AccessTokenRules, 'expiryToleranceSeconds' | 'futureToleranceSeconds'>

/**
 * Those of `exp`, `iat` and `nbf` that are there must be times, and now must lie between them.
 * @returns `exp`, or infinity where there is none; seconds since the epoch
 * @throws {OAuthError} `token_invalid` or `token_expired`
 */
export function assertTimely(claims: Claims, tolerances: Tolerances, now: number): number {
  const { exp = Number.POSITIVE_INFINITY, iat = 0, nbf = 0 } = claims
  if (!isTime(iat) || !isTime(nbf) || (claims['exp'] !== undefined && !isTime(exp))) {
    throw new OAuthError('token_invalid')
  }
  if (Math.max(iat, nbf) > now + tolerances.futureToleranceSeconds) throw new OAuthError('token_invalid')
  const expiresAt = Number(exp)
  if (expiresAt + tolerances.expiryToleranceSeconds <= now) throw new OAuthError('token_expired')
  return expiresAt
}

/** The scopes of a token: `scope` as text, or `scp` as text or list, as some IdPs write it. */
export function readScopes(claims: Claims): readonly string[] {
  const { scope, scp } = claims
  const said = scope ?? scp
  if (Array.isArray(said)) return said.filter(isText)
  return typeof said === 'string' ? (parseScope(said) ?? []) : []
}

/** The client of a token: [RFC 9068 §2.2](https://www.rfc-editor.org/rfc/rfc9068#section-2.2), or what some IdPs have in its place. */
export function readClientId(claims: Claims): string | undefined {
  return ['client_id', 'azp', 'appid', 'cid'].map((name) => claims[name]).find(isText)
}

function typeOf(header: Claims): string | undefined {
  const { typ } = header
  if (typ === undefined) return undefined
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : ''
}

/**
 * Tokens that are no access tokens, or not ones that whoever holds them may use: id tokens, refresh tokens, logout and
 * event tokens, and tokens bound to a key, [RFC 9449 §6](https://www.rfc-editor.org/rfc/rfc9449#section-6).
 */
export function isAnotherKind(claims: Claims): boolean {
  const marks = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events', 'cnf']
  if (marks.some((name) => claims[name] !== undefined)) return true
  return ['token_use', 'token_type', 'typ'].some((name) => {
    const use = claims[name]
    return typeof use === 'string' && /^(?:(?:serialized-)?id(?:_token)?|refresh(?:_token)?|offline|logout)$/i.test(use)
  })
}

function readAudiences(aud: unknown): readonly string[] {
  const list: unknown[] = Array.isArray(aud) ? aud : [aud]
  if (list.length > 20 || !list.every(isText)) throw new OAuthError('token_invalid')
  return list
}

/** A text that can name something. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxTextLength
}

/** NumericDate, [RFC 7519 §2](https://www.rfc-editor.org/rfc/rfc7519#section-2). */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
