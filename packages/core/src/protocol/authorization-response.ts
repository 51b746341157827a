/** Authorization response — RFC 6749 §4.1.2, with `iss` of RFC 9207. @module */
import type { OAuthErrorCode } from '../refusals.ts'

/** Members of a response. `iss` is in every one, success and error. */
export type AuthorizationResponse =
  | { readonly code: string; readonly iss: string; readonly state?: string | undefined }
  | {
      readonly error: OAuthErrorCode
      readonly error_description: string
      readonly iss: string
      readonly state?: string | undefined
    }

/** Names a response may use: what the redirect URI already has under them is removed, so that none appears twice. */
const responseParameters = ['code', 'state', 'iss', 'error', 'error_description', 'error_uri']

/**
 * The URL that carries the response to the client. The redirect URI's own query is kept as it was written.
 * @see [RFC 6749 §4.1.2](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2), [RFC 9207 §2](https://www.rfc-editor.org/rfc/rfc9207#section-2)
 */
export function buildAuthorizationResponseURL(redirectURI: string, response: AuthorizationResponse): string {
  const [base, query] = splitOnce(redirectURI, '?')
  const kept = query.split('&').filter((pair) => pair !== '' && !responseParameters.includes(parameterName(pair)))
  const added = new URLSearchParams()
  for (const [name, value] of Object.entries(response)) if (typeof value === 'string') added.set(name, value)
  return `${base}?${[...kept, added.toString()].join('&')}`
}

function parameterName(pair: string): string {
  return [...new URLSearchParams(pair).keys()][0] ?? ''
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
