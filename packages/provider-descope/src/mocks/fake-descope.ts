/** A Descope project with a memory, as one function from request to response. @module */
import {
  createFakeDesk,
  describeRequest,
  distinguishRefresh,
  type FakeControls,
  type FakeOptions,
  generateSecret,
  receiveRequest,
} from '@mcp-auth/core/mocks'
import { defaultBaseUrl, keysURL } from '../locations.ts'
import { answerAuthorize } from './authorize.ts'
import { type FakeDescopeUser, fakeUsers, metadataBody } from './bodies.ts'
import { buildErrorResponse } from './error-answers.ts'
import { buildFaultResponse, type FakeDescopeFault, type FakeDescopeFaultWord } from './faults.ts'
import { answerRegister, newClientId } from './register.ts'
import { createSigner } from './signer.ts'
import type {
  FakeDescopeCall,
  FakeDescopeClient,
  FakeDescopeEndpoint,
  FakeDescopeGrant,
  FakeDescopeRequest,
  FakeDescopeSettings,
  FakeDescopeState,
} from './state.ts'
import { answerRevoke, answerToken, answerUserinfo } from './token.ts'
import { accessClaims, type FakeDescopeTokens, issueTokens, type MintOptions, mintToken } from './tokens.ts'

/** Options of {@link createFakeDescope}. */
export interface FakeDescopeOptions extends FakeOptions<FakeDescopeUser, FakeDescopeSettings> {
  /** Default: `P2FakeProject0000000000000000`. */
  readonly projectId?: string
  /** Id of the one MCP server. Default: `MS2FakeServer000000000000000`. */
  readonly serverId?: string
  /** Origin of issuers and endpoints. Default: `https://api.descope.com`. */
  readonly baseUrl?: string
  /** Clients that need no registration. A secret makes one confidential. */
  readonly clients?: readonly FakeDescopeClient[]
  /** Default: {@link fakeUsers}; the first one is signed in. */
  readonly users?: readonly FakeDescopeUser[]
}

/** The fake and its controls. */
export interface FakeDescope extends FakeControls<FakeDescopeRequest, FakeDescopeFault> {
  readonly projectId: string
  readonly serverId: string
  readonly baseUrl: string
  /** What a server is configured with to use the MCP server, in place of `projectId` and `baseUrl`. */
  readonly configUrl: string
  /** Where the public keys are. */
  readonly jwksURI: string
  /** Users by id; take one away and its refresh tokens are dead. */
  readonly users: Map<string, FakeDescopeUser>
  readonly settings: FakeDescopeSettings
  /** Descope's answer. Knows the endpoints by their path, so that any host will do. */
  fetch(request: Request): Promise<Response>
  /** Tokens without a sign-in. */
  issueTokens(grant?: Partial<FakeDescopeGrant>): Promise<FakeDescopeTokens>
  /** An access token for a resource, with whatever is to be different about it. */
  mint(resource: string, options?: MintOptions): Promise<string>
  /** Descope forgets every access token: userinfo answers 401. Their signatures stay good. */
  dropAccessTokens(): void
  /** Descope forgets every refresh token: they are answered with 401. */
  dropRefreshTokens(): void
  /** Makes a new signing key; the former one stays published until {@link retireKeys}. */
  rotateKeys(): void
  /** Takes the former keys out of the published set. */
  retireKeys(): void
}

const patterns: readonly (readonly [RegExp, FakeDescopeEndpoint])[] = [
  [
    /^\/v1\/apps\/(?:agentic\/[^/]+\/[^/]+|[^/]+)\/\.well-known\/(?:oauth-authorization-server|openid-configuration)$/,
    'metadata',
  ],
  [/^\/[^/]+\/\.well-known\/jwks\.json$|^\/v2\/keys\/[^/]+$/, 'keys'],
  [/^\/v1\/mgmt\/(?:inboundapp\/app\/[^/]+|mcp\/client\/[^/]+\/[^/]+)\/register$/, 'register'],
  [/^\/oauth2\/v1\/apps\/(?:[^/]+\/){0,3}authorize$/, 'authorize'],
  [/^\/oauth2\/v1\/apps\/(?:[^/]+\/){0,3}token$/, 'token'],
  [/^\/oauth2\/v1\/apps\/(?:[^/]+\/)?userinfo$/, 'userinfo'],
  [/^\/oauth2\/v1\/apps\/(?:[^/]+\/)?revoke$/, 'revoke'],
]

/**
 * Creates a fake Descope project with one MCP server: discovery of both, keys that rotate, registration, sign-in with
 * PKCE, and tokens whose `aud` holds the resource that was asked for.
 * @see [MCP servers in Descope](https://docs.descope.com/agentic-identity-hub/mcp-servers)
 * @example
 * const fake = createFakeDescope()
 * const token = await fake.mint('https://mcp.example.com/mcp', { claims: { roles: ['admin'] } })
 */
