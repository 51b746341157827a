import { type Auth0Options, auth0 } from '@mcp-auth/provider-auth0'
import { createFakeAuth0, type FakeAuth0Options, leakMarker } from '@mcp-auth/provider-auth0/mocks'
import { type CreateIdP, describeIdPContract } from '@mcp-auth/testing/idp-contract'

/** A tenant, set as told. */
function create(settings: FakeAuth0Options, options: Partial<Auth0Options>): CreateIdP {
  return ({ now }) => {
    const fake = createFakeAuth0({ now, ...settings })
    const { domain, clientId, clientSecret } = fake
    return {
      fake,
      provider: auth0({ domain, clientId, clientSecret, ...options }),
      leakMarkers: [leakMarker],
      expected: {
        identity: { subject: 'auth0|64f0c0ffee0123456789nelly', username: 'nelly' },
        issuesRefreshTokens: true,
        rotatesRefreshTokens: settings.rotation ?? true,
        tellsApplication: true,
      },
    }
  }
}

describeIdPContract('Auth0', { create: create({}, {}) })
describeIdPContract('Auth0 without rotation, with an API and an organization', {
  create: create(
    { rotation: false },
    {
      audience: 'https://api.example',
      organization: 'org_Contoso1',
      permissions: 'roles',
      tokenEndpointAuthMethod: 'client_secret_basic',
      scopes: ['openid', 'profile'],
      optionalScopes: ['read:notes'],
    },
  ),
})
