/** The part of GitHub's API that signing in needs. @module */
import { type FakeIdPApiCall, type FakeIdPApiEndpoint, findGrant } from '@mcp-auth/core/mocks'
import { expandGitHubScopes } from '../scopes.ts'
import { membershipBody, simpleUserBody, userBody } from './users.ts'

/** Account and organization permissions of a GitHub App that matter here. */
export type FakeGitHubPermission = 'email_addresses' | 'members'

/** What decides who may see what: scopes of the token, or permissions of the app. */
export interface FakeGitHubAccess {
  readonly isGitHubApp: boolean
  readonly permissions: readonly FakeGitHubPermission[]
}

type Api = Readonly<Record<string, FakeIdPApiEndpoint>>

/** The endpoints, by the names that `requestsTo` and `fail` know. */
export function buildGitHubApi(access: FakeGitHubAccess): Api {
  const isAllowed = (call: FakeIdPApiCall, scope: string, permission: FakeGitHubPermission): boolean => {
    if (access.isGitHubApp) return access.permissions.includes(permission)
    return expandGitHubScopes(call.grant?.scopes ?? []).includes(scope)
  }
  return {
    check: {
      path: /\/applications\/[^/]+\/token$/,
      method: 'POST',
      caller: 'client',
      answer: (call) => checkBody(call, access),
    },
    emails: {
      path: 'https://api.github.com/user/emails',
      answer: (call) => {
        // Hidden from tokens without the scope, and forbidden to apps without the permission.
        if (isAllowed(call, 'user:email', 'email_addresses')) return call.user?.claims['emails'] ?? []
        return access.isGitHubApp ? notAccessible() : undefined
      },
    },
    membership: {
      path: /\/user\/memberships\/orgs\/[^/]+$/,
      answer: (call) => {
        if (!isAllowed(call, 'read:org', 'members')) return notAccessible()
        const login = decodeURIComponent(call.url.pathname.split('/').at(-1) ?? '')
        return call.user && membershipBody(call.user, login)
      },
    },
    user: {
      path: 'https://api.github.com/user',
      answer: ({ grant, user }) => {
        const scopes = grant?.scopes.join(', ') ?? ''
        const headers = { 'X-RateLimit-Remaining': '4999', ...(access.isGitHubApp ? {} : { 'X-OAuth-Scopes': scopes }) }
        return user && Response.json(userBody(user), { headers })
      },
    },
  }
}

/** @see [Check a token](https://docs.github.com/en/rest/apps/oauth-applications#check-a-token) */
function checkBody(call: FakeIdPApiCall, { isGitHubApp }: FakeGitHubAccess): unknown {
  const { state, url, body } = call
  const accessToken = readAccessToken(body)
  const grant = findGrant(state, accessToken)
  const user = grant && state.users.get(grant.user)
  const isOurs = url.pathname.split('/').at(-2) === state.clientId && !state.settings.foreignApplication
  // To us, a token of another application does not exist.
  if (!grant || !user || !isOurs) return undefined
  return {
    id: 1,
    app: { client_id: state.clientId, name: 'Example', url: 'https://github.com/apps/example' },
    token: accessToken,
    scopes: isGitHubApp ? [] : grant.scopes,
    user: simpleUserBody(user),
    expires_at: isGitHubApp ? new Date(grant.expiresAt * 1000).toISOString() : null,
  }
}

function readAccessToken(body: string): string {
  try {
    const { access_token } = Object(JSON.parse(body)) as { readonly access_token?: unknown }
    return String(access_token)
  } catch {
    return ''
  }
}

function notAccessible(): Response {
  return Response.json({ message: 'Resource not accessible by integration', status: '403' }, { status: 403 })
}
