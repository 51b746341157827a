/** The endpoint that searches a server. @module */
import { type FieldError, fieldError, refuse, refuseForm } from './answers.ts'
import { channelBody, messageBody, visibleContent } from './bodies.ts'
import { type EndpointCall, findGuild, findWrongIds, readInteger } from './endpoint-call.ts'
import { fakePermissions, isThread, permissionsInChannel, permissionsInGuild, permits } from './permission-rules.ts'
import { compareIds, isId } from './snowflakes.ts'
import type { FakeMessage } from './state.ts'

/** Parameters that change the order or the fuzziness of the result, which the fake does not play. */
const harmless = ['slop', 'sort_by', 'include_nsfw']
const played = ['limit', 'offset', 'content', 'channel_id', 'author_id', 'min_id', 'max_id', 'sort_order']

interface Search {
  readonly limit: number
  readonly offset: number
  readonly words: readonly string[]
  readonly channels: readonly string[]
  readonly authors: readonly string[]
  readonly newerThan: string | null
  readonly olderThan: string | null
  readonly isAscending: boolean
}

/**
 * [Search Guild Messages](https://docs.discord.com/developers/resources/message#search-guild-messages). Without the
 * intent MESSAGE_CONTENT a text that the bot may not read is neither shown nor found. What Discord answers to a
 * channel the bot cannot see is not documented: here as to a look at that channel.
 */
export function answerSearchMessages(call: EndpointCall): Response {
  const found = findGuild(call)
  if ('refusal' in found) return found.refusal
  const { world, bot, url } = call
  const { readMessageHistory } = fakePermissions
  if (!permits(permissionsInGuild(world, found.guild, bot.userId), readMessageHistory))
    return refuse('missingPermissions')
  const unknown = [...url.searchParams.keys()].find((name) => ![...played, ...harmless].includes(name))
  if (unknown !== undefined) return refuseFilter(unknown)
  const search = readSearch(url.searchParams)
  if (Array.isArray(search)) return refuseForm(search)
  const refusal = refuseChannels(call, found.guild.id, search.channels)
  if (refusal !== undefined) return refusal
  if (world.settings.searchesToIndex > 0) return answerNotIndexed(call)
  return answerHits(call, findHits(call, found.guild.id, search), search)
}

/** A filter that is ignored would pass for one that works. */
function refuseFilter(name: string): Response {
  return Response.json({ message: `The fake Discord does not play the filter ${name}`, code: 0 }, { status: 501 })
}

function readSearch(query: URLSearchParams): Search | FieldError[] {
  const limit = readInteger(query, 'limit', { minimum: 1, maximum: 25, otherwise: 25 })
  const offset = readInteger(query, 'offset', { minimum: 0, maximum: 9975, otherwise: 0 })
  const content = query.get('content') ?? ''
  const order = query.get('sort_order') ?? 'desc'
  const lists = { channel_id: 500, author_id: 100, min_id: 1, max_id: 1 }
  const errors = [
    ...[limit, offset].filter((value) => typeof value !== 'number'),
    ...(Array.from(content).length > 1024
      ? [fieldError('content', 'BASE_TYPE_MAX_LENGTH', 'Must be 1024 or fewer in length.')]
      : []),
    ...Object.entries(lists).flatMap(([name, maximum]) => checkList(query, name, maximum)),
    ...(order === 'asc' || order === 'desc'
      ? []
      : [fieldError('sort_order', 'BASE_TYPE_CHOICES', "Value must be one of {'asc', 'desc'}.")]),
  ]
  if (errors.length > 0 || typeof limit !== 'number' || typeof offset !== 'number') return errors
  return {
    limit,
    offset,
    words: splitWords(content),
    channels: query.getAll('channel_id'),
    authors: query.getAll('author_id'),
    newerThan: query.get('min_id'),
    olderThan: query.get('max_id'),
    isAscending: order === 'asc',
  }
}

function checkList(query: URLSearchParams, name: string, maximum: number): FieldError[] {
  const values = query.getAll(name)
  const wrong = findWrongIds(name, values, isId)
  const isLong = values.length > maximum
  return isLong ? [...wrong, fieldError(name, 'BASE_TYPE_MAX_LENGTH', `Must be ${maximum} or fewer in length.`)] : wrong
}

function splitWords(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

function refuseChannels({ world, bot }: EndpointCall, guildId: string, ids: readonly string[]): Response | undefined {
  const channels = ids.map((id) => world.channels.get(id))
  if (channels.some((channel) => channel?.guildId !== guildId)) return refuse('unknownChannel')
  const isHidden = channels.some(
    (channel) => channel !== undefined && permissionsInChannel(world, channel, bot.userId) === 0n,
  )
  return isHidden ? refuse('missingAccess') : undefined
}

function answerNotIndexed({ world: { settings } }: EndpointCall): Response {
  settings.searchesToIndex -= 1
  const body = {
    message: 'Index not yet available. Try again later',
    code: 110_000,
    documents_indexed: 0,
    retry_after: settings.searchRetryAfter,
  }
  return Response.json(body, { status: 202 })
}

function findHits(call: EndpointCall, guildId: string, search: Search): FakeMessage[] {
  const hits = [...call.world.messages.values()].filter(
    (message) => isReadable(call, guildId, message) && matches(call, message, search),
  )
  const order = search.isAscending ? 1 : -1
  return hits.sort((left, right) => order * compareIds(left.id, right.id))
}

/** Each channel has its own say about the history. */
function isReadable({ world, bot }: EndpointCall, guildId: string, { channelId }: FakeMessage): boolean {
  const channel = world.channels.get(channelId)
  if (channel?.guildId !== guildId) return false
  const { viewChannel, readMessageHistory } = fakePermissions
  return permits(permissionsInChannel(world, channel, bot.userId), viewChannel | readMessageHistory)
}

function matches({ world, bot }: EndpointCall, message: FakeMessage, search: Search): boolean {
  const { channels, authors, newerThan, olderThan, words } = search
  if (channels.length > 0 && !channels.includes(message.channelId)) return false
  if (authors.length > 0 && !authors.includes(message.authorId)) return false
  if (newerThan !== null && compareIds(message.id, newerThan) <= 0) return false
  if (olderThan !== null && compareIds(message.id, olderThan) >= 0) return false
  const text = splitWords(visibleContent(world, message, bot))
  return words.every((word) => text.includes(word))
}

function answerHits({ world, bot }: EndpointCall, hits: readonly FakeMessage[], { offset, limit }: Search): Response {
  const page = hits.slice(offset, offset + limit)
  const channelIds = new Set(page.map(({ channelId }) => channelId))
  const threads = [...world.channels.values()].filter((channel) => isThread(channel) && channelIds.has(channel.id))
  return Response.json({
    doing_deep_historical_index: false,
    documents_indexed: null,
    total_results: hits.length,
    // Nested for a context that Discord no longer sends.
    messages: page.map((message) => [{ ...messageBody(world, message, bot), hit: true }]),
    ...(threads.length === 0 ? {} : { threads: threads.map((channel) => channelBody(world, channel)), members: [] }),
  })
}
