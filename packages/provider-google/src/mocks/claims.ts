/** What Google says about people: users to start from, and which scope shows what. @module */
import type { FakeIdPGrant, FakeIdPUser } from '@mcp-auth/core/mocks'

/** People to start from. Names and addresses are made up. */
export const fakeGoogleUsers: { readonly nelly: FakeIdPUser; readonly wumpus: FakeIdPUser } = Object.freeze({
  /** A private account. */
  nelly: {
    subject: '110248495921238986420',
    claims: {
      email: 'nelly@example.com',
      email_verified: true,
      name: 'Nelly Example',
      given_name: 'Nelly',
      family_name: 'Example',
      picture: 'https://lh3.googleusercontent.com/a/nelly=s96-c',
    },
  },
  /** A user of the Workspace domain `workspace.example`. */
  wumpus: {
    subject: '104817239846217384619',
    claims: {
      email: 'wumpus@workspace.example',
      email_verified: true,
      name: 'Wumpus Example',
      picture: 'https://lh3.googleusercontent.com/a/wumpus=s96-c',
      hd: 'workspace.example',
    },
  },
})

/** Claims a scope shows; every other one of Google's own is shown always. */
const claimsOfScope: Readonly<Record<string, readonly string[]>> = {
  email: ['email', 'email_verified', 'hd'],
  profile: ['name', 'given_name', 'family_name', 'picture', 'locale'],
}

/** The claims that the scopes of a grant show. */
export function shownClaims(
  claims: Readonly<Record<string, unknown>>,
  { scopes }: Pick<FakeIdPGrant, 'scopes'>,
): Readonly<Record<string, unknown>> {
  const hidden = Object.entries(claimsOfScope).flatMap(([scope, names]) => (scopes.includes(scope) ? [] : names))
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !hidden.includes(name)))
}
