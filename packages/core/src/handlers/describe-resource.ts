/** Which of a server's resources a request is for. @module */
import type { ProtectedResourceDescription, ResourceContext } from './context.ts'

/**
 * The resource that is named, else the one at the request's path or above it, else the first.
 * @throws {TypeError} when `resource` is none of this server
 */
export function describeResource(
  context: ResourceContext,
  resource: string | undefined,
  url?: string,
): ProtectedResourceDescription {
  if (resource !== undefined) {
    const named = context.resources.find((description) => description.resource === resource)
    if (!named) throw new TypeError(`not a resource of this server: ${resource}`)
    return named
  }
  const [first, ...others] = context.resources
  if (others.length === 0) return first
  const path = routedPath(url ?? '')
  const above = (description: ProtectedResourceDescription): string => routedPath(description.resource)
  const matches = context.resources.filter((one) => path === above(one) || path.startsWith(`${above(one)}/`))
  return matches.sort((a, b) => above(b).length - above(a).length)[0] ?? first
}

/** The path of a URL as a router may read it: letter case, a slash at the end and needless escapes lead nowhere else. */
function routedPath(url: string): string {
  const path = /^[^:/?#]+:\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] ?? ''
  const plain = path.replace(/%(?:2d|2e|3\d|4[1-9a-f]|5[\daf]|6[1-9a-f]|7[\dae])/gi, decodeURIComponent)
  return plain.toLowerCase().replace(/\/$/, '')
}
