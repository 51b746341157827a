/** Who may call the resource at all, whatever token they hold: the defence against DNS rebinding and foreign web pages. @module */
import { OAuthError } from '../errors.ts'
import { isLoopbackHostname } from '../protocol/uri.ts'
import type { ResourceContext } from './context.ts'
import type { RequestHead } from './request-head.ts'

/** Settings of the check. */
export interface VisitorOptions {
  /** Further browser origins that may call the resource. */
  readonly allowedOrigins?: readonly string[]
  /** Further host names, besides those of issuer and resource, under which the resource may be called. */
  readonly allowedHosts?: readonly string[]
  /** Further request headers that web pages may send to the resource, such as `x-api-key` or `traceparent`. */
  readonly allowedHeaders?: readonly string[]
}

/** The check. */
export interface VisitorCheck {
  /** The refusal of a request that came under a foreign name or from a foreign page. */
  request(request: RequestHead): OAuthError | undefined
  /** Whether an origin is foreign. */
  origin(origin: string): boolean
}

/** Creates the check. */
export function createVisitorCheck(context: ResourceContext, options: VisitorOptions): VisitorCheck {
  const own = [new URL(context.baseURL), ...context.resources.map(({ resource }) => new URL(resource))]
  const hostnames = new Set([...own.map((url) => url.hostname), ...(options.allowedHosts ?? [])])
  const origins = new Set([...own.map((url) => url.origin), ...(options.allowedOrigins ?? [])])
  const isLocal = [...hostnames].some(isLoopbackHostname)
  const isOwnHost = (hostname: string): boolean => hostnames.has(hostname) || (isLocal && isLoopbackHostname(hostname))
  // Web pages served from the user's own machine are developer tools; the token is what protects the resource.
  const isForeignOrigin = (origin: string): boolean =>
    !origins.has(origin) && !(URL.canParse(origin) && isLoopbackHostname(new URL(origin).hostname))
  return {
    origin: isForeignOrigin,
    request(request) {
      const host = request.headers.get('host') ?? (URL.canParse(request.url) ? new URL(request.url).host : '')
      if (!isOwnHost(hostnameOf(host))) return new OAuthError('foreign_host')
      const origin = request.headers.get('origin')
      return origin !== null && isForeignOrigin(origin) ? new OAuthError('foreign_origin') : undefined
    },
  }
}

function hostnameOf(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
}
