/** Scopes as the fake Entra judges them. @module */

const openIDScopes: readonly string[] = ['openid', 'profile', 'email', 'offline_access']

/** What Microsoft Graph's scopes begin with, and what scopes without a resource belong to. */
export const graphResource = 'https://graph.microsoft.com'

/** Scopes of a resource, without those of OpenID Connect. */
export function resourceScopes(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !openIDScopes.includes(scope))
}

/** The resources of scopes; Entra grants those of one at a time. */
export function resourcesOf(scopes: readonly string[]): readonly string[] {
  const resources = resourceScopes(scopes).map((scope) =>
    scope.includes('/') ? scope.slice(0, scope.lastIndexOf('/')) : graphResource,
  )
  return [...new Set(resources)]
}

/** `scope` of the token response: only the scopes of the resource, those of OpenID Connect with Graph alone. */
export function writtenScopes(scopes: readonly string[]): string {
  const [resource = graphResource] = resourcesOf(scopes)
  if (resource !== graphResource) return resourceScopes(scopes).join(' ')
  const named = scopes.filter((scope) => scope !== 'offline_access')
  return named.map((scope) => scope.replace(`${graphResource}/`, '')).join(' ')
}
