/** People to start from. Names, addresses and ids are made up. @module */
import type { FakeIdPUser } from '@mcp-auth/core/mocks'

/** Two users: one with roles and permissions, one with hardly a claim. Claims that begin with `http` are of an Action. */
export const fakeAuth0Users: { readonly nelly: FakeIdPUser; readonly wumpus: FakeIdPUser } = {
  nelly: {
    subject: 'auth0|64f0c0ffee0123456789nelly',
    claims: {
      nickname: 'nelly',
      name: 'Nelly Example',
      email: 'nelly@example.com',
      email_verified: true,
      picture: 'https://cdn.example/nelly.png',
      permissions: ['read:notes'],
      'https://my-server.example/roles': ['editor'],
    },
  },
  wumpus: { subject: 'google-oauth2|108000000000000000002', claims: { nickname: 'wumpus' } },
}
