/** What an access rule says, and why not. @module */
import type { DenialReason } from '../events.ts'

/** A denial. */
export interface AccessDenied {
  readonly granted: false
  readonly reason: DenialReason
  /** Every scope whose absence led to the denial. */
  readonly missingScopes: readonly string[]
  /** Roles of which one would do. */
  readonly missingRoles: readonly string[]
  /** A rule failed or is a mistake, and another one speaks for it here: `not` makes no grant of this. */
  readonly undecided?: true
}

/** A decision. */
export type AccessDecision = { readonly granted: true } | AccessDenied

/** The decision that grants. */
export const granted: AccessDecision = Object.freeze({ granted: true })

/** A denial, with what is missing. */
export function denied(
  reason: DenialReason,
  missing: { readonly scopes?: readonly string[]; readonly roles?: readonly string[] } = {},
): AccessDenied {
  return { granted: false, reason, missingScopes: missing.scopes ?? [], missingRoles: missing.roles ?? [] }
}

/** Denials that say something about a session. */
const decided: readonly DenialReason[] = ['scope_missing', 'role_missing', 'rule_denied']
/** Denials of rules that said nothing at all. */
const silent: readonly DenialReason[] = ['rule_failed', 'rule_empty']

/**
 * The opposite of a denial: `true` where a rule has looked at the session and said no, else the denial that stays.
 * Without a session nobody knows yet, and what failed must not grant because something beside it said no.
 */
export function invert(denial: AccessDenied): true | AccessDenied {
  if (!decided.includes(denial.reason)) return denial
  return denial.undecided === true ? denied('rule_failed') : true
}

/** The denial that speaks for several. */
function speakFor(denials: readonly AccessDenied[], spoken: AccessDenied): AccessDenied {
  const isUndecided = denials.some(({ reason, undecided }) => undecided === true || silent.includes(reason))
  return isUndecided && !silent.includes(spoken.reason) ? { ...spoken, undecided: true } : spoken
}

/**
 * Whether the client can cure a denial by asking the user for more: then it is told how (401 or 403), and what it
 * asked for is no secret. Everything else answers as if it did not exist.
 */
export function isCurable({ reason }: AccessDenied): boolean {
  return reason === 'sign_in_required' || reason === 'session_expired' || reason === 'scope_missing'
}

/** From the worst to the one a client can do most about. */
const severity: readonly DenialReason[] = [
  'rule_failed',
  'rule_empty',
  'rule_denied',
  'role_missing',
  'scope_missing',
  'session_expired',
  'sign_in_required',
]

/** Whether a text is a reason; what is written into logs has to be one. */
export function isDenialReason(text: string): text is DenialReason {
  return severity.some((reason) => reason === text)
}

/**
 * The denial of rules that all have to grant. Without a session nothing else can be known, so that comes first; then
 * what no step-up would cure.
 */
export function denyAll(denials: readonly AccessDenied[]): AccessDenied {
  const session = denials.find(({ reason }) => reason === 'sign_in_required' || reason === 'session_expired')
  const reason = session?.reason ?? mostSevere(denials)
  const missing = { scopes: union(denials, 'missingScopes'), roles: union(denials, 'missingRoles') }
  return speakFor(denials, denied(reason, missing))
}

/** The denial of alternatives: the one that is cured most easily speaks for all. */
export function denyAny(denials: readonly AccessDenied[]): AccessDenied {
  const best = denials.toSorted((a, b) => severity.indexOf(b.reason) - severity.indexOf(a.reason))[0]
  if (!best) return denied('rule_empty')
  const isRole = best.reason === 'role_missing'
  return speakFor(denials, isRole ? { ...best, missingRoles: union(denials, 'missingRoles') } : best)
}

function mostSevere(denials: readonly AccessDenied[]): DenialReason {
  return severity.find((reason) => denials.some((denial) => denial.reason === reason)) ?? 'rule_empty'
}

function union(denials: readonly AccessDenied[], member: 'missingScopes' | 'missingRoles'): string[] {
  return [...new Set(denials.flatMap((denial) => denial[member]))]
}
