/** The habits of GitHub. @module */
import type { FakeIdPCall, FakeIdPProfile, FakeIdPTokens } from '@mcp-auth/core/mocks'
import { leakMarker } from '@mcp-auth/core/mocks'
import { buildGitHubEndpoints, defaultBaseUrl } from '../endpoints.ts'
import { expandGitHubScopes } from '../scopes.ts'
import { buildGitHubApi, type FakeGitHubAccess } from './api.ts'
import { writeAsAsked, writeGitHubRefusal } from './refusals.ts'
import { fakeGitHubUsers } from './users.ts'

/** Seconds: 8 hours, and 6 months. */
const expiring = { access: 28_800, refresh: 15_811_200 }

/** Nobody waits for the end of a token that has none. */
const aThousandYears = 1000 * 365 * 86_400

const endpoints = buildGitHubEndpoints(defaultBaseUrl, 'https://api.github.com', '')

/** GitHub blocks programs, but not browsers, that do not say who they are. */
const browserEndpoints: readonly string[] = ['authorize', 'token', 'refresh', 'metadata']

/** @see [Authorizing OAuth apps](https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps) */
export function buildGitHubProfile(access: FakeGitHubAccess, isExpiring: boolean): FakeIdPProfile {
  const { isGitHubApp } = access
  return {
    displayName: 'GitHub',
    issuer: endpoints.issuer,
    clientId: isGitHubApp ? 'Iv23liFakeGitHubApp1' : 'Ov23liFakeOAuthApp01',
    clientSecret: 'fake-github-client-secret',
    foreignClientId: 'Ov23liSomebodyElses1',
    users: [fakeGitHubUsers.nelly, fakeGitHubUsers.wumpus],
    settings: { expiresIn: isExpiring ? expiring.access : aThousandYears },
    endpoints: {
      authorize: endpoints.authorization,
      token: endpoints.token,
      revoke: false,
      userinfo: false,
      introspect: false,
      jwks: false,
    },
    origins: ['https://api.github.com'],
    wellKnown: ['oauth-authorization-server'],
    api: buildGitHubApi(access),
    secretPrefixes: { access: isGitHubApp ? 'ghu_' : 'gho_', refresh: 'ghr_' },
    issuesIDToken: () => false,
    issuesRefreshToken: () => isExpiring,
    // A GitHub App has permissions; an OAuth App gets the widest of scopes that contain each other.
    grantScopes: (requested) => (isGitHubApp ? [] : requested.filter((scope) => !isContained(scope, requested))),
    writeScopes: ({ grant }) => (isGitHubApp ? '' : grant.scopes.join(',')),
    tokens: ({ expires_in, refresh_token, scope = '', access_token }): FakeIdPTokens => ({
      access_token,
      ...(isExpiring ? { expires_in, refresh_token, refresh_token_expires_in: expiring.refresh } : {}),
      scope,
      token_type: 'bearer',
    }),
    writeTokens: (tokens, { request }) => writeAsAsked(tokens, request),
    writeRefusal: writeGitHubRefusal,
    checkRequest: refuseAnonymousProgram,
  }
}

function isContained(scope: string, requested: readonly string[]): boolean {
  return requested.some((other) => other !== scope && expandGitHubScopes([other]).includes(scope))
}

/** @see [User agent](https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#user-agent) */
function refuseAnonymousProgram({ endpoint, request }: FakeIdPCall): Response | undefined {
  if (browserEndpoints.includes(endpoint) || request.headers.has('user-agent')) return undefined
  const words = `Request forbidden by administrative rules. Please make sure your request has a User-Agent header. ${leakMarker}`
  return new Response(words, { status: 403, headers: { 'Content-Type': 'text/html' } })
}
