/** The fake's API: what an access token of a user is good for. @module */
import type { ReceivedRequest } from '@mcp-auth/core/mocks'
import {
  authorizationServerMetadataBody,
  currentAuthorizationBody,
  currentUserBody,
  type FakeDiscordUser,
  guildBody,
  memberBody,
  openIdConfigurationBody,
} from './bodies.ts'
import { buildErrorResponse } from './error-answers.ts'
import type { FakeDiscordGrant, FakeDiscordState } from './state.ts'

/** The endpoints that take a user's access token. */
export type FakeDiscordApiEndpoint = 'currentAuthorization' | 'currentUser' | 'guilds' | 'member'

/** Discord has no 403 for a missing scope: it answers as to an unknown token. */
const neededScope: Readonly<Record<FakeDiscordApiEndpoint, string | undefined>> = {
  currentAuthorization: undefined,
  currentUser: 'identify',
  guilds: 'guilds',
  member: 'guilds.members.read',
}

/** Somebody else's. */
const foreignApplicationId = '999999999999999999'

const rateLimitHeaders = {
  'X-RateLimit-Limit': '5',
  'X-RateLimit-Remaining': '4',
  'X-RateLimit-Reset-After': '1.000',
  'X-RateLimit-Bucket': 'abcd1234',
}

/** Answers a call with an access token. */
export function answerApi(endpoint: FakeDiscordApiEndpoint, call: ReceivedRequest, state: FakeDiscordState): Response {
  if (call.request.method !== 'GET') return buildErrorResponse('methodNotAllowed')
  const grant = findGrant(call.request.headers.get('authorization'), state)
  const user = grant && state.users.get(grant.userId)
  const scope = neededScope[endpoint]
  if (!grant || !user || (scope !== undefined && !grant.scopes.includes(scope)))
    return buildErrorResponse('unauthorized')
  const body = findBody(endpoint, call, state, grant, user)
  return body === undefined ? buildErrorResponse('unknownGuild') : Response.json(body, { headers: rateLimitHeaders })
}

function findGrant(authorization: string | null, state: FakeDiscordState): FakeDiscordGrant | undefined {
  const [scheme, token = ''] = authorization?.split(' ') ?? []
  // A bot's token is refused here, although the API description allows it.
  if (scheme?.toLowerCase() !== 'bearer') return undefined
  const grant = state.accessTokens.get(token)
  return grant !== undefined && grant.expiresAt > state.now() ? grant : undefined
}

function findBody(
  endpoint: FakeDiscordApiEndpoint,
  call: ReceivedRequest,
  state: FakeDiscordState,
  grant: FakeDiscordGrant,
  user: FakeDiscordUser,
): unknown {
  switch (endpoint) {
    case 'currentAuthorization': {
      const applicationId = state.settings.foreignApplication ? foreignApplicationId : state.clientId
      return currentAuthorizationBody({ ...grant, applicationId, user })
    }
    case 'currentUser':
      return currentUserBody(user, grant.scopes)
    case 'guilds':
      return user.guilds.map(guildBody)
    case 'member': {
      const guild = user.guilds.find(({ id }) => call.url.pathname.endsWith(`/guilds/${id}/member`))
      return guild && memberBody(user, guild)
    }
    default:
      return endpoint satisfies never
  }
}

/** Answers `/.well-known/*` with the addresses of the host that was asked. */
export function answerMetadata({ url }: ReceivedRequest): Response {
  const build = url.pathname.endsWith('/openid-configuration')
    ? openIdConfigurationBody
    : authorizationServerMetadataBody
  return Response.json(build(url.origin))
}
