/** What an introspection response must say before we believe the token — RFC 7662 §2.2. @module */
import { OAuthError, UpstreamError } from '../errors.ts'
import {
  type AudienceRules,
  assertAudience,
  assertTimely,
  type Claims,
  isAnotherKind,
  isText,
  readClientId,
  type Tolerances,
} from '../protocol/access-token.ts'

/** What is expected of the token. */
export interface IntrospectionRules extends AudienceRules, Tolerances {
  readonly issuers: readonly string[]
  /** Judges a token that names no audience at all, by its client. */
  readonly isForUs: (clientId: string | undefined) => boolean
}

/**
 * The claims of an active token. Only `active: true` is one.
 * @throws {OAuthError} `token_invalid` for a token that is not active
 * @throws {UpstreamError} `protocol` for what is no introspection response: it says nothing about the token
 */
export function readIntrospectionAnswer(body: unknown): Claims {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || !Object.hasOwn(body, 'active')) {
    throw new UpstreamError('protocol')
  }
  const claims: Claims = { ...body }
  if (claims['active'] !== true) throw new OAuthError('token_invalid')
  return claims
}

/**
 * Judges an active token; `now` in seconds since the epoch.
 * @returns the end of the token, or infinity where the server names none; seconds since the epoch
 * @throws {OAuthError} `token_invalid` or `token_expired`
 */
export function judgeIntrospectedToken(claims: Claims, rules: IntrospectionRules, now: number): number {
  const { iss, aud, token_type: type } = claims
  if (type !== undefined && !(typeof type === 'string' && /^(?:bearer|access_token)$/i.test(type))) {
    throw new OAuthError('token_invalid')
  }
  if (isAnotherKind(claims)) throw new OAuthError('token_invalid')
  if (iss !== undefined && !(isText(iss) && rules.issuers.includes(iss))) throw new OAuthError('token_invalid')
  if (aud !== undefined) assertAudience(claims, rules)
  else if (!rules.isForUs(readClientId(claims))) throw new OAuthError('token_invalid')
  return assertTimely(claims, rules, now)
}
