/** URIs as written: what our rules need to know without ever normalising them. @module */

/** Visible ASCII without the characters RFC 3986 leaves out; a URI that needs escaping has been escaped. */
const uriCharacters = /^[!#-;=?-[\]_a-z~]+$/

/**
 * Parses an absolute hierarchical URI (`scheme://host…`) that is written plainly: what stands there is what a
 * browser would use. Refuses user information, escapes by backslash, dot segments, odd spellings of a host, and wildcards.
 */
export function parsePlainURI(value: string): URL | undefined {
  if (value.length > 2048 || !uriCharacters.test(value) || value.includes('*')) return undefined
  const parts = /^([a-zA-Z][a-zA-Z0-9+.-]*):\/\/([^/?#]+)([^?#]*)/.exec(value)
  if (!parts || !URL.canParse(value)) return undefined
  const [, scheme = '', authority = '', path = ''] = parts
  const url = new URL(value)
  if (authority.includes('@') || authority.endsWith(':')) return undefined
  const written = authority.toLowerCase()
  // Compare without the port: the parser drops a default port, which is no reason to refuse.
  const host = written.replace(/:\d+$/, '')
  if (url.hostname !== host && url.hostname !== `${host}.`) return undefined
  if (path !== '' && url.pathname !== path) return undefined
  return url.protocol === `${scheme.toLowerCase()}:` ? url : undefined
}

/** Whether the host name is a loopback name people use, [RFC 8252 §7.3](https://www.rfc-editor.org/rfc/rfc8252#section-7.3). */
export function isLoopbackHostname(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}

/**
 * Whether a URL may stand in a document of ours. Clients have passed published URLs to a shell: nothing but plain
 * URL characters, and nothing that is neither https nor loopback http, leaves here.
 */
export function isPublishableURL(value: string): boolean {
  return /^https?:\/\/[A-Za-z0-9.:[\]_~/-]+$/.test(value) && URL.canParse(value) && isSecureURL(new URL(value))
}

/** @throws {TypeError} unless {@link isPublishableURL} holds for each */
export function assertPublishable(...urls: readonly string[]): void {
  const odd = urls.find((url) => !isPublishableURL(url))
  if (odd !== undefined) throw new TypeError(`not a publishable URL: ${JSON.stringify(odd)}`)
}

/** Whether an origin may be used for OAuth: https, or http on a loopback host. */
export function isSecureURL(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHostname(url.hostname))
}
