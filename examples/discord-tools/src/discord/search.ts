/** Searching a server, which Discord may first have to index. @module */
import { DiscordError } from './errors.ts'
import type { DiscordAnswer } from './exchange.ts'
import { type DiscordSearch, searchSchema } from './objects.ts'
import { parseAnswer, type Requester } from './requester.ts'
import type { DiscordTraffic } from './traffic.ts'

/** What to search for. */
export interface SearchQuery {
  readonly content: string
  readonly authorId?: string | undefined
  /** At most 500; none means the whole server. */
  readonly channelIds?: readonly string[] | undefined
  readonly limit: number
  readonly offset: number
}

/** What a search found, or after how many seconds it may find something: Discord has no index of the server yet. */
export type SearchAnswer =
  | { readonly status: 'found'; readonly found: DiscordSearch }
  | { readonly status: 'indexing'; readonly retryAfterSeconds: number }

/** Discord: "If the retry_after field is 0, you should retry the request after a short delay". */
const shortDelaySeconds = 1

/**
 * Searches, and waits for the index once when that is not too long.
 * @throws {DiscordError}
 * @see [Search Guild Messages](https://docs.discord.com/developers/resources/message#search-guild-messages)
 */
export async function searchGuild(
  request: Requester,
  traffic: DiscordTraffic,
  guildId: string,
  query: SearchQuery,
  signal: AbortSignal,
): Promise<SearchAnswer> {
  const ask = async (): Promise<SearchAnswer> => {
    const answer = await request({
      path: ['guilds', guildId, 'messages', 'search'],
      query: {
        content: query.content,
        author_id: query.authorId,
        channel_id: query.channelIds,
        limit: String(query.limit),
        offset: String(query.offset),
      },
      permissions: ['READ_MESSAGE_HISTORY'],
      parameters: {
        guild_id: 'guild_id',
        channel_id: 'channel_id',
        author_id: 'author_id',
        content: 'content',
        limit: 'limit',
        offset: 'offset',
      },
      signal,
    })
    return answer.status === 202
      ? { status: 'indexing', retryAfterSeconds: readDelay(answer) }
      : { status: 'found', found: parseAnswer(searchSchema, answer) }
  }
  const first = await ask()
  if (first.status === 'found') return first
  return (await isPatient(traffic, first.retryAfterSeconds, signal)) ? await ask() : first
}

async function isPatient(traffic: DiscordTraffic, seconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await traffic.pause(seconds, signal)
    return true
  } catch (error) {
    if (error instanceof DiscordError && error.code === 'rate_limited') return false
    throw error
  }
}

/** Whole seconds. */
function readDelay({ body }: DiscordAnswer): number {
  const seconds = typeof body === 'object' && body !== null && 'retry_after' in body ? body.retry_after : undefined
  if (typeof seconds !== 'number' || !(seconds > 0)) return shortDelaySeconds
  return Math.min(Math.ceil(seconds), 86_400)
}
