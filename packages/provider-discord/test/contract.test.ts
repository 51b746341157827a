import { discord } from '@mcp-auth/provider-discord'
import { createFakeDiscord, leakMarker } from '@mcp-auth/provider-discord/mocks'
import { describeIdPContract } from '@mcp-auth/testing/idp-contract'

describeIdPContract('discord()', {
  create: ({ now }) => {
    const fake = createFakeDiscord({ now })
    const { clientId, clientSecret } = fake
    return {
      provider: discord({ clientId, clientSecret, optionalScopes: ['guilds'] }),
      fake,
      expected: {
        identity: { subject: fake.settings.user, username: 'nelly' },
        issuesRefreshTokens: true,
        rotatesRefreshTokens: true,
      },
      leakMarkers: [leakMarker],
    }
  },
})
