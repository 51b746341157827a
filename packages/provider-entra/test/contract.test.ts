import { type EntraOptions, entra } from '@mcp-auth/provider-entra'
import { createFakeEntra, fakeTenantId, leakMarker } from '@mcp-auth/provider-entra/mocks'
import { type CreateIdP, describeIdPContract } from '@mcp-auth/testing/idp-contract'

/** A tenant of the fake, with these options. */
function create(options: Partial<EntraOptions>): CreateIdP {
  return ({ now }) => {
    const fake = createFakeEntra({ now })
    const { clientId, clientSecret } = fake
    return {
      fake,
      provider: entra({ tenant: fakeTenantId, clientId, clientSecret, ...options }),
      leakMarkers: [leakMarker],
      expected: {
        identity: {
          subject: `${fakeTenantId}.0f1c2d3e-1111-4a5b-8c6d-7e8f9a0b1c2d`,
          username: 'nelly@contoso.example',
        },
        issuesRefreshTokens: true,
        rotatesRefreshTokens: true,
        tellsApplication: true,
      },
    }
  }
}

describeIdPContract('Entra ID with many tenants', {
  create: create({ tenant: 'organizations', allowedTenants: [fakeTenantId] }),
})
describeIdPContract('Entra ID with scopes of an API', {
  create: create({ scopes: ['mcp.read'], optionalScopes: ['mcp.write'] }),
})
