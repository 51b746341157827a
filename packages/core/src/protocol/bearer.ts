/** Bearer tokens in requests and challenges — RFC 6750. @module */

/** What an Authorization header holds: a token, nothing for us, or something broken. */
export type BearerCredentials =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }

/** Longer headers are refused unread. */
const maxHeaderLength = 16_384

/**
 * Reads the Authorization header. Another scheme counts as no credentials; two headers, which arrive joined by a
 * comma, count as malformed whichever of them is good.
 * @see [RFC 6750 §2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)
 */
export function parseBearerToken(header: string | null | undefined): BearerCredentials {
  if (header === null || header === undefined) return { kind: 'none' }
  if (header.length > maxHeaderLength) return { kind: 'malformed' }
  const match = /^([A-Za-z][A-Za-z0-9_-]*)(?: +(.*))?$/s.exec(header.trim())
  if (!match) return header.trim() === '' ? { kind: 'none' } : { kind: 'malformed' }
  const [, scheme = '', credentials = ''] = match
  const malformed = /(?:^|[\s,])bearer /i.test(credentials)
  if (scheme.toLowerCase() !== 'bearer') return malformed ? { kind: 'malformed' } : { kind: 'none' }
  if (credentials === '') return { kind: 'none' }
  return /^[A-Za-z0-9\-._~+/]+=*$/.test(credentials) ? { kind: 'token', token: credentials } : { kind: 'malformed' }
}

/** Members of a challenge, [RFC 6750 §3](https://www.rfc-editor.org/rfc/rfc6750#section-3) and [RFC 9728 §5.1](https://www.rfc-editor.org/rfc/rfc9728#section-5.1). */
export interface BearerChallenge {
  readonly error?: string | undefined
  readonly error_description?: string | undefined
  readonly scope?: string | undefined
  readonly resource_metadata: string
}

/** The value of a WWW-Authenticate header. Characters the RFC does not allow are dropped, so nothing can break out of a quote. */
export function formatBearerChallenge(challenge: BearerChallenge): string {
  const parameters: string[] = []
  for (const name of ['error', 'error_description', 'scope', 'resource_metadata'] as const) {
    const value = challenge[name]
    if (value !== undefined) parameters.push(`${name}="${value.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, '')}"`)
  }
  return `Bearer ${parameters.join(', ')}`
}
