/** A Discord with a memory, as one function from request to response. @module */
import {
  createFakeDesk,
  describeRequest,
  distinguishRefresh,
  type FakeControls,
  type FakeOptions,
  type ReceivedRequest,
  receiveRequest,
} from '@mcp-auth/core/mocks'
import { answerApi, answerMetadata } from './api.ts'
import { answerAuthorize } from './authorize.ts'
import { type FakeDiscordTokens, type FakeDiscordUser, fakeUsers } from './bodies.ts'
import { buildErrorResponse } from './error-answers.ts'
import { buildFaultResponse, type FakeDiscordFault, type FakeDiscordFaultWord } from './faults.ts'
import {
  type FakeDiscordEndpoint,
  type FakeDiscordRequest,
  type FakeDiscordSettings,
  type FakeDiscordState,
  generateRandomSecret,
  issueTokens,
} from './state.ts'
import { answerRevoke, answerToken } from './token.ts'

/** Options of {@link createFakeDiscord}. */
export interface FakeDiscordOptions extends FakeOptions<FakeDiscordUser, FakeDiscordSettings> {
  /** The one application the fake knows. Default: `157730590492196864`. */
  readonly clientId?: string
  /** Default: `fake-discord-client-secret`. */
  readonly clientSecret?: string
  /** Redirect URIs of the application, compared exactly. Default: any. */
  readonly redirectUris?: readonly string[]
  /** Default: {@link fakeUsers}; the first one is signed in. */
  readonly users?: readonly FakeDiscordUser[]
}

/** The fake and its controls. */
export interface FakeDiscord extends FakeControls<FakeDiscordRequest, FakeDiscordFault> {
  readonly clientId: string
  readonly clientSecret: string
  /** Users by id; take one away and its tokens are dead. */
  readonly users: Map<string, FakeDiscordUser>
  readonly settings: FakeDiscordSettings
  /** Discord's answer. Knows the endpoints by the end of their path, so that any host and prefix will do. */
  fetch(request: Request): Promise<Response>
  /** Tokens without a sign-in. */
  issueTokens(grant?: { readonly user?: string; readonly scopes?: readonly string[] }): FakeDiscordTokens
  /** Discord forgets every access token: they are answered with 401. */
  dropAccessTokens(): void
  /** Discord forgets every refresh token: they are answered with `invalid_grant`. */
  dropRefreshTokens(): void
}

/** The endpoints by the end of their path. */
const endpoints: readonly (readonly [RegExp, FakeDiscordEndpoint])[] = [
  [/\/oauth2\/authorize$/, 'authorize'],
  [/\/oauth2\/token$/, 'token'],
  [/\/oauth2\/token\/revoke$/, 'revoke'],
  [/\/oauth2\/@me$/, 'currentAuthorization'],
  [/\/users\/@me$/, 'currentUser'],
  [/\/users\/@me\/guilds$/, 'guilds'],
  [/\/users\/@me\/guilds\/\d+\/member$/, 'member'],
  [/\/\.well-known\/(oauth-authorization-server|openid-configuration)$/, 'metadata'],
]

/** [Discord blocks](https://docs.discord.com/developers/reference#user-agent) programs, but not browsers, that do not say who they are. */
const userAgentForm = /^DiscordBot \(.+, .+\)/
const browserEndpoints: readonly FakeDiscordEndpoint[] = ['authorize', 'metadata']

/**
 * Creates a fake Discord that behaves like the real one where it matters: codes and refresh tokens work once,
 * PKCE is verified, revoking one token ends all of the user's, and what Discord refuses is refused in its words.
 * @see [OAuth2](https://docs.discord.com/developers/topics/oauth2)
 * @example
 * const fake = createFakeDiscord()
 * fake.fail('refresh', '503', 1)
 */
export function createFakeDiscord(options: FakeDiscordOptions = {}): FakeDiscord {
  const { record = true, users = [fakeUsers.nelly, fakeUsers.wumpus] } = options
  const desk = createFakeDesk<FakeDiscordRequest, FakeDiscordFaultWord>(record)
  const state = createState(options, users, desk.remember)
  return {
    ...desk.controls,
    clientId: state.clientId,
    clientSecret: state.clientSecret,
    users: state.users,
    settings: state.settings,
    fetch: async (request) => {
      const call = await receiveRequest(request)
      const entry = describeCall(call)
      return await desk.handle({
        request,
        entry,
        latency: state.settings.latency,
        answer: async () => await answer(entry.endpoint, call, state),
        answerFault: (fault) => buildFaultResponse(fault, entry.endpoint),
      })
    },
    issueTokens: ({ user = state.settings.user, scopes = ['identify'] } = {}) => issueTokens(state, user, scopes),
    dropAccessTokens: () => state.accessTokens.clear(),
    dropRefreshTokens: () => state.refreshTokens.clear(),
  }
}

function createState(
  options: FakeDiscordOptions,
  users: readonly FakeDiscordUser[],
  remember: (secret: string) => void,
): FakeDiscordState {
  return {
    clientId: options.clientId ?? '157730590492196864',
    clientSecret: options.clientSecret ?? 'fake-discord-client-secret',
    redirectUris: options.redirectUris,
    settings: {
      user: users[0]?.id ?? '',
      deny: false,
      interactive: false,
      expiresIn: 604_800,
      withheldScopes: [],
      foreignApplication: false,
      issuer: 'right',
      latency: undefined,
      ...options.settings,
    },
    users: new Map(users.map((user) => [user.id, user])),
    codes: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    now: options.now ?? (() => Date.now() / 1000),
    issueSecret: () => {
      const secret = generateRandomSecret()
      remember(secret)
      return secret
    },
  }
}

async function answer(
  endpoint: FakeDiscordEndpoint,
  call: ReceivedRequest,
  state: FakeDiscordState,
): Promise<Response> {
  const userAgent = call.request.headers.get('user-agent') ?? ''
  if (!browserEndpoints.includes(endpoint) && !userAgentForm.test(userAgent))
    return buildErrorResponse('internalNetworkError')
  switch (endpoint) {
    case 'authorize':
      return answerAuthorize(call, state)
    case 'token':
    case 'refresh':
      return await answerToken(call, state)
    case 'revoke':
      return answerRevoke(call, state)
    case 'metadata':
      return answerMetadata(call)
    case 'unknown':
      return buildErrorResponse('notFound')
    case 'currentAuthorization':
    case 'currentUser':
    case 'guilds':
    case 'member':
      return answerApi(endpoint, call, state)
  }
}

function describeCall(call: ReceivedRequest): FakeDiscordRequest {
  const path = decodeURIComponent(call.url.pathname)
  const endpoint = endpoints.find(([pattern]) => pattern.test(path))?.[1] ?? 'unknown'
  return { ...describeRequest(distinguishRefresh(endpoint, call.form), call), path }
}
