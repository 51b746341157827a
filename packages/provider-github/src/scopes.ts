/** GitHub's scopes: plain words, and what a granted scope contains. @module */
import { ConfigurationError, expandScopes, type ScopeHierarchy } from '@mcp-auth/core'

/**
 * Stands for "signed in" with a GitHub App, which has permissions in place of scopes: MCP clients need one to ask
 * for. GitHub ignores it.
 */
export const appScope = 'github'

/**
 * Scopes of OAuth Apps as the consent page explains them; others are shown by their name.
 * @see [Scopes for OAuth apps](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps#available-scopes)
 */
export const scopeDescriptions: Readonly<Record<string, string>> = Object.freeze({
  'read:user': 'See your GitHub profile',
  'user:email': 'See your email addresses',
  'user:follow': 'Follow and unfollow people for you',
  user: 'See and change your GitHub profile, and see your email addresses',
  public_repo: 'Read and change your public repositories',
  repo: 'Read and change all your repositories, the private ones included',
  'repo:status': 'Read and set commit statuses',
  'repo:invite': 'Accept and decline invitations to repositories',
  workflow: 'Change GitHub Actions workflows',
  gist: 'Create and change your gists',
  notifications: 'Read your notifications and mark them as read',
  'read:org': 'See your organizations and teams',
  'write:org': 'Change your organizations and teams',
  'admin:org': 'Manage your organizations and teams',
  'read:project': 'See your projects',
  project: 'See and change your projects',
  'read:packages': 'Download packages',
  'write:packages': 'Publish packages',
  'delete:packages': 'Delete packages',
  delete_repo: 'Delete repositories',
  [appScope]: 'Use GitHub as you, as far as the permissions of the app go',
})

/**
 * What GitHub leaves out of its answer because another granted scope contains it.
 * @see [Normalized scopes](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps#normalized-scopes)
 */
const contained: ScopeHierarchy = {
  user: ['read:user', 'user:email', 'user:follow'],
  repo: ['repo:status', 'repo_deployment', 'public_repo', 'repo:invite', 'security_events'],
  'admin:repo_hook': ['write:repo_hook'],
  'write:repo_hook': ['read:repo_hook'],
  'admin:org': ['write:org', 'manage_runners:org'],
  'write:org': ['read:org'],
  'admin:public_key': ['write:public_key'],
  'write:public_key': ['read:public_key'],
  'admin:gpg_key': ['write:gpg_key'],
  'write:gpg_key': ['read:gpg_key'],
  project: ['read:project'],
  'write:packages': ['read:packages'],
  'write:discussion': ['read:discussion'],
}

/** The scopes that GitHub granted, with all that they contain. */
export function expandGitHubScopes(scopes: readonly string[]): readonly string[] {
  return [...expandScopes(scopes, contained)]
}

/** One `scope-token` of [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3), without the comma GitHub separates scopes by. */
const scopeForm = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/

/**
 * Checks a list of scopes and drops repetitions.
 * @throws {ConfigurationError}
 */
export function parseGitHubScopes(option: string, scopes: readonly string[]): readonly string[] {
  const list: unknown = scopes
  if (!Array.isArray(list)) throw new ConfigurationError(option, "must be a list, such as ['read:user', 'user:email']")
  for (const scope of scopes) {
    if (scope === 'offline_access') {
      throw new ConfigurationError(
        option,
        'offline_access is not possible: whether tokens expire is a setting of the app at GitHub. Leave it out',
      )
    }
    if (typeof scope !== 'string' || !scopeForm.test(scope)) {
      throw new ConfigurationError(option, `${JSON.stringify(scope)} is not one scope, such as 'read:user'`)
    }
  }
  return Object.freeze([...new Set(scopes)])
}
