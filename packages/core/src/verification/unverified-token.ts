/** What a JWT says before anybody verified it: good to refuse by, never to believe. @module */
import { platform } from '#platform'
import type { Claims } from '../protocol/access-token.ts'

/** Header and payload of a JWT whose signature nobody looked at. */
export interface UnverifiedToken {
  readonly header: Claims
  readonly payload: Claims
}

/** Longer tokens are refused unread. */
export const maxTokenLength = 16_384

/** Reads a signed JWT in compact form; `undefined` when it is none. */
export function readUnverifiedToken(token: string): UnverifiedToken | undefined {
  if (token.length > maxTokenLength || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined
  const [header, payload] = token.split('.', 2).map((part) => parseJSONObject(platform.fromBase64url(part)))
  return header && payload ? { header, payload } : undefined
}

/**
 * Parses a JSON object in UTF-8; of a member that is there twice the last one counts,
 * [RFC 7519 §4](https://www.rfc-editor.org/rfc/rfc7519#section-4).
 */
export function parseJSONObject(bytes: Uint8Array | undefined): Claims | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes ?? new Uint8Array()))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
