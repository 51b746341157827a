/** Which rules decide an MCP operation. @module */
import type { AuthSession } from '../session.ts'
import type { MCPOperation } from './mcp-operations.ts'
import type { AccessRule } from './predicates.ts'
import type { PreparedRules } from './prepare-rules.ts'
import { type ComparableURI, comparableURI, mayMatch, normalizeURI } from './resource-uris.ts'

/** A rule, or a definition of a tool, resource or prompt that carries it. */
export type AccessControlled = AccessRule<AuthSession> | { readonly canAccess?: AccessRule<AuthSession> }

/** Rules by name. */
export type AccessRuleTable = Readonly<Record<string, AccessControlled>>

/** Who may use what of an MCP server. */
export interface MCPAccessRules {
  /** By name of the tool. */
  readonly tools?: AccessRuleTable
  /** By name of the prompt; also for completing its arguments. */
  readonly prompts?: AccessRuleTable
  /** By URI. */
  readonly resources?: AccessRuleTable
  /** By URI template, [RFC 6570](https://www.rfc-editor.org/rfc/rfc6570); also for completing its variables. */
  readonly resourceTemplates?: AccessRuleTable
  /** For everything that has no rule of its own. Default: `requireAuth`. */
  readonly otherwise?: AccessRule<AuthSession>
}

/** The rules of an operation, every one of which has to grant. */
export function rulesFor(
  operation: Pick<MCPOperation, 'kind' | 'name'>,
  rules: PreparedRules,
): readonly AccessRule<AuthSession>[] {
  const found = ownRules(operation, rules)
  return found.length > 0 ? found : [rules.otherwise]
}

/** Whether an operation has rules of its own. */
export function hasRules(operation: Pick<MCPOperation, 'kind' | 'name'>, rules: PreparedRules): boolean {
  return ownRules(operation, rules).length > 0
}

function ownRules(
  { kind, name }: Pick<MCPOperation, 'kind' | 'name'>,
  rules: PreparedRules,
): readonly AccessRule<AuthSession>[] {
  return {
    tool: () => own(rules.tools.get(name)),
    prompt: () => own(rules.prompts.get(name)),
    resource: () => resourceRules(name, rules),
    completion: () => templateRules(name, rules),
  }[kind]()
}

function own(rule: AccessRule<AuthSession> | undefined): readonly AccessRule<AuthSession>[] {
  return rule === undefined ? [] : [rule]
}

/**
 * Servers look resources up by the normalized URI, and ask templates when none has it. What a template's reader makes of
 * the URI is its own business: where no rule has exactly this one, every rule that it could lead to has a say.
 */
function resourceRules(uri: string, rules: PreparedRules): readonly AccessRule<AuthSession>[] {
  const normalized = normalizeURI(uri)
  const exact = rules.resources.filter((entry) => entry.given === uri || entry.normalized === normalized)
  if (exact.length > 0) return exact.map(({ rule }) => rule)
  const comparable = comparableURI(uri)
  const alike = rules.resources.filter(({ plain }) => plain === comparable.plain)
  return [...alike.map(({ rule }) => rule), ...matchingTemplates(comparable, rules)]
}

/** A completion names a template, or a resource that a template covers. */
function templateRules(name: string, rules: PreparedRules): readonly AccessRule<AuthSession>[] {
  const named = rules.resourceTemplates.get(name)
  return named ? [named.rule] : resourceRules(name, rules)
}

function matchingTemplates(uri: ComparableURI, { resourceTemplates }: PreparedRules): AccessRule<AuthSession>[] {
  const forms = [uri.given, uri.normalized, uri.plain].map((form) => form.toLowerCase())
  return [...resourceTemplates.values()]
    .filter((template) => forms.some((form) => mayMatch(template, form)))
    .map(({ rule }) => rule)
}
