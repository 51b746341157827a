/** People to start from. Names, addresses and ids are made up. @module */
import type { FakeIdPUser } from '@mcp-auth/core/mocks'

/** Id of the fake's own tenant. */
export const fakeTenantId = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490'

/** Two users of one tenant: one with roles and groups, one with hardly a claim. `subject` is the pairwise `sub`. */
export const fakeEntraUsers: { readonly nelly: FakeIdPUser; readonly wumpus: FakeIdPUser } = {
  nelly: {
    subject: 'pairwise-nelly-Kd0Wq3gHx2',
    claims: {
      oid: '0f1c2d3e-1111-4a5b-8c6d-7e8f9a0b1c2d',
      tid: fakeTenantId,
      name: 'Nelly Example',
      preferred_username: 'nelly@contoso.example',
      email: 'nelly@contoso.example',
      roles: ['Notes.Editor'],
      groups: ['6f5b2c1e-8f5a-4b0e-9d43-0e6a4a7a1b11'],
    },
  },
  wumpus: {
    subject: 'pairwise-wumpus-Zp8Rt5uNv4',
    claims: {
      oid: '0f1c2d3e-2222-4a5b-8c6d-7e8f9a0b1c2d',
      tid: fakeTenantId,
      preferred_username: 'wumpus@contoso.example',
    },
  },
}
