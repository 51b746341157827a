/** A Discord with a memory, as one function from request to response. @module */
import { answerApi, answerMetadata } from './api.ts'
import { answerAuthorize } from './authorize.ts'
import { type FakeDiscordTokens, type FakeDiscordUser, fakeUsers } from './bodies.ts'
import { buildErrorResponse } from './error-answers.ts'
import { createFaultPlan } from './fault-plan.ts'
import { buildFaultResponse, type FakeDiscordFault } from './faults.ts'
import {
  type FakeDiscordCall,
  type FakeDiscordEndpoint,
  type FakeDiscordRequest,
  type FakeDiscordSettings,
  type FakeDiscordState,
  generateRandomSecret,
  issueTokens,
} from './state.ts'
import { answerRevoke, answerToken } from './token.ts'

/** Options of {@link createFakeDiscord}. */
export interface FakeDiscordOptions {
  /** The one application the fake knows. Default: `157730590492196864`. */
  readonly clientId?: string
  /** Default: `fake-discord-client-secret`. */
  readonly clientSecret?: string
  /** Redirect URIs of the application, compared exactly. Default: any. */
  readonly redirectUris?: readonly string[]
  /** Default: {@link fakeUsers}; the first one is signed in. */
  readonly users?: readonly FakeDiscordUser[]
  /** First values of {@link FakeDiscord.settings}. */
  readonly settings?: Partial<FakeDiscordSettings>
  /** Seconds since the epoch. Default: the clock of the machine. */
  readonly now?: () => number
  /** Keep {@link FakeDiscord.requests} and {@link FakeDiscord.secrets}, which grow without end. Default: `true`. */
  readonly record?: boolean
}

/** The fake and its controls. */
export interface FakeDiscord {
  readonly clientId: string
  readonly clientSecret: string
  /** Users by id; take one away and its tokens are dead. */
  readonly users: Map<string, FakeDiscordUser>
  readonly settings: FakeDiscordSettings
  /** Every request so far, in order of arrival. */
  readonly requests: readonly FakeDiscordRequest[]
  /** Every code and token ever issued: none of them may turn up where a client can see it. */
  readonly secrets: readonly string[]
  /** Discord's answer. Knows the endpoints by the end of their path, so that any host and prefix will do. */
  fetch(request: Request): Promise<Response>
  /** The requests to one endpoint. */
  requestsTo(endpoint: FakeDiscordEndpoint): FakeDiscordRequest[]
  /** Makes an endpoint fail, for the next `times` requests or until {@link recover}. `*`: every endpoint. */
  fail(endpoint: FakeDiscordEndpoint | '*', fault: FakeDiscordFault, times?: number): void
  /** Ends every failure. */
  recover(): void
  /** Lets the requests that hang continue. */
  release(): void
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
  const requests: FakeDiscordRequest[] = []
  const secrets: string[] = []
  const plan = createFaultPlan()
  const state = createState(options, users, (secret) => {
    if (record) secrets.push(secret)
  })
  return {
    clientId: state.clientId,
    clientSecret: state.clientSecret,
    users: state.users,
    settings: state.settings,
    requests,
    secrets,
    fetch: async (request) => {
      const body = await request.text()
      const call: FakeDiscordCall = { request, url: new URL(request.url), form: new URLSearchParams(body) }
      const entry = describeCall(call, body)
      if (record) requests.push(entry)
      await state.settings.latency?.(entry)
      const fault = plan.take(entry.endpoint)
      if (fault === undefined) return await answer(entry.endpoint, call, state)
      if (typeof fault === 'function') return await fault(request)
      if (fault === 'lost') {
        await answer(entry.endpoint, call, state)
        return buildErrorResponse('badGateway')
      }
      if (fault !== 'hang') return buildFaultResponse(fault, entry.endpoint)
      const released = await plan.hang(request.signal)
      return released ? await answer(entry.endpoint, call, state) : new Response(null, { status: 504 })
    },
    requestsTo: (endpoint) => requests.filter((request) => request.endpoint === endpoint),
    fail: (endpoint, fault, times = Number.POSITIVE_INFINITY) => plan.fail(endpoint, fault, times),
    recover: () => plan.recover(),
    release: () => plan.release(),
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
  call: FakeDiscordCall,
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

function describeCall({ request, url, form }: FakeDiscordCall, body: string): FakeDiscordRequest {
  const path = decodeURIComponent(url.pathname)
  const endpoint = endpoints.find(([pattern]) => pattern.test(path))?.[1] ?? 'unknown'
  const isRefresh = endpoint === 'token' && form.get('grant_type') === 'refresh_token'
  return {
    endpoint: isRefresh ? 'refresh' : endpoint,
    method: request.method,
    path,
    query: Object.fromEntries(url.searchParams),
    form: Object.fromEntries(form),
    headers: Object.fromEntries(request.headers),
    body,
  }
}
