/** Scopes of Entra ID: long at Entra, short for MCP clients, and of one resource only. @module */
import { ConfigurationError } from '@mcp-auth/core'

/** Scopes of OpenID Connect, which belong to no resource. */
const openIDScopes: readonly string[] = ['openid', 'profile', 'email', 'offline_access']

/** What the consent page says about the scopes every tenant has. */
const descriptions: Readonly<Record<string, string>> = {
  openid: 'Sign you in with your Microsoft account',
  profile: 'See your name and account name',
  email: 'See your email address',
  'https://graph.microsoft.com/User.Read': 'Read your Microsoft profile',
}

/** What a user configures about scopes. */
export interface EntraScopeOptions {
  readonly scopes?: readonly string[] | undefined
  readonly optionalScopes?: readonly string[] | undefined
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined
}

/** Scopes after the checks, and the two names each has. */
export interface EntraScopes {
  readonly scopes: readonly string[]
  readonly supportedScopes: readonly string[]
  readonly identityScopes: readonly string[]
  readonly scopeDescriptions: Readonly<Record<string, string>>
  readonly toUpstreamScope: (scope: string) => string
  readonly fromUpstreamScope: (scope: string) => string
  readonly readGrantedScopes: (scopes: readonly string[]) => readonly string[]
}

/**
 * Checks the scopes and finds out of which resource they are.
 * @throws {ConfigurationError} for scopes of two resources, which Entra never grants at once (AADSTS28000)
 * @see [Scopes and permissions](https://learn.microsoft.com/entra/identity-platform/scopes-oidc)
 */
export function parseEntraScopes(options: EntraScopeOptions, applicationIdUri: string): EntraScopes {
  const toUpstreamScope = (scope: string): string =>
    isComplete(scope) || openIDScopes.includes(scope) ? scope : `${applicationIdUri}/${scope}`
  const short = (scope: string): string =>
    scope.startsWith(`${applicationIdUri}/`) ? scope.slice(applicationIdUri.length + 1) : scope
  const scopes = checkList('scopes', options.scopes ?? ['openid', 'profile', 'email']).map(short)
  if (scopes.length === 0) throw new ConfigurationError('scopes', "must name at least one scope, such as 'openid'")
  const optionalScopes = checkList('optionalScopes', options.optionalScopes ?? []).map(short)
  const supportedScopes = Object.freeze([...new Set([...scopes, ...optionalScopes])])
  assertOneResource(supportedScopes.map(toUpstreamScope))
  // Without `profile` there is neither `oid` nor `tid`.
  const identityScopes = ['openid', 'profile', ...(supportedScopes.includes('email') ? ['email'] : [])]
  return {
    scopes: Object.freeze([...new Set(scopes)]),
    supportedScopes,
    identityScopes: Object.freeze(identityScopes),
    scopeDescriptions: Object.freeze({ ...descriptions, ...options.scopeDescriptions }),
    toUpstreamScope,
    // Microsoft Graph answers with `User.Read` for what was asked as `https://graph.microsoft.com/User.Read`.
    fromUpstreamScope: (scope) =>
      supportedScopes.find((known) => isComplete(known) && known.endsWith(`/${scope}`)) ?? short(scope),
    readGrantedScopes: (granted) => completeGrantedScopes(granted, identityScopes),
  }
}

/**
 * What was granted, of what Entra leaves out of its answers: `offline_access` always, and every scope of OpenID Connect
 * where the scopes are of a resource other than Graph. A refresh has to name them again.
 */
function completeGrantedScopes(granted: readonly string[], identityScopes: readonly string[]): readonly string[] {
  return [...new Set([...granted, ...(granted.includes('openid') ? [] : identityScopes), 'offline_access'])]
}

function checkList(option: string, scopes: readonly string[]): readonly string[] {
  const list: unknown = scopes
  if (!Array.isArray(list)) throw new ConfigurationError(option, "must be a list, such as ['mcp.read']")
  for (const scope of scopes) {
    if (typeof scope !== 'string' || !/^[!#-[\]-~]+$/.test(scope)) {
      throw new ConfigurationError(option, `${JSON.stringify(scope)} is not a scope`)
    }
    if (scope === 'offline_access') {
      throw new ConfigurationError(option, 'offline_access is asked for always. Leave it out')
    }
    if (scope === '.default' || scope.endsWith('/.default')) {
      throw new ConfigurationError(option, `${scope} stands for whatever was agreed to before. Name the scopes instead`)
    }
  }
  return scopes
}

function assertOneResource(scopes: readonly string[]): void {
  const resources = new Set(
    scopes.filter((scope) => !openIDScopes.includes(scope)).map((scope) => scope.slice(0, scope.lastIndexOf('/'))),
  )
  if (resources.size < 2) return
  throw new ConfigurationError(
    'scopes',
    `are of ${[...resources].join(' and ')}: Entra grants the scopes of one resource at a sign-in (AADSTS28000). Get tokens for others on behalf of the user`,
  )
}

/** Whether a scope names its resource: by URI, or by the id of an application. */
function isComplete(scope: string): boolean {
  return scope.includes('://') || /^[\da-f-]{36}\/./i.test(scope)
}
