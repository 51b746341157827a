import { github } from '@mcp-auth/provider-github'
import { createFakeGitHub, leakMarker } from '@mcp-auth/provider-github/mocks'
import { describeIdPContract } from '@mcp-auth/testing/idp-contract'

const identity = { subject: '583231', username: 'nelly' }

// Tokens that do not expire are the matter of login.test.ts: the contract is about tokens that do.
describeIdPContract('github() with an OAuth App whose tokens expire', {
  create: ({ now }) => {
    const fake = createFakeGitHub({ now, expiringTokens: true })
    const { clientId, clientSecret } = fake
    return {
      provider: github({ clientId, clientSecret, optionalScopes: ['gist', 'user:email'] }),
      fake,
      expected: { identity, issuesRefreshTokens: true, rotatesRefreshTokens: true },
      leakMarkers: [leakMarker],
    }
  },
})

describeIdPContract('github() with a GitHub App', {
  create: ({ now }) => {
    const fake = createFakeGitHub({ now, kind: 'github-app' })
    const { clientId, clientSecret } = fake
    return {
      provider: github({ clientId, clientSecret, kind: 'github-app', optionalScopes: ['deploy'] }),
      fake,
      expected: { identity, issuesRefreshTokens: true, rotatesRefreshTokens: true, withholdsScopes: false },
      leakMarkers: [leakMarker],
    }
  },
})
