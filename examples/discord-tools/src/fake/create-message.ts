/** The endpoint that sends. @module */
import { type FieldError, fieldError, notAnId, refuse, refuseForm } from './answers.ts'
import { messageBody, messagesOf } from './bodies.ts'
import { type EndpointCall, findMessageChannel, readObject, type SeenChannel } from './endpoint-call.ts'
import { type AllowedMentions, findPings, readAllowedMentions } from './mentions.ts'
import { fakePermissions, mayWrite, permits } from './permission-rules.ts'
import { isId, timeOfId } from './snowflakes.ts'
import type { FakeMessage } from './state.ts'

/** A message before it has an id. */
interface Draft {
  readonly content: string
  readonly nonce: string | number | undefined
  readonly isNonceEnforced: boolean
  readonly isSpoken: boolean
  readonly allowed: AllowedMentions
  readonly replyTo: string | undefined
  readonly mustReplyExist: boolean
}

/** [Create Message](https://docs.discord.com/developers/resources/message#create-message), of text: embeds, files and polls are not played. */
export function answerCreateMessage(call: EndpointCall): Response {
  const read = readObject(call)
  if ('refusal' in read) return read.refusal
  const found = findMessageChannel(call, 'notText')
  if ('refusal' in found) return found.refusal
  const draft = readDraft(read.fields)
  if (Array.isArray(draft)) return refuseForm(draft)
  const refusal = refuseToSend(call, found, draft)
  if (refusal !== undefined) return refusal
  const message = findByNonce(call, draft) ?? sendMessage(call, found, draft)
  return Response.json(messageBody(call.world, message, call.bot))
}

function readDraft(fields: Readonly<Record<string, unknown>>): Draft | FieldError[] {
  const { content, nonce, enforce_nonce = false, tts = false, message_reference } = fields
  const allowed = readAllowedMentions(fields['allowed_mentions'])
  const reference = readReference(message_reference)
  const errors = [
    ...checkContent(content),
    ...checkNonce(nonce),
    ...Object.entries({ enforce_nonce, tts }).flatMap(([name, value]) => checkBoolean(name, value)),
    ...(Array.isArray(allowed) ? allowed : []),
    ...(Array.isArray(reference) ? reference : []),
  ]
  if (errors.length > 0 || Array.isArray(allowed) || Array.isArray(reference)) return errors
  return {
    // Discord trims what it is sent.
    content: typeof content === 'string' ? content.trim() : '',
    nonce: typeof nonce === 'string' || typeof nonce === 'number' ? nonce : undefined,
    isNonceEnforced: enforce_nonce === true,
    isSpoken: tts === true,
    allowed,
    ...reference,
  }
}

/** That characters and not UTF-16 units are counted is an assumption. */
function checkContent(content: unknown): FieldError[] {
  if (content === undefined || content === null) return []
  if (typeof content !== 'string') {
    return [fieldError('content', 'STRING_TYPE_CONVERT', 'Could not interpret value as string.')]
  }
  const isLong = Array.from(content).length > 2000
  return isLong ? [fieldError('content', 'BASE_TYPE_MAX_LENGTH', 'Must be 2000 or fewer in length.')] : []
}

function checkNonce(nonce: unknown): FieldError[] {
  if (nonce === undefined || nonce === null) return []
  if (typeof nonce !== 'string' && (typeof nonce !== 'number' || !Number.isInteger(nonce))) {
    return [fieldError('nonce', 'STRING_TYPE_CONVERT', 'Could not interpret value as string.')]
  }
  const isLong = String(nonce).length > 25
  return isLong ? [fieldError('nonce', 'BASE_TYPE_MAX_LENGTH', 'Must be 25 or fewer in length.')] : []
}

function checkBoolean(name: string, value: unknown): FieldError[] {
  if (typeof value === 'boolean') return []
  return [fieldError(name, 'BOOLEAN_TYPE_CONVERT', 'Must be either true or false.')]
}

