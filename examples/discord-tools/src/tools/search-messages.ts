/** Tool: search messages. @module */
import * as z from 'zod/mini'
import { DiscordError } from '../discord/errors.ts'
import type { DiscordChannel, DiscordMessage } from '../discord/objects.ts'
import { missingPermissions, type PermissionName } from '../discord/permissions.ts'
import type { SearchQuery } from '../discord/search.ts'
import { findMembership, type Membership, permissionsIn, requirePermissions } from './access.ts'
import { emptySearchNote, noteMissingContent, toPlainMessage, untrusted } from './messages.ts'
import { count, id, parameters, text } from './parameters.ts'
import { type DiscordTool, type ToolContext, toToolInput } from './tool.ts'

/** Parameters of `search_messages`: a channel, or a whole server. */
export interface SearchMessagesInput {
  readonly content: string
  readonly channel_id?: string | undefined
  readonly guild_id?: string | undefined
  readonly author_id?: string | undefined
  readonly limit: number
  readonly offset: number
}

/** Where to search, and for whom. */
interface Place {
  readonly guildId: string
  /** `undefined` for the whole server. */
  readonly channelIds: readonly string[] | undefined
  /** `undefined` when the caller is nobody at Discord and has every right of the bot. */
  readonly membership: Membership | undefined
}

const needs: readonly PermissionName[] = ['VIEW_CHANNEL', 'READ_MESSAGE_HISTORY']
/** Kinds of channels that messages lie in, themselves or in their threads. */
const searchable: readonly number[] = [0, 2, 5, 13, 15, 16]
/** Most channels that Discord takes in one search. */
const maxChannels = 500

const input: z.ZodMiniType<SearchMessagesInput> = parameters({
  content: text('Words to look for', 1024),
  channel_id: z.optional(id('Channel or thread to search in')),
  guild_id: z.optional(id('Server to search in, instead of one channel')),
  author_id: z.optional(id('Only messages of this user')),
  limit: count('How many messages at most', 1, 25, 25),
  offset: count('How many messages to skip', 0, 9975, 0),
}).check(
  z.refine(({ channel_id: channel, guild_id: guild }) => (channel === undefined) !== (guild === undefined), {
    error: 'give either channel_id or guild_id',
  }),
)

/** The tool. */
export const searchMessages: DiscordTool<SearchMessagesInput> = {
  name: 'search_messages',
  title: 'Search Discord messages',
  description: `Searches the messages of a Discord channel or of a whole server, newest first. ${untrusted}`,
  scopes: ['discord:messages.read'],
  input: toToolInput(input),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  parameters: {
    content: 'length',
    channel_id: 'id',
    guild_id: 'id',
    author_id: 'id',
    limit: 'id',
    offset: 'id',
  },
  async run(query, context) {
    const place = await findPlace(query, context)
    if (place.channelIds?.length === 0) return { status: 'found', messages: [], ...noteNothing(query) }
    const answer = await context.bot.searchGuildMessages(place.guildId, toQuery(query, place), context.signal)
    if (answer.status === 'indexing') {
      const { retryAfterSeconds: seconds } = answer
      const note = `Discord is still indexing this server. Search again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`
      return { status: 'indexing', retry_after_seconds: seconds, messages: [], note }
    }
    const hits = await keepReadable(answer.found.messages.flat(), place, context)
    return {
      status: 'found',
      // A count would tell how often a word stands where the user may not read.
      ...(place.membership ? {} : { total_results: answer.found.total_results }),
      messages: hits.map(toPlainMessage),
      ...(hits.length === 0 ? noteNothing(query) : noteMissingContent(hits)),
    }
  },
}

/** The same for every search that finds nothing: another sentence would tell why. A page after the last one needs none. */
function noteNothing({ offset }: SearchMessagesInput): { readonly note?: string } {
  return offset === 0 ? { note: emptySearchNote } : {}
}

async function findPlace(query: SearchMessagesInput, context: ToolContext): Promise<Place> {
  const { channel_id: channelId, guild_id: guildId } = query
  const { actor, bot, signal } = context
  if (channelId === undefined) return await findServer(guildId ?? '', context)
  const visible = await requirePermissions(channelId, () => needs, context)
  const channel = visible?.channel ?? (await bot.getChannel(channelId, signal))
  if (channel.guild_id === undefined) throw new DiscordError('only_in_servers')
  if (actor.discordUserId !== undefined && !visible?.membership) throw new DiscordError('unknown_channel')
  return { guildId: channel.guild_id, channelIds: [channelId], membership: visible?.membership }
}

/**
 * The whole server is for a user the channels that the user may read. Discord must search no others: which pages are
 * empty, and how many there are, would tell what the others hold.
 */
async function findServer(guildId: string, context: ToolContext): Promise<Place> {
  const { actor, bot, signal } = context
  if (actor.discordUserId === undefined) return { guildId, channelIds: undefined, membership: undefined }
  const membership = await findMembership(actor.discordUserId, guildId, context)
  const itself = await findMembership(await bot.getUserId(signal), guildId, context)
  const readable: string[] = []
  for (const channel of await bot.getGuildChannels(guildId, signal)) {
    if (!searchable.includes(channel.type)) continue
    // Discord refuses the search as a whole for one channel that the bot cannot see.
    const isReadableByBoth = (await canRead(channel, membership, context)) && (await canRead(channel, itself, context))
    if (isReadableByBoth) readable.push(channel.id)
  }
  return { guildId, channelIds: readable.slice(0, maxChannels), membership }
}

/** Judges every hit by itself, whatever was asked for: hits may lie in threads, and private ones are for their members. */
async function keepReadable(
  messages: readonly DiscordMessage[],
  { membership, channelIds }: Place,
  context: ToolContext,
): Promise<readonly DiscordMessage[]> {
  if (!membership) return messages
  const readable = new Map((channelIds ?? []).map((channelId) => [channelId, true]))
  for (const { channel_id: channelId } of messages) {
    if (!readable.has(channelId)) readable.set(channelId, await isReadable(channelId, membership, context))
  }
  return messages.filter((message) => readable.get(message.channel_id) === true)
}

async function isReadable(channelId: string, membership: Membership, context: ToolContext): Promise<boolean> {
  try {
    const channel = await context.bot.getChannel(channelId, context.signal)
    if (channel.guild_id !== membership.guild.id) return false
    return await canRead(channel, membership, context)
  } catch (error) {
    // A channel that is gone has no readers; any other failure is one of the whole search.
    if (error instanceof DiscordError && ['unknown_channel', 'missing_access', 'forbidden'].includes(error.code))
      return false
    throw error
  }
}

async function canRead(channel: DiscordChannel, membership: Membership, context: ToolContext): Promise<boolean> {
  return missingPermissions(await permissionsIn(membership, channel, context), needs).length === 0
}

function toQuery(query: SearchMessagesInput, { channelIds }: Place): SearchQuery {
  const { content, author_id: authorId, limit, offset } = query
  return { content, authorId, channelIds, limit, offset }
}
