/** Endpoints that delete, and the audit log they write. @module */
import { type FieldError, fieldError, refuse, refuseForm } from './answers.ts'
import { type EndpointCall, type Found, findMessageChannel, findWrongIds, readObject } from './endpoint-call.ts'
import { fakePermissions, permits } from './permission-rules.ts'
import { findMessage } from './read-messages.ts'
import { isId, timeOfId } from './snowflakes.ts'

/** Messages older than two weeks cannot be deleted in bulk, in seconds. */
const bulkAge = 14 * 24 * 3600

/** [Delete Message](https://docs.discord.com/developers/resources/message#delete-message). */
export function answerDeleteMessage(call: EndpointCall): Response {
  const reason = readReason(call.request)
  if ('refusal' in reason) return reason.refusal
  const found = findMessageChannel(call, 'wrongChannelType')
  if ('refusal' in found) return found.refusal
  const message = findMessage(call)
  if (message === undefined) return refuse('unknownMessage')
  if (message.type === 21) return refuse('systemMessage')
  const { guildId } = found.channel
  const isOwn = message.authorId === call.bot.userId
  if (!isOwn && guildId === undefined) return refuse('directMessage')
  if (!isOwn && !permits(found.permissions, fakePermissions.manageMessages)) return refuse('missingPermissions')
  call.world.messages.delete(message.id)
  // Nobody is held to account for what they wrote themselves.
  if (!isOwn && guildId !== undefined) {
    writeAuditLog(call, guildId, { actionType: 72, targetId: message.authorId, count: 1, ...reason })
  }
  return new Response(null, { status: 204 })
}

/** [Bulk Delete Messages](https://docs.discord.com/developers/resources/message#bulk-delete-messages): all or none; ids of no message count, and do nothing. */
export function answerBulkDelete(call: EndpointCall): Response {
  const reason = readReason(call.request)
  if ('refusal' in reason) return reason.refusal
  const read = readObject(call)
  if ('refusal' in read) return read.refusal
  const found = findMessageChannel(call, 'wrongChannelType')
  if ('refusal' in found) return found.refusal
  const { guildId, id: channelId } = found.channel
  if (guildId === undefined) return refuse('directMessage')
  if (!permits(found.permissions, fakePermissions.manageMessages)) return refuse('missingPermissions')
  const ids = readMessageIds(read.fields['messages'], call.world.now())
  if ('refusal' in ids) return ids.refusal
  const here = ids.ids.filter((id) => call.world.messages.get(id)?.channelId === channelId)
  for (const id of here) call.world.messages.delete(id)
  if (here.length > 0) {
    writeAuditLog(call, guildId, { actionType: 73, targetId: channelId, count: here.length, ...reason })
  }
  return new Response(null, { status: 204 })
}

/** The age is read from the id, whether there is such a message or not. */
function readMessageIds(value: unknown, now: number): Found<{ readonly ids: readonly string[] }> {
  if (!Array.isArray(value)) {
    return { refusal: refuseForm([fieldError('messages', 'BASE_TYPE_REQUIRED', 'This field is required')]) }
  }
  const wrong = findWrongIds('messages', value, isId)
  if (wrong.length > 0) return { refusal: refuseForm(wrong) }
  const ids = value.filter(isId)
  if (ids.length < 2 || ids.length > 100) return { refusal: refuse('bulkCount') }
  const repeated = findRepeated(ids)
  if (repeated.length > 0) return { refusal: refuseForm(repeated) }
  return ids.some((id) => timeOfId(id) < now - bulkAge) ? { refusal: refuse('tooOld') } : { ids }
}

/** Documented is status 400; the code is an assumption. */
function findRepeated(ids: readonly string[]): FieldError[] {
  const repeated = ids.flatMap((id, index) => (ids.indexOf(id) < index ? [index] : []))
  return repeated.map((index) =>
    fieldError(`messages.${index}`, 'SET_TYPE_ALREADY_CONTAINS_VALUE', 'The set already contains this value'),
  )
}

interface NewAuditEntry {
  readonly actionType: 72 | 73
  readonly targetId: string
  readonly count: number
  readonly reason: string | undefined
}

function writeAuditLog({ world, bot, ids }: EndpointCall, guildId: string, entry: NewAuditEntry): void {
  const channelId = ids['channel_id'] ?? ''
  world.auditLog.push({ id: world.issueId(), guildId, channelId, userId: bot.userId, ...entry })
}

/**
 * Reads `X-Audit-Log-Reason`: "1-512 URL-encoded UTF-8 characters". That Discord refuses others, and does not cut them
 * off or store them as they are, is an assumption: no test should pass with them.
 * @see [Audit log](https://docs.discord.com/developers/resources/audit-log#audit-log-entry-object)
 */
function readReason(request: Request): Found<{ readonly reason: string | undefined }> {
  const header = request.headers.get('x-audit-log-reason')
  if (header === null) return { reason: undefined }
  const reason = decodeReason(header)
  if (reason === undefined) return refuseReason('STRING_TYPE_CONVERT', 'Could not interpret value as string.')
  const { length } = Array.from(reason)
  if (length === 0) return refuseReason('BASE_TYPE_MIN_LENGTH', 'Must be 1 or more in length.')
  return length > 512 ? refuseReason('BASE_TYPE_MAX_LENGTH', 'Must be 512 or fewer in length.') : { reason }
}

function decodeReason(header: string): string | undefined {
  if (!/^[\x20-\x7e]*$/.test(header)) return undefined
  try {
    return decodeURIComponent(header)
  } catch {
    return undefined
  }
}

function refuseReason(code: string, message: string): { readonly refusal: Response } {
  return { refusal: refuseForm([fieldError('reason', code, message)]) }
}
