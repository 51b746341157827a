/** The habits of Entra ID. @module */
import type { FakeIdPCall, FakeIdPObjection, FakeIdPProfile, FakeIdPState, FakeIdPTokens } from '@mcp-auth/core/mocks'
import { accessTokenClaims, type FakeEntraHabits, idTokenClaims } from './claims.ts'
import { writeEntraRefusal } from './error-answers.ts'
import { graphResource, resourcesOf, writtenScopes } from './scopes.ts'
import { fakeEntraUsers } from './users.ts'

/** Entra as one tenant has it. */
export function entraProfile(habits: FakeEntraHabits, tenantId: string): FakeIdPProfile {
  const base = `${habits.authority}/${tenantId}`
  return {
    displayName: 'Microsoft',
    issuer: `${base}/v2.0`,
    foreignClientId: '99999999-2222-4333-8444-555555555555',
    users: [fakeEntraUsers.nelly, fakeEntraUsers.wumpus],
    settings: { issuer: 'absent' },
    endpoints: {
      authorize: '/oauth2/v2.0/authorize',
      token: '/oauth2/v2.0/token',
      jwks: '/discovery/v2.0/keys',
      userinfo: `${graphResource}/oidc/userinfo`,
      revoke: false,
      introspect: false,
      // There is no other place, and no document by RFC 8414.
      metadata: /\/v2\.0\/\.well-known\/openid-configuration$/,
    },
    wellKnown: ['openid-configuration'],
    metadata: (document, { url }) => buildMetadata(document, habits.authority, tenantId, url.pathname),
    api: {
      memberOf: {
        path: `${graphResource}/v1.0/me/transitiveMemberOf`,
        answer: ({ user }) => ({ value: groupsOf(user?.claims['groups']).map((id) => ({ id })) }),
      },
    },
    // Tokens for Graph are nobody else's to read.
    accessTokens: ({ grant }) => (resourcesOf(grant.scopes)[0] === habits.applicationIdUri ? 'jwt' : 'opaque'),
    accessTokenClaims: (claims, context) => accessTokenClaims(habits, claims, context),
    accessTokenHeader: { typ: 'JWT' },
    idTokenClaims: (claims, context) => idTokenClaims(habits, claims, context),
    issuesRefreshToken: ({ grant }) => grant.scopes.includes('offline_access'),
    // Each refresh brings another refresh token, and the former one goes on working.
    rotatesRefreshTokens: false,
    tokens: (tokens, { grant, state, on }) => (on === 'refresh' ? withNewRefreshToken(tokens, grant, state) : tokens),
    writeScopes: ({ grant }) => writtenScopes(grant.scopes),
    writeRefusal: (refusal) => writeEntraRefusal(refusal),
    checkAuthorization: (parameters) => checkParameters(parameters),
    checkToken: (call) => checkParameters(call.form) ?? checkRefresh(call),
  }
}

/** The document of a tenant, at whatever name it was asked for; there is none by RFC 8414. */
function buildMetadata(
  document: Readonly<Record<string, unknown>>,
  authority: string,
  tenantId: string,
  path: string,
): Readonly<Record<string, unknown>> {
  const [, tenant = tenantId] = path.split('/')
  const isMany = ['organizations', 'common', 'consumers'].includes(tenant)
  return {
    ...document,
    issuer: `${authority}/${isMany ? '{tenantid}' : tenantId}/v2.0`,
    authorization_endpoint: `${authority}/${tenant}/oauth2/v2.0/authorize`,
    token_endpoint: `${authority}/${tenant}/oauth2/v2.0/token`,
    jwks_uri: `${authority}/${tenant}/discovery/v2.0/keys`,
    revocation_endpoint: undefined,
    introspection_endpoint: undefined,
    subject_types_supported: ['pairwise'],
    // Works, and is not said.
    code_challenge_methods_supported: undefined,
    authorization_response_iss_parameter_supported: undefined,
  }
}

function groupsOf(groups: unknown): readonly unknown[] {
  return Array.isArray(groups) ? groups : []
}

function withNewRefreshToken(
  tokens: FakeIdPTokens,
  grant: Parameters<FakeIdPState['refreshTokens']['set']>[1],
  state: FakeIdPState,
): FakeIdPTokens {
  if (!grant.scopes.includes('offline_access')) return tokens
  const refreshToken = `1.${crypto.randomUUID()}${crypto.randomUUID()}`
  state.refreshTokens.set(refreshToken, grant)
  state.remember(refreshToken)
  return { ...tokens, refresh_token: refreshToken }
}

function checkParameters(parameters: URLSearchParams): FakeIdPObjection | undefined {
  if (parameters.has('resource')) {
    return { error: 'invalid_request', description: "AADSTS901002: The 'resource' request parameter is not supported." }
  }
  const resources = resourcesOf((parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== ''))
  if (resources.length < 2) return undefined
  return {
    error: 'invalid_scope',
    description: 'AADSTS28000: Provided value for the input parameter scope contains more than one resource.',
  }
}

function checkRefresh({ endpoint, form }: FakeIdPCall): FakeIdPObjection | undefined {
  if (endpoint !== 'refresh' || form.has('scope')) return undefined
  return { error: 'invalid_request', description: 'AADSTS90009: Application is requesting a token for itself.' }
}
