/** Endpoints that read a channel. @module */
import { type FieldError, fieldError, notAnId, refuse, refuseForm } from './answers.ts'
import { messageBody, messagesOf } from './bodies.ts'
import { type EndpointCall, findMessageChannel, readInteger } from './endpoint-call.ts'
import { fakePermissions, permits } from './permission-rules.ts'
import { compareIds, isId } from './snowflakes.ts'
import type { FakeMessage } from './state.ts'

const pageNames = ['around', 'before', 'after'] as const

/** Which messages, and from where. */
interface Page {
  readonly limit: number
  readonly from: (typeof pageNames)[number] | undefined
  readonly id: string
}

/** [Get Channel Messages](https://docs.discord.com/developers/resources/message#get-channel-messages): newest first, and none without the history. */
export function answerListMessages(call: EndpointCall): Response {
  const page = readPage(call.url.searchParams)
  if (Array.isArray(page)) return refuseForm(page)
  const found = findMessageChannel(call, 'wrongChannelType')
  if ('refusal' in found) return found.refusal
  if (!permits(found.permissions, fakePermissions.readMessageHistory)) return Response.json([])
  const messages = pickPage(messagesOf(call.world, found.channel.id), page)
  return Response.json(messages.reverse().map((message) => messageBody(call.world, message, call.bot)))
}

/** [Get Channel Message](https://docs.discord.com/developers/resources/message#get-channel-message). */
export function answerGetMessage(call: EndpointCall): Response {
  const found = findMessageChannel(call, 'wrongChannelType')
  if ('refusal' in found) return found.refusal
  if (!permits(found.permissions, fakePermissions.readMessageHistory)) return refuse('missingPermissions')
  const message = findMessage(call)
  return message === undefined ? refuse('unknownMessage') : Response.json(messageBody(call.world, message, call.bot))
}

/** The message in the path, when it is in the channel of the path. */
export function findMessage({ world, ids }: EndpointCall): FakeMessage | undefined {
  const message = world.messages.get(ids['message_id'] ?? '')
  return message?.channelId === ids['channel_id'] ? message : undefined
}

function readPage(query: URLSearchParams): Page | FieldError[] {
  const limit = readInteger(query, 'limit', { minimum: 1, maximum: 100, otherwise: 50 })
  const given = pageNames.filter((name) => query.has(name))
  const wrong = given.flatMap((name) => (isId(query.get(name)) ? [] : [notAnId(name, query.get(name))]))
  // Documented as mutually exclusive; that Discord refuses two of them is an assumption.
  const extra = given
    .slice(1)
    .map((name) => fieldError(name, 'BASE_TYPE_EXCLUSIVE', 'Only one of around, before, after.'))
  const errors = [...(typeof limit === 'number' ? [] : [limit]), ...wrong, ...extra]
  if (errors.length > 0 || typeof limit !== 'number') return errors
  const [from] = given
  return { limit, from, id: from === undefined ? '' : (query.get(from) ?? '') }
}

/** From messages that begin with the oldest. */
function pickPage(messages: readonly FakeMessage[], { limit, from, id }: Page): FakeMessage[] {
  const before = (): FakeMessage[] => messages.filter((message) => compareIds(message.id, id) < 0)
  const after = (): FakeMessage[] => messages.filter((message) => compareIds(message.id, id) > 0)
  switch (from) {
    case undefined:
      return messages.slice(-limit)
    case 'before':
      return before().slice(-limit)
    case 'after':
      return after().slice(0, limit)
    case 'around': {
      const half = Math.floor(limit / 2)
      const middle = messages.filter((message) => message.id === id)
      const older = half === 0 ? [] : before().slice(-half)
      return [...older, ...middle, ...after().slice(0, half)].slice(0, limit)
    }
    default:
      return from satisfies never
  }
}
