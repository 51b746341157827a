/** The last look at a verified token before it is believed. @module */
import { deepFreeze } from '../discovery/deep-freeze.ts'
import { OAuthError } from '../errors.ts'
import { apiKeySubjectPrefix, type Claims, isText } from '../protocol/access-token.ts'
import type { VerifiedToken } from '../verifier.ts'

/**
 * Freezes what was found out, since every request with this token gets the very same object.
 * @throws {OAuthError} `token_invalid` for a token of nobody, or of somebody who is called like an API key
 */
export function sealVerifiedToken(verified: VerifiedToken): VerifiedToken {
  const { subject } = verified
  if (!isText(subject) || subject.startsWith(apiKeySubjectPrefix)) throw new OAuthError('token_invalid')
  return deepFreeze({ ...verified, scopes: [...verified.scopes] })
}

/** A name that people recognise, in the claims where it usually is. */
export function readUsername(claims: Claims): { readonly username?: string } {
  const username = ['preferred_username', 'username', 'name', 'email'].map((name) => claims[name]).find(isText)
  return username === undefined ? {} : { username }
}
