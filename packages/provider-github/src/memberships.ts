/** Which organizations the user is in. @module */
import { type UpstreamApi, UpstreamError, type UpstreamTokens } from '@mcp-auth/core'
import * as z from 'zod/mini'
import { isRefusal, parseAnswer } from './answers.ts'
import type { ParsedGitHubOptions } from './options.ts'

/** One membership, names as on the wire. */
export type GitHubMembership = {
  /** The number of the organization, which never changes hands. */
  readonly id: number
  /** The name of the organization. */
  readonly login: string
  /** `admin` or `member`; GitHub may have further ones. */
  readonly role: string
}

const membershipAnswer = z.object({
  state: z.string(),
  role: z.string(),
  organization: z.object({ id: z.int(), login: z.string() }),
  user: z.nullish(z.object({ id: z.int() })),
})

/**
 * The memberships that let the user in; `undefined` where everybody may.
 * @throws {UpstreamError} `access_denied` for a member of none; an outage is not "no member"
 * @see [Get an organization membership](https://docs.github.com/en/rest/orgs/members#get-an-organization-membership-for-the-authenticated-user)
 */
export async function findMemberships(
  { organizations, endpoints }: Pick<ParsedGitHubOptions, 'organizations' | 'endpoints'>,
  userId: number,
  { accessToken }: UpstreamTokens,
  api: UpstreamApi,
): Promise<readonly GitHubMembership[] | undefined> {
  if (organizations.length === 0) return undefined
  const found: GitHubMembership[] = []
  for (const organization of organizations) {
    const membership = await findMembership(endpoints.membership(organization), userId, accessToken, api)
    if (membership) found.push(membership)
  }
  if (found.length === 0) throw new UpstreamError('access_denied')
  return found
}

async function findMembership(
  url: string,
  userId: number,
  accessToken: string,
  api: UpstreamApi,
): Promise<GitHubMembership | undefined> {
  let body: unknown
  try {
    body = await api.getJSON(url, accessToken)
  } catch (cause) {
    if (cause instanceof UpstreamError && isRefusal(cause)) return undefined
    throw cause
  }
  const { state, role, organization, user } = parseAnswer(membershipAnswer, body)
  if (user && user.id !== userId) throw new UpstreamError('protocol')
  // Somebody who was invited and has not accepted is `pending`.
  return state === 'active' ? { id: organization.id, login: organization.login, role } : undefined
}
