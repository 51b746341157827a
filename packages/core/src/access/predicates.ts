/** Access rules: small functions of a session that compose, and never grant by accident. @module */
import { ConfigurationError } from '../errors.ts'
import { missingScopes, type ScopeHierarchy } from '../protocol/scope.ts'
import {
  type AccessDecision,
  type AccessDenied,
  denied,
  denyAll,
  denyAny,
  granted,
  invert,
  isDenialReason,
} from './decision.ts'

/** What rules look at; an `AuthSession` is one, and so is an `AuthInfo` of the MCP SDK. */
export interface AccessSubject {
  /** Nobody is signed in. */
  readonly anonymous?: boolean | undefined
  /** Scopes of the token: a list, a set, or text with spaces. */
  readonly scopes?: string | Iterable<string> | null | undefined
  readonly roles?: string | Iterable<string> | null | undefined
  /** Seconds since the epoch. */
  readonly expiresAt?: number | null | undefined
}

/** What rules know besides the session. */
export interface AccessContext {
  /** Which scopes imply which others. */
  readonly scopeHierarchy?: ScopeHierarchy | undefined
  /** Seconds since the epoch; where it is given, a session that has ended counts as none. */
  readonly now?: number | undefined
}

/** What a rule may answer. Anything but exactly `true` or a decision that grants denies. */
export type AccessAnswer = AccessDecision | boolean

/**
 * A rule: asked on every call, with the session of that call. A function of one's own may be async; what it throws denies.
 */
export type AccessRule<Subject extends AccessSubject = AccessSubject> = (
  session: Subject | null | undefined,
  context?: AccessContext,
) => AccessAnswer | Promise<AccessAnswer>

/** A rule of ours: its answer is a decision that says why not. */
export type AccessPredicate<
  Answer extends AccessDecision | Promise<AccessDecision>,
  Subject extends AccessSubject = AccessSubject,
> = (session: Subject | null | undefined, context?: AccessContext) => Answer

/** Somebody is signed in, and the session has not ended. */
export const requireAuth: AccessPredicate<AccessDecision> = (session, { now } = {}) => {
  if (!session || session.anonymous === true) return denied('sign_in_required')
  const { expiresAt } = session
  const hasEnded = now !== undefined && typeof expiresAt === 'number' && !(expiresAt > now)
  return hasEnded ? denied('session_expired') : granted
}

/**
 * The token has every one of these scopes: texts, which may hold several with spaces, lists or sets.
 * @throws {ConfigurationError} for anything else; a blank text in the place of a scope is a mistake that never grants
 * @example requireScopes('guilds', 'guilds.members.read')
 */
export function requireScopes(...scopes: readonly (string | Iterable<string>)[]): AccessPredicate<AccessDecision> {
  const names = textsOfArguments('requireScopes', scopes)
  const required = names.some((name) => name.trim() === '') ? [] : names.flatMap(readNames)
  return (session, context = {}) => {
    if (required.length === 0) return denied('rule_empty')
    const present = requireAuth(session, context)
    if (!present.granted) return { ...present, missingScopes: required }
    const missing = missingScopes(readNames(session?.scopes), required, context.scopeHierarchy)
    return missing.length === 0 ? granted : denied('scope_missing', { scopes: missing })
  }
}

/**
 * The user has one of these roles.
 * @throws {ConfigurationError} for anything but texts, or lists and sets of them
 * @example requireRole('admin', 'moderator')
 */
export function requireRole(...roles: readonly (string | Iterable<string>)[]): AccessPredicate<AccessDecision> {
  const accepted = textsOfArguments('requireRole', roles).filter((role) => role !== '')
  return (session, context = {}) => {
    if (accepted.length === 0) return denied('rule_empty')
    const present = requireAuth(session, context)
    if (!present.granted) return { ...present, missingRoles: accepted }
    const { roles: held = [] } = session ?? {}
    const own = typeof held === 'string' ? [held] : [...(held ?? [])]
    return accepted.some((role) => own.includes(role)) ? granted : denied('role_missing', { roles: accepted })
  }
}

/**
 * Every rule grants. Without a rule it denies. All rules are asked, so that a denial names everything that is missing.
 * @throws {ConfigurationError} for what is no function
 */
export function requireAll<Subject extends AccessSubject = AccessSubject>(
  ...rules: readonly AccessRule<Subject>[]
): AccessPredicate<AccessDecision | Promise<AccessDecision>, Subject> {
  assertRules('requireAll', rules)
  return (session, context) =>
    whenAll(rules, session, context, (decisions) => {
      const denials = decisions.filter((decision): decision is AccessDenied => !decision.granted)
      if (decisions.length === 0) return denied('rule_empty')
      return denials.length === 0 ? granted : denyAll(denials)
    })
}

/**
 * One rule grants. Without a rule it denies.
 * @throws {ConfigurationError} for what is no function
 */