export function createFakeDescope(options: FakeDescopeOptions = {}): FakeDescope {
  const { record = true, serverId = 'MS2FakeServer000000000000000' } = options
  const desk = createFakeDesk<FakeDescopeRequest, FakeDescopeFaultWord>(record)
  const state = createState(options, desk.remember)
  const { projectId, baseUrl, settings } = state
  const demoClient = newClientId(state)
  const grantOf = (grant: Partial<FakeDescopeGrant>): FakeDescopeGrant => ({
    userId: settings.user,
    clientId: demoClient,
    scopes: ['openid'],
    resources: [],
    serverId,
    ...grant,
  })
  return {
    ...desk.controls,
    projectId,
    serverId,
    baseUrl,
    configUrl: `${baseUrl}/v1/apps/agentic/${projectId}/${serverId}/.well-known/openid-configuration`,
    jwksURI: keysURL({ baseUrl, projectId }),
    users: state.users,
    settings,
    async fetch(request) {
      const call = await readCall(request)
      const entry = describeCall(call)
      return await desk.handle({
        request,
        entry,
        latency: settings.latency,
        answer: async () => await answer(entry.endpoint, call, state, serverId),
        answerFault: buildFaultResponse,
      })
    },
    issueTokens: async (grant = {}) => await issueTokens(state, grantOf(grant), { withRefreshToken: true }),
    async mint(resource, mint = {}) {
      const grant = grantOf({ resources: [resource], ...(mint.user === undefined ? {} : { userId: mint.user }) })
      return await mintToken(state, accessClaims(state, grant), mint)
    },
    dropAccessTokens: () => state.accessTokens.clear(),
    dropRefreshTokens: () => state.refreshTokens.clear(),
    rotateKeys: () => state.signer.rotate(),
    retireKeys: () => state.signer.retire(),
  }
}

const lowerCaseAndDigits = 'abcdefghijklmnopqrstuvwxyz0123456789'

function createState(options: FakeDescopeOptions, remember: (secret: string) => void): FakeDescopeState {
  const { users = [fakeUsers.nelly, fakeUsers.wumpus], clients = [] } = options
  return {
    projectId: options.projectId ?? 'P2FakeProject0000000000000000',
    baseUrl: options.baseUrl ?? defaultBaseUrl,
    settings: {
      user: users[0]?.id ?? '',
      deny: false,
      interactive: false,
      expiresIn: 3600,
      tokenIssuer: 'project',
      metadataIssuer: 'server',
      resourceAudience: true,
      rotatesRefreshTokens: true,
      scopes: ['openid', 'profile', 'email', 'tenants'],
      latency: undefined,
      ...options.settings,
    },
    users: new Map(users.map((user) => [user.id, user])),
    clients: new Map(clients.map((client) => [client.clientId, client])),
    codes: new Map(),
    accessTokens: new Map(),
    refreshTokens: new Map(),
    signer: createSigner(),
    now: options.now ?? (() => Date.now() / 1000),
    newHandle: () => generateSecret(26, lowerCaseAndDigits),
    remember(secret) {
      remember(secret)
      return secret
    },
  }
}

async function answer(
  endpoint: FakeDescopeEndpoint,
  call: FakeDescopeCall,
  state: FakeDescopeState,
  knownServer: string,
): Promise<Response> {
  const { projectId, baseUrl, settings } = state
  const segments = call.url.pathname.split('/')
  const isForeign = segments.some((segment) => /^P[0-9]/.test(segment) && segment !== projectId)
  if (isForeign || (call.serverId !== undefined && call.serverId !== knownServer)) return buildErrorResponse('notFound')
  switch (endpoint) {
    case 'metadata':
      return Response.json(metadataBody({ baseUrl, projectId, serverId: call.serverId, settings }))
    case 'keys':
      return Response.json({ keys: await state.signer.publicKeys() })
    case 'register':
      return answerRegister(call, state)
    case 'authorize':
      return answerAuthorize(call, state)
    case 'token':
    case 'refresh':
      return await answerToken(call, state)
    case 'userinfo':
      return answerUserinfo(call, state)
    case 'revoke':
      return answerRevoke(call, state)
    case 'unknown':
      // So seen at the places of RFC 8414, where Descope has no documents.
      return call.url.pathname.startsWith('/.well-known/')
        ? new Response(null, { status: 401 })
        : buildErrorResponse('notFound')
  }
}

async function readCall(request: Request): Promise<FakeDescopeCall> {
  const received = await receiveRequest(request)
  const [, serverId] = /\/(?:agentic|mcp\/client)\/[^/]+\/([^/]+)\//.exec(received.url.pathname) ?? []
  return { ...received, serverId }
}

function describeCall(call: FakeDescopeCall): FakeDescopeRequest {
  const endpoint = patterns.find(([pattern]) => pattern.test(call.url.pathname))?.[1] ?? 'unknown'
  return describeRequest(distinguishRefresh(endpoint, call.form), call)
}
