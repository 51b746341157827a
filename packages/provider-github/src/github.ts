/** GitHub as the identity provider of an OAuth proxy. @module */
import type { FixedProvider } from '@mcp-auth/core'
import { classifyGitHubError } from './errors.ts'
import { identifyGitHubUser } from './identity.ts'
import { type GitHubOptions, parseGitHubOptions } from './options.ts'
import { expandGitHubScopes, scopeDescriptions } from './scopes.ts'

/**
 * Signs users in with GitHub, by an OAuth App or by a GitHub App.
 * @throws {ConfigurationError} for options that cannot work
 * @see [Authorizing OAuth apps](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps), [Generating a user access token for a GitHub App](https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app)
 * @example
 * const provider = github({ clientId, clientSecret, scopes: ['read:user', 'user:email'] })
 */
export function github(options: GitHubOptions): FixedProvider {
  const parsed = parseGitHubOptions(options)
  const { endpoints, isGitHubApp } = parsed
  const provider: FixedProvider = {
    name: 'github',
    displayName: 'GitHub',
    clientId: parsed.clientId,
    clientSecret: parsed.clientSecret,
    // GitHub documents the form alone.
    tokenEndpointAuthMethod: 'client_secret_post',
    authorizationEndpoint: endpoints.authorization,
    tokenEndpoint: endpoints.token,
    issuer: endpoints.issuer,
    requireIssuer: parsed.requireIssuer,
    scopes: parsed.scopes,
    supportedScopes: parsed.supportedScopes,
    identityScopes: parsed.identityScopes,
    scopeDescriptions,
    // With a GitHub App the answer is always "no scope at all", and that says nothing about what the user agreed to.
    readGrantedScopes: isGitHubApp ? () => undefined : expandGitHubScopes,
    authorizationParameters: parsed.authorizationParameters,
    headers: Object.freeze({ 'User-Agent': parsed.userAgent, 'X-GitHub-Api-Version': '2022-11-28' }),
    identify: async (tokens, api) => await identifyGitHubUser(parsed, tokens, api),
    classifyError: classifyGitHubError,
  }
  return Object.freeze(provider)
}
