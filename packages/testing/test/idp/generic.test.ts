import { oidc } from '@mcp-auth/core'
import { createFakeIdP, leakMarker } from '@mcp-auth/core/mocks'
import { describeIdPContract } from '@mcp-auth/testing/idp-contract'
import { describe } from 'vitest'

describe.each([
  ['rotates', true],
  ['keeps', false],
] as const)('a provider that %s refresh tokens', (_name, rotatesRefreshTokens) => {
  describeIdPContract('oidc()', {
    create: ({ now }) => {
      const fake = createFakeIdP({ now, profile: { rotatesRefreshTokens } })
      const { issuer, clientId, clientSecret } = fake
      return {
        provider: oidc({ issuer, clientId, clientSecret, optionalScopes: ['email'] }),
        fake,
        expected: { identity: { subject: fake.settings.user }, issuesRefreshTokens: true, rotatesRefreshTokens },
        leakMarkers: [leakMarker],
      }
    },
  })
})
