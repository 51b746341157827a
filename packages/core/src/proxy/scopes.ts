/** Which scopes go to the identity provider (IdP), and which come out of a sign-in. @module */
import type { OAuthProxyProvider } from '../provider.ts'

type ScopeRules = Pick<OAuthProxyProvider, 'supportedScopes' | 'identityScopes'>

/** What we ask the IdP for: its own scopes among those requested, and what identifying the user needs. */
export function upstreamScopes(requested: readonly string[], provider: ScopeRules): string[] {
  return [
    ...new Set([...provider.identityScopes, ...requested.filter((scope) => provider.supportedScopes.includes(scope))]),
  ]
}

/**
 * What the client gets: of the IdP's scopes only those the IdP granted, of our own all that were requested.
 * `granted` is `undefined` when the IdP does not say, which means as requested ([RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)).
 */
export function grantedScopes(
  requested: readonly string[],
  granted: readonly string[] | undefined,
  provider: ScopeRules,
): string[] {
  if (granted === undefined) return [...requested]
  return requested.filter((scope) => !provider.supportedScopes.includes(scope) || granted.includes(scope))
}
