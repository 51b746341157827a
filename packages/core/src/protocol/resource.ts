/** Resource indicators — RFC 8707, with the tolerance real clients need. @module */
import { parsePlainURI } from './uri.ts'

/**
 * The configured resource a request means, or `undefined` when it means another.
 *
 * Accepted besides the exact identifier: another case of scheme or host, one slash more or less at the end, and,
 * when there is exactly one resource, its bare origin. Issued tokens always carry the identifier as configured.
 * @see [RFC 8707 §2](https://www.rfc-editor.org/rfc/rfc8707#section-2)
 */
export function matchResource(requested: string, resources: readonly string[]): string | undefined {
  if (resources.includes(requested)) return requested
  const url = parsePlainURI(requested)
  if (!url || requested.includes('#') || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  const wanted = withoutSlash(url)
  const match = resources.find((resource) => withoutSlash(new URL(resource)) === wanted)
  if (match !== undefined) return match
  const [only, ...others] = resources
  const isOrigin = url.pathname === '/' && url.search === ''
  return only !== undefined && others.length === 0 && isOrigin && new URL(only).origin === url.origin ? only : undefined
}

function withoutSlash(url: URL): string {
  return url.origin + url.pathname.replace(/\/$/, '') + url.search
}
