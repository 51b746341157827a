import { google } from '@mcp-auth/provider-google'
import { createFakeGoogle, leakMarker } from '@mcp-auth/provider-google/mocks'
import { describeIdPContract } from '@mcp-auth/testing/idp-contract'

const drive = 'https://www.googleapis.com/auth/drive.readonly'

describeIdPContract('google()', {
  create: ({ now }) => {
    const fake = createFakeGoogle({ now })
    const { clientId, clientSecret } = fake
    return {
      provider: google({ clientId, clientSecret, optionalScopes: [drive] }),
      fake,
      expected: {
        identity: { subject: fake.settings.user, username: 'nelly@example.com' },
        issuesRefreshTokens: true,
        rotatesRefreshTokens: false,
      },
      leakMarkers: [leakMarker],
    }
  },
})
