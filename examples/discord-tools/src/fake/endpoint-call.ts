/** What an endpoint of the bot API works with, and the checks that many of them share. @module */
import { fieldError, notAnId, type RefusalName, refuse, refuseForm } from './answers.ts'
import { fakePermissions, permissionsInChannel, permits } from './permission-rules.ts'
import type { FakeBot, FakeChannel, FakeDiscordWorld, FakeGuild } from './state.ts'

/** A request of a bot whose token is good, with ids that are ids. */
export interface EndpointCall {
  readonly world: FakeDiscordWorld
  readonly bot: FakeBot
  readonly ids: Readonly<Record<string, string>>
  readonly url: URL
  readonly request: Request
  readonly body: string
}

/** What was asked for, or why not. */
export type Found<T> = T | { readonly refusal: Response }

/** A channel the bot sees, and what it may do there. */
export interface SeenChannel {
  readonly channel: FakeChannel
  readonly permissions: bigint
}

/** The channel in the path, when the bot sees it. */
export function findChannel({ world, bot, ids }: EndpointCall): Found<SeenChannel> {
  const channel = world.channels.get(ids['channel_id'] ?? '')
  if (channel === undefined) return { refusal: refuse('unknownChannel') }
  const permissions = permissionsInChannel(world, channel, bot.userId)
  if (!permits(permissions, fakePermissions.viewChannel)) return { refusal: refuse('missingAccess') }
  return { channel, permissions }
}

/** The channel in the path, when it has messages. A voice channel must be entered to see them. */
export function findMessageChannel(call: EndpointCall, notText: RefusalName): Found<SeenChannel> {
  const found = findChannel(call)
  if ('refusal' in found) return found
  if (found.channel.type === 4) return { refusal: refuse(notText) }
  const isOutside = found.channel.type === 2 && !permits(found.permissions, fakePermissions.connect)
  return isOutside ? { refusal: refuse('missingAccess') } : found
}

/** The server in the path, when the bot is a member. */
export function findGuild({ world, bot, ids }: EndpointCall): Found<{ readonly guild: FakeGuild }> {
  const guild = world.guilds.get(ids['guild_id'] ?? '')
  if (guild === undefined) return { refusal: refuse('unknownGuild') }
  return guild.members.has(bot.userId) ? { guild } : { refusal: refuse('missingAccess') }
}

/** Reads a JSON body. A missing content type is refused as a wrong one is. */
export function readObject({
  request,
  body,
}: EndpointCall): Found<{ readonly fields: Readonly<Record<string, unknown>> }> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    const message = `Expected "Content-Type" header to be one of {'application/json'}.`
    return { refusal: refuseForm([fieldError('', 'CONTENT_TYPE_INVALID', message)]) }
  }
  const value = parseJSON(body)
  if (value === undefined) return { refusal: refuse('invalidJSON') }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { fields: { ...value } }
  return { refusal: refuseForm([fieldError('', 'DICT_TYPE_CONVERT', 'Only dictionaries may be used in a DictType')]) }
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** An integer of the query within its limits, or the field error to refuse with. */
export function readInteger(
  query: URLSearchParams,
  name: string,
  { minimum, maximum, otherwise }: { readonly minimum: number; readonly maximum: number; readonly otherwise: number },
): number | ReturnType<typeof fieldError> {
  const text = query.get(name)
  if (text === null) return otherwise
  if (!/^-?\d+$/.test(text)) return fieldError(name, 'NUMBER_TYPE_COERCE', `Value "${text}" is not int.`)
  const value = Number(text)
  if (value < minimum) {
    return fieldError(name, 'NUMBER_TYPE_MIN', `int value should be greater than or equal to ${minimum}.`)
  }
  if (value > maximum) {
    return fieldError(name, 'NUMBER_TYPE_MAX', `int value should be less than or equal to ${maximum}.`)
  }
  return value
}

/** Ids of an array; one field error for each that is not one. */
export function findWrongIds(
  path: string,
  values: readonly unknown[],
  isRight: (value: unknown) => boolean,
): ReturnType<typeof notAnId>[] {
  return values.flatMap((value, index) => (isRight(value) ? [] : [notAnId(`${path}.${index}`, value)]))
}
