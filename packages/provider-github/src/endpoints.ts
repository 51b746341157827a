/** Where GitHub is. @module */

/** The website, where people sign in. An Enterprise Server has another one. */
export const defaultBaseUrl = 'https://github.com'

/** The addresses this package calls. */
export interface GitHubEndpoints {
  /**
   * `iss` of GitHub's authorization responses.
   * @see [GitHub's metadata](https://github.com/.well-known/oauth-authorization-server/login/oauth), [RFC 9207 §2](https://www.rfc-editor.org/rfc/rfc9207#section-2)
   */
  readonly issuer: string
  /** @see [Request a user's GitHub identity](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#1-request-a-users-github-identity) */
  readonly authorization: string
  /** @see [Users are redirected back to your site](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#2-users-are-redirected-back-to-your-site-by-github) */
  readonly token: string
  /** @see [Check a token](https://docs.github.com/en/rest/apps/oauth-applications#check-a-token) */
  readonly tokenCheck: string
  /** @see [Get the authenticated user](https://docs.github.com/en/rest/users/users#get-the-authenticated-user) */
  readonly user: string
  /** @see [List email addresses](https://docs.github.com/en/rest/users/emails#list-email-addresses-for-the-authenticated-user) */
  readonly emails: string
  /** @see [Get an organization membership](https://docs.github.com/en/rest/orgs/members#get-an-organization-membership-for-the-authenticated-user) */
  membership(organization: string): string
}

/** The API that belongs to a website, both without a trailing slash. */
export function defaultApiUrl(baseUrl: string): string {
  const { hostname, origin } = new URL(baseUrl)
  if (hostname === 'github.com') return 'https://api.github.com'
  // Enterprise Cloud with data residency has its API beside the website, an Enterprise Server below it.
  return hostname.endsWith('.ghe.com') ? origin.replace('://', '://api.') : `${baseUrl}/api/v3`
}

/** The endpoints of a website and its API. */
export function buildGitHubEndpoints(baseUrl: string, apiUrl: string, clientId: string): GitHubEndpoints {
  return {
    issuer: `${baseUrl}/login/oauth`,
    authorization: `${baseUrl}/login/oauth/authorize`,
    token: `${baseUrl}/login/oauth/access_token`,
    tokenCheck: `${apiUrl}/applications/${encodeURIComponent(clientId)}/token`,
    user: `${apiUrl}/user`,
    emails: `${apiUrl}/user/emails?per_page=100`,
    membership: (organization) => `${apiUrl}/user/memberships/orgs/${encodeURIComponent(organization)}`,
  }
}
