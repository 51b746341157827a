/** Paths to handlers, and what happens when a handler throws. @module */
import { OAuthError } from '../errors.ts'
import { emitNow, type ProxyContext, type ResourceContext } from './context.ts'
import { errorPage } from './error-page.ts'
import { errorName } from './protected-resource.ts'
import { errorResponse, preflightResponse } from './responses.ts'

/** What is known about a request besides its content. */
export interface RequestInfo {
  /**
   * Address of whoever sent the request, as the server that accepted it knows (behind a proxy: as that proxy,
   * if it is trusted, says). Work that strangers cause is counted against it.
   */
  readonly clientAddress?: string | undefined
}

/** One endpoint. */
export interface Route {
  readonly endpoint: string
  readonly method: 'GET' | 'POST'
  /** `api`: JSON, any web page may call it. `page`: for the person in front of the browser, no CORS ever. */
  readonly kind: 'api' | 'page'
  /** A GET that uses something up, so that HEAD must not do it too. */
  readonly isOneShot?: boolean
  readonly handle: (request: Request, info: RequestInfo) => Promise<Response>
}

/** Answers requests for known paths. */
export interface Router {
  /** Origin of the public URLs that {@link fetch} answers. */
  readonly origin: string
  /** Every path that {@link fetch} answers, for frameworks that want routes. */
  readonly paths: readonly string[]
  /** Whether {@link fetch} answers requests for this target (a path or an absolute URL, maybe with a query): cheap, for adapters. */
  handles(target: string): boolean
  /** `undefined` for a path that is not ours. */
  fetch(request: Request, info?: RequestInfo): Promise<Response | undefined>
}

/** What the router needs. */
export type RouterContext = Pick<ResourceContext, 'now' | 'emit' | 'baseURL'> & Pick<ProxyContext, 'pages'>

/** Creates the router. */
export function createRouter(context: RouterContext, routes: ReadonlyMap<string, Route>): Router {
  return {
    origin: new URL(context.baseURL).origin,
    paths: [...routes.keys()],
    handles: (target) => routes.has(pathOf(target)),
    async fetch(request, info = {}) {
      const route = routes.get(new URL(request.url).pathname)
      return route && (await serve(context, route, request, info))
    },
  }
}

/** Of an absolute URL only the path counts, [RFC 9112 §3.2.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2). */
function pathOf(target: string): string {
  if (!target.startsWith('/') && URL.canParse(target)) return new URL(target).pathname
  return target.split('?', 1)[0] ?? ''
}

async function serve(context: RouterContext, route: Route, request: Request, info: RequestInfo): Promise<Response> {
  const allowed = route.method === 'GET' && !route.isOneShot ? ['GET', 'HEAD'] : [route.method]
  if (request.method === 'OPTIONS' && route.kind === 'api') return preflightResponse([...allowed, 'OPTIONS'].join(', '))
  if (!allowed.includes(request.method)) {
    const error = new OAuthError('method_not_allowed')
    const refused = route.kind === 'page' ? errorPage(error, context.pages.messages(request)) : errorResponse(error)
    refused.headers.set('allow', allowed.join(', '))
    return refused
  }
  try {
    const response = await route.handle(request, info)
    return request.method === 'HEAD' ? new Response(null, response) : response
  } catch (thrown) {
    const error = asRefusal(thrown)
    if (error === thrown) emitNow(context, { type: 'request.refused', reason: error.reason, endpoint: route.endpoint })
    else emitNow(context, { type: 'server.failed', endpoint: route.endpoint, error: errorName(thrown) })
    if (route.kind === 'page') return errorPage(error, context.pages.messages(request))
    return errorResponse(error, { challengeBasic: /^basic\b/i.test(request.headers.get('authorization') ?? '') })
  }
}

function asRefusal(thrown: unknown): OAuthError {
  return thrown instanceof OAuthError ? thrown : new OAuthError('internal_error', { cause: thrown })
}
