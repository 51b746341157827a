/** The tools of the Discord examples. @module */
import { type AuthSession, type Fetch, OAuthError, requireScopes } from '@mcp-auth/core'
import * as z from 'zod/mini'
import type { AuditLog } from './audit-log.ts'
import type { Tool, ToolAnswer } from './mcp/tools.ts'
import { readBounded } from './read-bounded.ts'
import { createServerStats, whoami } from './usual-tools.ts'

/** What the tools need. */
export interface DiscordToolsOptions {
  /** Where Discord's API is. */
  readonly apiUrl: string
  /** Headers of every call to Discord, such as the `User-Agent` it insists on. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Whose counts `server_stats` shows. */
  readonly audit: Pick<AuditLog, 'counts'>
  readonly fetch?: Fetch
}

/** How long a tool may take, in milliseconds. */
const patience = 15_000
/** Most bytes of an answer that we read: 200 servers are some 50 kB. */
const maxAnswerBytes = 1024 * 1024

const guildList = z.array(z.object({ id: z.string(), name: z.string(), owner: z.optional(z.boolean()) }))

/** The tools, each with its rule. */
export function createDiscordTools(options: DiscordToolsOptions): readonly Tool[] {
  return [
    whoami,
    {
      name: 'list_guilds',
      title: 'My Discord servers',
      description: 'The Discord servers the signed-in user is in',
      canAccess: requireScopes('guilds'),
      run: async (session, signal) => await listGuilds(session, signal, options),
    },
    createServerStats(options.audit),
  ]
}

async function listGuilds(
  session: AuthSession,
  signal: AbortSignal,
  options: DiscordToolsOptions,
): Promise<ToolAnswer> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patience)])
  try {
    const token = await session.getUpstreamAccessToken()
    const first = await getGuilds(token, limit, options)
    // A token may die before its time. With a fresh one Discord decides again; twice is a decision.
    const answer =
      first.status === 401
        ? await getGuilds(await session.getUpstreamAccessToken({ rejected: token }), limit, options)
        : first
    if (!answer.ok) return await failure(answer)
    const guilds = guildList.parse(JSON.parse(await readText(answer)))
    return { text: JSON.stringify(guilds) }
  } catch (error) {
    if (error instanceof OAuthError && error.status === 401) {
      return { text: 'The sign-in at Discord has ended. Please sign in again.', isError: true }
    }
    return { text: 'Discord cannot be reached at the moment. Please try again later.', isError: true }
  }
}

async function getGuilds(token: string, signal: AbortSignal, options: DiscordToolsOptions): Promise<Response> {
  const { apiUrl, headers = {}, fetch: call = fetch } = options
  return await call(`${apiUrl}/users/@me/guilds`, {
    headers: { ...headers, accept: 'application/json', authorization: `Bearer ${token}` },
    redirect: 'error',
    signal,
  })
}

/** What the user can do about it, and nothing of what Discord said. */
async function failure(answer: Response): Promise<ToolAnswer> {
  await answer.body?.cancel()
  const { status } = answer
  if (status === 401)
    return { text: 'Discord does not accept the sign-in any more. Please sign in again.', isError: true }
  if (status === 403) return { text: 'Discord does not allow this.', isError: true }
  if (status === 429) return { text: 'Discord has had too many requests. Please try again later.', isError: true }
  return { text: 'Discord cannot answer at the moment. Please try again later.', isError: true }
}

async function readText(answer: Response): Promise<string> {
  const text = await readBounded(answer, maxAnswerBytes)
  if (text === undefined) throw new RangeError('the answer is too large')
  return text
}
