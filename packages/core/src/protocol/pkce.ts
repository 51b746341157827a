/** PKCE — RFC 7636, S256 only. @module */

/** The methods we support; `plain` protects nobody who can read the request. */
export const codeChallengeMethodsSupported: readonly string[] = ['S256']

/** `code-challenge` of the S256 method: base64url of 32 bytes, [RFC 7636 §4.2](https://www.rfc-editor.org/rfc/rfc7636#section-4.2). */
export function isCodeChallenge(value: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(value)
}

/** `code-verifier` of [RFC 7636 §4.1](https://www.rfc-editor.org/rfc/rfc7636#section-4.1). */
export function isCodeVerifier(value: string): boolean {
  return /^[A-Za-z0-9\-._~]{43,128}$/.test(value)
}
