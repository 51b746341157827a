/** Tool: the Discord servers of whoever signed in, asked for with their own token. @module */
import { type AccessRule, type AuthSession, OAuthError, requireAll, requireScopes } from '@mcp-auth/core'
import type { Tool } from '@mcp-auth/example-kit'
import * as z from 'zod/mini'
import { DiscordError } from '../discord/errors.ts'
import { type DiscordAnswer, exchange } from '../discord/exchange.ts'
import { readRetryAfter } from '../discord/too-many-requests.ts'
import type { CallLimit } from './call-limit.ts'
import { requireLogin } from './minted-callers.ts'
import { ServiceError } from './service-error.ts'

/** What the tool needs. */
export interface GuildListOptions {
  readonly apiUrl: string
  /** Headers of every call to Discord, such as the `User-Agent` it insists on. */
  readonly headers: Readonly<Record<string, string>>
  /** It asks Discord by itself, outside of the traffic that the bots share, and is limited like their tools. */
  readonly limit: CallLimit
  readonly fetch?: typeof fetch
}

/** Seconds until a request is given up. */
const timeoutSeconds = 15

/** One of the user's servers. */
interface Guild {
  readonly id: string
  readonly name: string
  readonly owner?: boolean | undefined
}

const guildList: z.ZodMiniType<readonly Guild[]> = z.array(
  z.object({ id: z.string(), name: z.string(), owner: z.optional(z.boolean()) }),
)

/** The tool. */
export interface GuildList extends Pick<Tool, 'name' | 'title' | 'description'> {
  readonly canAccess: AccessRule<AuthSession>
  /** @throws {DiscordError} @throws {ServiceError} @throws {OAuthError} */
  run(session: AuthSession, signal: AbortSignal): Promise<readonly Guild[]>
}

/** Makes the tool. */
export function createGuildList(options: GuildListOptions): GuildList {
  return {
    name: 'list_guilds',
    title: 'My Discord servers',
    description: 'The Discord servers the signed-in user is in',
    canAccess: requireAll(requireLogin, requireScopes('guilds')),
    async run(session, signal) {
      options.limit.spend(session)
      try {
        return await listGuilds(session, signal, options)
      } catch (error) {
        // The token that the caller showed is good: it is Discord that has ended.
        throw error instanceof OAuthError && error.status === 401 ? new ServiceError('sign_in_ended') : error
      }
    },
  }
}

async function listGuilds(
  session: AuthSession,
  signal: AbortSignal,
  options: GuildListOptions,
): Promise<readonly Guild[]> {
  const token = await session.getUpstreamAccessToken()
  const first = await getGuilds(token, signal, options)
  // A token may die before its time. With a fresh one Discord decides again; twice is a decision.
  const answer =
    first.status === 401
      ? await getGuilds(await session.getUpstreamAccessToken({ rejected: token }), signal, options)
      : first
  if (answer.status !== 200) throw judge(answer)
  const guilds = guildList.safeParse(answer.body)
  if (!guilds.success) throw new DiscordError('unreadable')
  return guilds.data
}

async function getGuilds(
  token: string,
  signal: AbortSignal,
  { apiUrl, headers, fetch: call = fetch }: GuildListOptions,
): Promise<DiscordAnswer> {
  const request = {
    url: `${apiUrl.replace(/\/+$/, '')}/users/@me/guilds`,
    method: 'GET',
    headers: { ...headers, accept: 'application/json', authorization: `Bearer ${token}` },
  } as const
  return await exchange(request, { fetch: call, timeoutSeconds, signal })
}

/** What the user can do about it, and nothing of what Discord said. */
function judge(answer: DiscordAnswer): Error {
  const { status } = answer
  if (status === 401) return new ServiceError('sign_in_ended')
  if (status === 429) return new DiscordError('rate_limited', { retryAfterSeconds: readRetryAfter(answer) })
  return new DiscordError(status >= 500 ? 'unavailable' : 'refused')
}