function readReference(value: unknown): Pick<Draft, 'replyTo' | 'mustReplyExist'> | FieldError[] {
  if (value === undefined || value === null) return { replyTo: undefined, mustReplyExist: true }
  const { message_id: id, fail_if_not_exists: mustExist = true } = Object(value) as Readonly<Record<string, unknown>>
  if (!isId(id)) return [notAnId('message_reference.message_id', id)]
  return { replyTo: id, mustReplyExist: mustExist !== false }
}

function refuseToSend(call: EndpointCall, { channel, permissions }: SeenChannel, draft: Draft): Response | undefined {
  if (channel.guildId === undefined && !isReachable(call, channel.participants)) return refuse('unreachableUser')
  if (!mayWrite(channel, permissions)) return refuse('missingPermissions')
  if (draft.isSpoken && !permits(permissions, fakePermissions.sendTextToSpeech)) return refuse('missingPermissions')
  if (draft.content === '') return refuse('emptyMessage')
  return refuseReply(call, permissions, draft) ?? refuseHaste(call, channel.slowMode, permissions)
}

/** A DM needs a server that both are in. */
function isReachable({ world, bot }: EndpointCall, participants: ReadonlySet<string>): boolean {
  const others = [...participants].filter((id) => id !== bot.userId)
  const guilds = [...world.guilds.values()].filter(({ members }) => members.has(bot.userId))
  return others.every((id) => guilds.some(({ members }) => members.has(id)))
}

function refuseReply(call: EndpointCall, permissions: bigint, draft: Draft): Response | undefined {
  if (draft.replyTo === undefined) return undefined
  if (!permits(permissions, fakePermissions.readMessageHistory)) return refuse('noHistoryToReply')
  const original = call.world.messages.get(draft.replyTo)
  const isThere = original?.channelId === call.ids['channel_id']
  if (isThere && original?.type === 21)
    return refuseReference('REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE', 'Cannot reply to a system message')
  return isThere || !draft.mustReplyExist ? undefined : refuseReference('REPLIES_UNKNOWN_MESSAGE', 'Unknown message')
}

function refuseReference(code: string, message: string): Response {
  return refuseForm([fieldError('message_reference', code, message)])
}

/** Slow mode, error 20016; moderators are exempt. That the answer has status 429 is an assumption. */
function refuseHaste(call: EndpointCall, slowMode: number, permissions: bigint): Response | undefined {
  const { manageMessages, manageChannels, bypassSlowMode } = fakePermissions
  const isExempt = (permissions & (manageMessages | manageChannels | bypassSlowMode)) !== 0n
  const own = messagesOf(call.world, call.ids['channel_id'] ?? '').filter(
    ({ authorId }) => authorId === call.bot.userId,
  )
  const last = own.at(-1)
  const wait = last === undefined || isExempt ? 0 : timeOfId(last.id) + slowMode - call.world.now()
  if (wait <= 0) return undefined
  const body = {
    message: 'This action cannot be performed due to slowmode rate limit',
    code: 20_016,
    retry_after: wait,
  }
  return Response.json(body, {
    status: 429,
    headers: { 'Retry-After': String(Math.ceil(wait)), 'X-RateLimit-Scope': 'shared' },
  })
}

/** "If another message was created by the same author with the same nonce, that message will be returned": in whatever channel. */
function findByNonce({ world, bot }: EndpointCall, { nonce, isNonceEnforced }: Draft): FakeMessage | undefined {
  if (nonce === undefined || !isNonceEnforced) return undefined
  const oldest = world.now() - world.settings.nonceSeconds
  return [...world.messages.values()].find(
    (message) => message.authorId === bot.userId && message.nonce === nonce && timeOfId(message.id) >= oldest,
  )
}

function sendMessage({ world, bot }: EndpointCall, { channel, permissions }: SeenChannel, draft: Draft): FakeMessage {
  const { content, nonce, replyTo } = draft
  const message: FakeMessage = {
    id: world.issueId(),
    channelId: channel.id,
    authorId: bot.userId,
    content,
    type: replyTo === undefined ? 0 : 19,
    pings: findPings(world, channel, permissions, content, draft.allowed),
    ...(nonce === undefined ? {} : { nonce }),
    ...(replyTo === undefined ? {} : { replyTo }),
  }
  world.messages.set(message.id, message)
  return message
}
