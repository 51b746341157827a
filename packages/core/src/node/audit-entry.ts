/** Lines of an audit log: which members they have, in which order, and what can never break one. @module */
import type { AuthEvent } from '../events.ts'

/** One line of an audit log. What does not apply is left out; nothing in it may be a secret. */
export interface AuditEntry {
  readonly event: string
  /** Milliseconds since the epoch. Default: now. */
  readonly time?: number | undefined
  readonly subject?: string | undefined
  readonly clientId?: string | undefined
  /** The tool that was called, where one was. */
  readonly tool?: string | undefined
  /** Further members, under the names they get in the line. Those that every line has cannot be replaced. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** Members with a meaning of their own, which details cannot have. */
const reservedMembers: readonly string[] = [
  'time',
  'event',
  'subject',
  'client_id',
  'tool',
  'writer',
  'chain_after',
  'chain_from',
  'chain',
]

/** Longer details are left out of their line, in characters of JSON. */
const maxDetailsLength = 65_536

/** What core reports, as a line: its own members by their names in snake_case, the operation under its kind. */
export function toAuditEntry(event: AuthEvent): AuditEntry {
  const { type, time, subject, clientId, ...facts } = event
  if (!('requestId' in facts)) return { event: type, time, subject, clientId, details: withSnakeCaseNames(facts) }
  const { name, trace, parameters, ...others } = facts
  const kind = type.slice(0, type.indexOf('.'))
  const details = {
    ...(kind === 'tool' ? {} : { [kind]: name }),
    ...withSnakeCaseNames(others),
    ...(trace === undefined ? {} : withSnakeCaseNames({ ...trace })),
    // Their names are those of the tool.
    ...(parameters === undefined ? {} : { parameters }),
  }
  return { event: type, time, subject, clientId, ...(kind === 'tool' ? { tool: name } : {}), details }
}

/**
 * A line, without its end: a JSON object that begins with `time`, `event`, `subject` and `client_id`.
 * @param now milliseconds since the epoch, for entries without a time of their own
 */
export function formatAuditEntry(entry: AuditEntry, now: number): string {
  const { event, time = now, subject = null, clientId = null, tool, details = {} } = entry
  const usual = {
    time: toISOTime(time, now),
    event,
    subject,
    client_id: clientId,
    ...(tool === undefined ? {} : { tool }),
  }
  const further = formatDetails(details)
  // Written one after the other, since an object would put a member that is called 0 first.
  return escapeInvisible(JSON.stringify(usual).slice(0, -1) + (further === '{}' ? '}' : `,${further.slice(1)}`))
}

function toISOTime(time: number, now: number): string {
  const date = new Date(time)
  return (Number.isNaN(date.getTime()) ? new Date(now) : date).toISOString()
}

/** Details as JSON. Those that JSON cannot hold, or that are too long, must not cost the line they belong to. */
function formatDetails(details: Readonly<Record<string, unknown>>): string {
  const own = Object.entries(details).filter(([name]) => !reservedMembers.includes(name))
  try {
    const text = JSON.stringify(Object.fromEntries(own), (_name, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    if (text.length > maxDetailsLength) return '{"details_omitted":"too_long"}'
    if (text.startsWith('{')) return text
  } catch {
    // A circle, or a `toJSON` that throws.
  }
  return '{"details_omitted":"not_json"}'
}

/**
 * JSON leaves some characters as they are that other programs take for the end of a line, and some that make a
 * terminal show another text than there is. Outside of strings JSON has none of them.
 */
function escapeInvisible(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

function withSnakeCaseNames(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  )
}
