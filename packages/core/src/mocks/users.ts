/** People to start from. Names and addresses are made up. @module */
import type { FakeIdPUser } from './state.ts'

/** Two users: one with every claim, one with hardly any. */
export const fakeIdPUsers: { readonly nelly: FakeIdPUser; readonly wumpus: FakeIdPUser } = {
  nelly: {
    subject: 'user-nelly',
    claims: {
      preferred_username: 'nelly',
      name: 'Nelly Example',
      email: 'nelly@example.com',
      email_verified: true,
      picture: 'https://idp.example/nelly.png',
      locale: 'en-US',
    },
  },
  wumpus: {
    subject: 'user-wumpus',
    claims: { preferred_username: 'wumpus', email: 'wumpus@example.com', email_verified: false },
  },
}
