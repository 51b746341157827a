/** Two right providers and the fakes of their IdPs, to be broken one habit at a time. */
import {
  type DiscoveringProvider,
  type FixedProvider,
  UpstreamError,
  type UpstreamErrorResponse,
  type UpstreamFailure,
} from '@mcp-auth/core'
import { createFakeIdP, type FakeIdP, type FakeIdPOptions, type FakeIdPProfile } from '@mcp-auth/core/mocks'
import type { CreateIdP, IdPExpectations } from '@mcp-auth/testing/idp-contract'

const kinds: Readonly<Record<string, UpstreamFailure['kind']>> = {
  invalid_grant: 'invalid_grant',
  invalid_client: 'invalid_client',
  access_denied: 'access_denied',
}

/** By the book: the code decides, and only below 500. */
export function classifyError({ status, body }: UpstreamErrorResponse): UpstreamFailure {
  if (status === 429 || status >= 500 || typeof body !== 'object' || body === null) return { kind: 'unavailable' }
  const error: unknown = Reflect.get(body, 'error')
  const known = typeof error === 'string' && Object.hasOwn(kinds, error) ? kinds[error] : undefined
  return { kind: known ?? (status === 401 ? 'invalid_token' : 'protocol') }
}

const issuer = 'https://idp.example'

/** Plain OAuth 2, with an endpoint that tells whose token it is and for which application. */
export const plainProfile: FakeIdPProfile = {
  issuesIDToken: () => false,
  clientAuthentication: ['client_secret_post'],
  api: {
    me: {
      path: '/me',
      answer: ({ user, state }) => ({
        application: state.settings.foreignApplication ? 'another' : state.clientId,
        id: user?.subject,
        login: user?.claims['preferred_username'],
      }),
    },
  },
}

/** A provider for {@link plainProfile}. */
export function plainProvider(
  { clientId, clientSecret }: FakeIdP,
  changes: Partial<FixedProvider> = {},
): FixedProvider {
  return {
    name: 'plain',
    displayName: 'Plain',
    clientId,
    clientSecret,
    tokenEndpointAuthMethod: 'client_secret_post',
    authorizationEndpoint: `${issuer}/authorize`,
    tokenEndpoint: `${issuer}/token`,
    revocationEndpoint: `${issuer}/revoke`,
    issuer,
    scopes: ['profile'],
    supportedScopes: ['profile', 'mail'],
    identityScopes: ['profile'],
    async identify(tokens, api) {
      const { application, id, login } = Object(await api.getJSON(`${issuer}/me`, tokens.accessToken))
      if (typeof application !== 'string') throw new UpstreamError('protocol')
      if (application !== clientId) throw new UpstreamError('invalid_token')
      if (typeof id !== 'string') throw new UpstreamError('protocol')
      return { subject: id, username: String(login), claims: { login } }
    },
    classifyError,
    ...changes,
  }
}

/** A provider for an OpenID Provider that publishes where it is. */
export function openIDProvider(
  { clientId, clientSecret, issuer }: Pick<FakeIdP, 'clientId' | 'clientSecret' | 'issuer'>,
  changes: Partial<DiscoveringProvider> = {},
): DiscoveringProvider {
  return {
    name: 'openid',
    displayName: 'OpenID',
    clientId,
    clientSecret,
    tokenEndpointAuthMethod: 'client_secret_basic',
    scopes: ['openid', 'profile'],
    supportedScopes: ['openid', 'profile', 'email'],
    identityScopes: ['openid'],
    usesNonce: true,
    async discover(discovery) {
      const found = await discovery.discover(issuer)
      return {
        authorizationEndpoint: String(found.authorization_endpoint),
        tokenEndpoint: String(found.token_endpoint),
        revocationEndpoint: found.revocation_endpoint,
        jwksURI: found.jwks_uri,
        issuer: found.issuer,
      }
    },
    async identify(tokens, api) {
      if (tokens.idToken === undefined) throw new UpstreamError('protocol')
      const jwksURI = String(api.endpoints.jwksURI)
      const expected = { issuer, clientId, jwksURI, nonce: api.nonce }
      const { sub, preferred_username: username } = await api.verifyIDToken(tokens.idToken, expected)
      return { subject: String(sub), username: String(username), claims: {} }
    },
    classifyError,
    ...changes,
  }
}

/** A fixture with a plain IdP, some of whose habits differ. */
export function plain(
  changes: (fake: FakeIdP) => Partial<FixedProvider> = () => ({}),
  options: FakeIdPOptions = {},
  expected: IdPExpectations = {},
): CreateIdP {
  return ({ now }) => {
    const fake = createFakeIdP({ now, profile: plainProfile, ...options })
    return { fake, provider: plainProvider(fake, changes(fake)), expected }
  }
}

/** A fixture with an OpenID Provider, some of whose habits differ. */
export function openID(
  changes: (fake: FakeIdP) => Partial<DiscoveringProvider> = () => ({}),
  options: FakeIdPOptions = {},
): CreateIdP {
  return ({ now }) => {
    const fake = createFakeIdP({ now, ...options })
    return { fake, provider: openIDProvider(fake, changes(fake)) }
  }
}
