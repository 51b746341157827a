/** Whom a message would notify. @module */
import { type FieldError, fieldError } from './answers.ts'
import { findWrongIds } from './endpoint-call.ts'
import { fakePermissions, permits } from './permission-rules.ts'
import { isId } from './snowflakes.ts'
import type { FakeChannel, FakeDiscordWorld, FakePings } from './state.ts'

const kinds = ['users', 'roles', 'everyone'] as const
type MentionKind = (typeof kinds)[number]

/** [Allowed mentions](https://docs.discord.com/developers/resources/message#allowed-mentions-object) after they were checked. */
export interface AllowedMentions {
  readonly parse: readonly MentionKind[]
  readonly users: readonly string[]
  readonly roles: readonly string[]
}

/** What a message without the field allows: everything. */
const allAllowed: AllowedMentions = { parse: kinds, users: [], roles: [] }

/** Checks the field. `null` is taken as absent. */
export function readAllowedMentions(value: unknown): AllowedMentions | FieldError[] {
  if (value === undefined || value === null) return allAllowed
  if (!isRecord(value))
    return [fieldError('allowed_mentions', 'DICT_TYPE_CONVERT', 'Only dictionaries may be used in a DictType')]
  const [parse, users, roles] = [value['parse'] ?? [], value['users'] ?? [], value['roles'] ?? []]
  if (!Array.isArray(parse) || !Array.isArray(users) || !Array.isArray(roles)) {
    return [fieldError('allowed_mentions', 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType')]
  }
  const allowed = {
    parse: kinds.filter((kind) => parse.includes(kind)),
    users: users.filter(isId),
    roles: roles.filter(isId),
  }
  const errors = [
    ...parse.flatMap((kind: unknown, index) => (kinds.some((known) => known === kind) ? [] : [notAKind(index)])),
    ...findWrongIds('allowed_mentions.users', users, isId),
    ...findWrongIds('allowed_mentions.roles', roles, isId),
    ...checkLists(allowed),
  ]
  return errors.length > 0 ? errors : allowed
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function notAKind(index: number): FieldError {
  const message = "Value must be one of {'users', 'roles', 'everyone'}."
  return fieldError(`allowed_mentions.parse.${index}`, 'BASE_TYPE_CHOICES', message)
}

/** A kind may be parsed or listed, not both; empty lists do no harm. */
function checkLists(allowed: AllowedMentions): FieldError[] {
  return (['users', 'roles'] as const).flatMap((kind) => {
    const ids = allowed[kind]
    if (ids.length > 100) {
      return [fieldError(`allowed_mentions.${kind}`, 'BASE_TYPE_MAX_LENGTH', 'Must be 100 or fewer in length.')]
    }
    if (ids.length === 0 || !allowed.parse.includes(kind)) return []
    const message = `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`
    return [fieldError('allowed_mentions', 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE', message)]
  })
}

/**
 * Whom a text notifies: who is mentioned in it, allowed by the request, and permitted to the bot. Mentions in code
 * count as well, which errs on the side of the alarm.
 */
export function findPings(
  world: FakeDiscordWorld,
  channel: FakeChannel,
  permissions: bigint,
  content: string,
  allowed: AllowedMentions,
): FakePings {
  const mayMentionAll = permits(permissions, fakePermissions.mentionEveryone)
  const isAllowed = (kind: 'users' | 'roles', id: string): boolean =>
    allowed.parse.includes(kind) || allowed[kind].includes(id)
  const roles = world.guilds.get(channel.guildId ?? '')?.roles
  return {
    everyone: /@(everyone|here)/.test(content) && mayMentionAll && allowed.parse.includes('everyone'),
    users: findIds(content, /<@!?(\d+)>/g).filter((id) => isAllowed('users', id) && isUser(world, id)),
    roles: findIds(content, /<@&(\d+)>/g).filter((id) => {
      const role = roles?.get(id)
      return role !== undefined && (role.mentionable || mayMentionAll) && isAllowed('roles', id)
    }),
  }
}

function findIds(content: string, mention: RegExp): string[] {
  return [...new Set([...content.matchAll(mention)].map(([, id]) => id ?? ''))]
}

function isUser({ users, bots }: FakeDiscordWorld, id: string): boolean {
  return users.has(id) || [...bots.values()].some(({ userId }) => userId === id)
}
