/** Google's scopes: short names for signing in, URIs for everything else. @module */
import { ConfigurationError } from '@mcp-auth/core'

/**
 * Plain words for the consent page. Google has hundreds of scopes; the ones of its APIs are shown as they are.
 * @see [OAuth 2.0 scopes for Google APIs](https://developers.google.com/identity/protocols/oauth2/scopes)
 */
export const scopeDescriptions: Readonly<Record<string, string>> = Object.freeze({
  openid: 'Sign you in with your Google account',
  email: 'See your email address',
  profile: 'See your name and picture',
  'https://www.googleapis.com/auth/calendar': 'See, change and delete your Google calendars',
  'https://www.googleapis.com/auth/calendar.readonly': 'See your Google calendars',
  'https://www.googleapis.com/auth/drive': 'See, change and delete all your files in Google Drive',
  'https://www.googleapis.com/auth/drive.file': 'Work with the files in Google Drive that you open with this app',
  'https://www.googleapis.com/auth/drive.readonly': 'See all your files in Google Drive',
  'https://www.googleapis.com/auth/gmail.readonly': 'Read your mail in Gmail',
  'https://www.googleapis.com/auth/gmail.send': 'Send mail as you with Gmail',
  'https://www.googleapis.com/auth/spreadsheets': 'See, change and delete all your spreadsheets',
  'https://www.googleapis.com/auth/spreadsheets.readonly': 'See all your spreadsheets',
})

/** What Google writes in its answers, and the name everybody uses in requests. */
const shortNames: Readonly<Record<string, string>> = {
  'https://www.googleapis.com/auth/userinfo.email': 'email',
  'https://www.googleapis.com/auth/userinfo.profile': 'profile',
}

/** The name clients know: `email` for `https://www.googleapis.com/auth/userinfo.email`. */
export function fromGoogleScope(scope: string): string {
  return Object.hasOwn(shortNames, scope) ? (shortNames[scope] ?? scope) : scope
}

/** One `scope-token` of [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3) that begins like an address. */
const uriScope = /^https?:\/\/[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * Checks a list of scopes, writes them as clients know them, and drops repetitions.
 * @throws {ConfigurationError}
 */
export function parseGoogleScopes(option: string, scopes: readonly string[]): readonly string[] {
  const list: unknown = scopes
  if (!Array.isArray(list)) throw new ConfigurationError(option, "must be a list, such as ['openid', 'email']")
  for (const scope of scopes) {
    if (scope === 'offline_access') {
      throw new ConfigurationError(option, 'offline_access is not possible: Google does not know it. Use offlineAccess')
    }
    if (typeof scope === 'string' && (Object.hasOwn(scopeDescriptions, scope) || uriScope.test(scope))) continue
    throw new ConfigurationError(
      option,
      `${JSON.stringify(scope)} is not a scope of Google. Use openid, email, profile or the whole URI, such as https://www.googleapis.com/auth/drive.readonly`,
    )
  }
  return Object.freeze([...new Set(scopes.map(fromGoogleScope))])
}
