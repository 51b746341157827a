/** Whose token it is: answers of GitHub, checked and joined. @module */
import { type AuthSession, type Identity, type UpstreamApi, UpstreamError, type UpstreamTokens } from '@mcp-auth/core'
import * as z from 'zod/mini'
import { isRefusal, parseAnswer } from './answers.ts'
import { findMemberships, type GitHubMembership } from './memberships.ts'
import type { ParsedGitHubOptions } from './options.ts'

/**
 * What GitHub says about the user, names as on the wire.
 * @see [Get the authenticated user](https://docs.github.com/en/rest/users/users#get-the-authenticated-user)
 */
export type GitHubClaims = {
  readonly id: number
  /** The user name. It can be changed, and then taken by somebody else: never a key. */
  readonly login: string
  /** The display name, if the user has one. */
  readonly name: string | null
  readonly avatar_url: string | null
  /** The primary address, and only if GitHub has verified it. Absent if it was not looked up. */
  readonly email?: string | null
  /** Those of the option `organizations` the user is an active member of. */
  readonly organizations?: readonly GitHubMembership[]
}

/** A GitHub user; `subject` is the number of the user as text, which GitHub never gives to somebody else. */
export interface GitHubIdentity extends Identity {
  readonly username: string
  readonly claims: GitHubClaims
}

/** A caller who signed in with GitHub. */
export interface GitHubSession extends AuthSession {
  readonly identity: GitHubIdentity
}

const userId = z.int().check(z.positive())

const checkedToken = z.object({
  app: z.object({ client_id: z.string() }),
  scopes: z.nullish(z.array(z.string())),
  user: z.nullish(z.object({ id: userId })),
})

const currentUser = z.object({
  id: userId,
  login: z.string().check(z.minLength(1)),
  name: z.nullish(z.string()),
  avatar_url: z.nullish(z.string()),
})

const addresses = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }))

type IdentityOptions = Pick<ParsedGitHubOptions, 'clientId' | 'email' | 'organizations' | 'endpoints'>

/**
 * Asks GitHub whose access token this is, and whether it was issued to our own application: nothing else in GitHub's
 * answers names the application, and a user's token for another one would be as good.
 * @throws {UpstreamError} `invalid_token` for a token that is dead or another application's; `access_denied` for a
 * user who is in none of the organizations; `protocol` for an answer that is not GitHub's;
 * what {@link UpstreamApi.getJSON} throws
 */
export async function identifyGitHubUser(
  options: IdentityOptions,
  tokens: UpstreamTokens,
  api: UpstreamApi,
): Promise<GitHubIdentity> {
  const { endpoints } = options
  const token = await checkToken(options, tokens, api)
  const user = parseAnswer(currentUser, await api.getJSON(endpoints.user, tokens.accessToken))
  if (token.user && token.user.id !== user.id) throw new UpstreamError('protocol')
  const memberships = await findMemberships(options, user.id, tokens, api)
  const scopes = token.scopes ?? []
  const hasEmail = options.email ?? (scopes.includes('user:email') || scopes.includes('user'))
  const email = hasEmail ? await findEmail(endpoints.emails, tokens, api) : undefined
  return {
    subject: String(user.id),
    username: user.login,
    claims: {
      id: user.id,
      login: user.login,
      name: user.name ?? null,
      avatar_url: user.avatar_url ?? null,
      ...(email === undefined ? {} : { email }),
      ...(memberships === undefined ? {} : { organizations: memberships }),
    },
  }
}

async function checkToken(
  { clientId, endpoints }: IdentityOptions,
  { accessToken }: UpstreamTokens,
  api: UpstreamApi,
): Promise<z.output<typeof checkedToken>> {
  let answer: unknown
  try {
    answer = await api.postJSONAsClient(endpoints.tokenCheck, { access_token: accessToken })
  } catch (cause) {
    if (!(cause instanceof UpstreamError)) throw cause
    // Here 404 is about the token, and 401 about the id and the secret of the application.
    if (cause.kind === 'protocol' && cause.status === 404) throw new UpstreamError('invalid_token', { cause })
    throw cause.kind === 'invalid_token' ? new UpstreamError('invalid_client', { cause }) : cause
  }
  const token = parseAnswer(checkedToken, answer)
  if (token.app.client_id !== clientId) throw new UpstreamError('invalid_token')
  return token
}

/** The primary address if it is verified; `null` for a user who has none, or an app that may not see it. */
async function findEmail(url: string, { accessToken }: UpstreamTokens, api: UpstreamApi): Promise<string | null> {
  try {
    const list = parseAnswer(addresses, await api.getJSON(url, accessToken))
    return list.find(({ primary, verified }) => primary && verified)?.email ?? null
  } catch (cause) {
    if (cause instanceof UpstreamError && isRefusal(cause)) return null
    throw cause
  }
}
