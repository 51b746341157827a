/** What GitHub says about people. @module */
import type { FakeIdPUser } from '@mcp-auth/core/mocks'
import * as z from 'zod/mini'

/** A person with an account at the fake. `subject` is the number of the user in text. */
export interface FakeGitHubUser extends FakeIdPUser {
  readonly claims: {
    readonly login: string
    readonly name?: string | null
    readonly avatar_url?: string
    /** The address on the public profile. */
    readonly email?: string | null
    /** What `GET /user/emails` lists. */
    readonly emails?: readonly { readonly email: string; readonly primary: boolean; readonly verified: boolean }[]
    /** Memberships by the name of the organization. */
    readonly organizations?: Readonly<
      Record<string, { readonly id: number; readonly role: string; readonly state: string }>
    >
  }
}

/** People to start from. Names and addresses are made up. */
export const fakeGitHubUsers: { readonly nelly: FakeGitHubUser; readonly wumpus: FakeGitHubUser } = Object.freeze({
  /** A profile with everything, and a private address. */
  nelly: {
    subject: '583231',
    claims: {
      login: 'nelly',
      name: 'Nelly Example',
      avatar_url: 'https://avatars.githubusercontent.com/u/583231?v=4',
      email: null,
      emails: [
        { email: 'nelly@example.com', primary: true, verified: true },
        { email: '583231+nelly@users.noreply.github.com', primary: false, verified: true },
      ],
    },
  },
  /** Hardly anything: no name, and an address that was never confirmed. */
  wumpus: {
    subject: '9919001',
    claims: {
      login: 'wumpus',
      name: null,
      avatar_url: 'https://avatars.githubusercontent.com/u/9919001?v=4',
      email: null,
      emails: [{ email: 'wumpus@example.com', primary: true, verified: false }],
    },
  },
})

const memberships = z.record(z.string(), z.object({ id: z.number(), role: z.string(), state: z.string() }))

/** The user as every answer has it. */
export function simpleUserBody({ subject, claims }: FakeIdPUser): Readonly<Record<string, unknown>> {
  return { login: claims['login'], id: Number(subject), avatar_url: claims['avatar_url'] ?? null, type: 'User' }
}

/** @see [Get the authenticated user](https://docs.github.com/en/rest/users/users#get-the-authenticated-user) */
export function userBody(user: FakeIdPUser): Readonly<Record<string, unknown>> {
  const { name, email } = user.claims
  return { ...simpleUserBody(user), name: name ?? null, email: email ?? null, created_at: '2011-01-25T18:44:36Z' }
}

/** `undefined` for somebody who was never invited. */
export function membershipBody(user: FakeIdPUser, login: string): Readonly<Record<string, unknown>> | undefined {
  const parsed = memberships.safeParse(user.claims['organizations'] ?? {})
  const found = parsed.success && Object.hasOwn(parsed.data, login) ? parsed.data[login] : undefined
  if (!found) return undefined
  const { id, role, state } = found
  return { state, role, organization: { login, id }, user: simpleUserBody(user) }
}