export function requireAny<Subject extends AccessSubject = AccessSubject>(
  ...rules: readonly AccessRule<Subject>[]
): AccessPredicate<AccessDecision | Promise<AccessDecision>, Subject> {
  assertRules('requireAny', rules)
  return (session, context) =>
    whenAll(rules, session, context, (decisions) => {
      const denials = decisions.filter((decision): decision is AccessDenied => !decision.granted)
      return denials.length < decisions.length ? granted : denyAny(denials)
    })
}

/**
 * The rule denies a session that is there: `not(requireRole('suspended'))` still asks for a login. A rule that failed
 * or is a mistake does not grant either way. `not(requireAuth)` is for callers who are not signed in.
 * @throws {ConfigurationError} for what is no function
 */
export function not<Subject extends AccessSubject = AccessSubject>(
  rule: AccessRule<Subject>,
): AccessPredicate<AccessDecision | Promise<AccessDecision>, Subject> {
  assertRules('not', [rule])
  return (session, context) =>
    whenAll([rule], session, context, ([decision]) => {
      if (!decision || decision.granted) return denied('rule_denied')
      if (rule === requireAuth) return granted
      // A function of one's own says no to nobody as well.
      const inverted = invert(decision)
      return inverted === true ? requireAuth(session, context) : inverted
    })
}

/** Asks a rule, whatever it does. Never rejects. */
export async function decide<Subject extends AccessSubject>(
  rule: AccessRule<Subject>,
  session: Subject | null | undefined,
  context: AccessContext = {},
): Promise<AccessDecision> {
  try {
    return readAnswer(await rule(session, context))
  } catch {
    return denied('rule_failed')
  }
}

/**
 * Whether a rule grants, for frameworks that ask without waiting: a rule that would have to be waited for does not.
 */
export function isGranted<Subject extends AccessSubject>(
  rule: AccessRule<Subject>,
  session: Subject | null | undefined,
  context: AccessContext = {},
): boolean {
  const decision = ask(rule, session, context)
  if (!(decision instanceof Promise)) return decision.granted
  // Nobody waits for it, so that its failure would be nobody's.
  decision.catch(() => {})
  return false
}

/** Decisions of all rules, at once where none has to be waited for. */
function whenAll<Subject extends AccessSubject>(
  rules: readonly AccessRule<Subject>[],
  session: Subject | null | undefined,
  context: AccessContext | undefined,
  conclude: (decisions: readonly AccessDecision[]) => AccessDecision,
): AccessDecision | Promise<AccessDecision> {
  const decisions = rules.map((rule) => ask(rule, session, context))
  return decisions.some((decision) => decision instanceof Promise)
    ? Promise.all(decisions.map(async (decision) => await decision)).then(conclude)
    : conclude(decisions.filter((decision): decision is AccessDecision => !(decision instanceof Promise)))
}

function ask<Subject extends AccessSubject>(
  rule: AccessRule<Subject>,
  session: Subject | null | undefined,
  context: AccessContext | undefined,
): AccessDecision | Promise<AccessDecision> {
  try {
    const answer: unknown = rule(session, context)
    if (!isThenable(answer)) return readAnswer(answer)
    return Promise.resolve(answer).then(readAnswer, () => denied('rule_failed'))
  } catch {
    return denied('rule_failed')
  }
}

/** Only `true` and a whole decision count; a promise inside a promise's place, or any other value, is a mistake. */
function readAnswer(answer: unknown): AccessDecision {
  if (answer === true) return granted
  if (answer === false) return denied('rule_denied')
  if (typeof answer !== 'object' || answer === null || !('granted' in answer)) return denied('rule_failed')
  if (answer.granted === true) return granted
  if (answer.granted !== false || !('reason' in answer) || typeof answer.reason !== 'string')
    return denied('rule_failed')
  const { missingScopes: scopes, missingRoles: roles, undecided } = answer as Partial<AccessDenied>
  if (!isDenialReason(answer.reason)) return denied('rule_failed')
  const denial = denied(answer.reason, { scopes: textsOf(scopes), roles: textsOf(roles) })
  return undecided === true ? { ...denial, undecided } : denial
}

/** A text is iterable as well, and is one name. */
function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

function textsOf(names: unknown): string[] {
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

function readNames(names: string | Iterable<string> | null | undefined): string[] {
  if (names === null || names === undefined) return []
  return (typeof names === 'string' ? names.split(' ') : [...names]).filter((name) => name !== '')
}

/** At creation: a rule that is missing shall stop the server, and not only deny what it was meant for. */
function assertRules(owner: string, rules: readonly unknown[]): void {
  if (rules.every((rule) => typeof rule === 'function')) return
  throw new ConfigurationError(
    owner,
    'takes rules, which are functions of a session: requireAuth, and not requireAuth()',
  )
}

/** @throws {ConfigurationError} */
function textsOfArguments(owner: string, given: readonly unknown[]): string[] {
  return given.flatMap((names) => {
    const all: readonly unknown[] = isIterable(names) ? [...names] : [names]
    const texts = textsOf(all)
    if (texts.length === all.length) return texts
    throw new ConfigurationError(owner, 'takes names: texts, or lists and sets of texts')
  })
}
