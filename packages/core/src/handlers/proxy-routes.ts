/** Which path serves what. @module */
import { authorizationServerMetadataPaths, protectedResourceMetadataPaths } from '../protocol/well-known.ts'
import { authorizationHandler } from './authorize.ts'
import { callbackHandler } from './callback.ts'
import { consentHandler } from './consent.ts'
import type { ProxyContext } from './context.ts'
import { introspectionHandler } from './introspect.ts'
import { authorizationServerMetadataHandler, jwksHandler, protectedResourceMetadataHandler } from './metadata.ts'
import { registrationHandler } from './register.ts'
import { revocationHandler } from './revoke.ts'
import type { Route } from './router.ts'
import { tokenHandler } from './token.ts'

/** The routes of a proxy, by path. */
export function proxyRoutes(context: ProxyContext): ReadonlyMap<string, Route> {
  const { endpoints } = context
  const path = (url: string): string => new URL(url).pathname
  const api = (endpoint: string, method: Route['method'], handle: Route['handle']): Route => ({
    endpoint,
    method,
    handle,
    kind: 'api',
  })
  const page = (endpoint: string, method: Route['method'], handle: Route['handle']): Route => ({
    endpoint,
    method,
    handle,
    kind: 'page',
  })
  const authorizationServer = api('metadata', 'GET', authorizationServerMetadataHandler(context))
  return new Map<string, Route>([
    ...authorizationServerMetadataPaths(context.issuer).map((at) => [at, authorizationServer] as const),
    // The first resource comes last, so that the bare well-known place is its own.
    ...[...context.resources].reverse().flatMap((description) => {
      const protectedResource = api('metadata', 'GET', protectedResourceMetadataHandler(description))
      const paths = protectedResourceMetadataPaths(description.resource, context.issuer)
      return paths.map((at) => [at, protectedResource] as const)
    }),
    [path(endpoints.jwks), api('jwks', 'GET', jwksHandler(context))],
    [path(endpoints.registration), api('registration', 'POST', registrationHandler(context))],
    [path(endpoints.authorization), page('authorization', 'GET', authorizationHandler(context))],
    [path(endpoints.consent), page('consent', 'POST', consentHandler(context))],
    [path(endpoints.callback), { ...page('callback', 'GET', callbackHandler(context)), isOneShot: true }],
    [path(endpoints.token), api('token', 'POST', tokenHandler(context))],
    [path(endpoints.introspection), api('introspection', 'POST', introspectionHandler(context))],
    [path(endpoints.revocation), api('revocation', 'POST', revocationHandler(context))],
  ])
}
