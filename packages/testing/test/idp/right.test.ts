import { fakeIdPUsers } from '@mcp-auth/core/mocks'
import { describeIdPContract } from '@mcp-auth/testing/idp-contract'
import { openID, plain, plainProfile } from './providers.ts'

const { subject } = fakeIdPUsers.nelly

describeIdPContract('plain OAuth 2 with rotating refresh tokens', {
  create: plain(
    () => ({}),
    {},
    { identity: { subject, username: 'nelly' }, issuesRefreshTokens: true, rotatesRefreshTokens: true },
  ),
})

describeIdPContract('plain OAuth 2 whose refresh tokens stay', {
  create: plain(
    () => ({}),
    { profile: { ...plainProfile, rotatesRefreshTokens: false } },
    { issuesRefreshTokens: true, rotatesRefreshTokens: false },
  ),
})

describeIdPContract('plain OAuth 2 without refresh tokens', {
  create: plain(
    () => ({}),
    { profile: { ...plainProfile, issuesRefreshToken: () => false } },
    { issuesRefreshTokens: false },
  ),
})

describeIdPContract('an OpenID Provider that is discovered', { create: openID() })
