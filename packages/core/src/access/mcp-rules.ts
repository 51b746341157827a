/** Which rules decide an MCP operation. @module */
import type { AuthSession } from '../session.ts'
import type { MCPOperation } from './mcp-operations.ts'
import { type AccessRule, requireAuth } from './predicates.ts'

/** A rule, or a definition of a tool, resource or prompt that carries it. */
export type AccessControlled = AccessRule<AuthSession> | { readonly canAccess?: AccessRule<AuthSession> | undefined }

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
  /** For everything that has no rule of its own. Default: {@link requireAuth}. */
  readonly otherwise?: AccessRule<AuthSession>
}

/** The rules of an operation, every one of which has to grant. */
export function rulesFor(
  { kind, name }: Pick<MCPOperation, 'kind' | 'name'>,
  rules: MCPAccessRules,
): readonly AccessRule<AuthSession>[] {
  const found = ownRules({ kind, name }, rules)
  return found.length > 0 ? found.map((entry) => ruleOf(entry, rules)) : [rules.otherwise ?? requireAuth]
}

/** Whether an operation has rules of its own. */
export function hasRules(operation: Pick<MCPOperation, 'kind' | 'name'>, rules: MCPAccessRules): boolean {
  return ownRules(operation, rules).length > 0
}

function ownRules(
  { kind, name }: Pick<MCPOperation, 'kind' | 'name'>,
  rules: MCPAccessRules,
): readonly AccessControlled[] {
  return {
    tool: () => own(rules.tools, name),
    prompt: () => own(rules.prompts, name),
    resource: () => resourceRules(name, rules),
    completion: () => templateRules(name, rules),
  }[kind]()
}

function ruleOf(entry: AccessControlled, { otherwise = requireAuth }: MCPAccessRules): AccessRule<AuthSession> {
  // What is neither a rule nor a definition is a mistake: it is asked like a rule, fails, and so denies.
  if (typeof entry !== 'object' || entry === null) return entry
  return entry.canAccess === undefined ? otherwise : entry.canAccess
}

function own(table: AccessRuleTable | undefined, name: string): readonly AccessControlled[] {
  const entry = table && Object.hasOwn(table, name) ? table[name] : undefined
  return entry === undefined ? [] : [entry]
}

/**
 * Servers look resources up by the normalized URI, and ask templates when none has it. What a template's reader makes of
 * the URI is its own business: where no rule has exactly this one, every rule that it could lead to has a say.
 */
function resourceRules(uri: string, rules: MCPAccessRules): readonly AccessControlled[] {
  const entries = Object.entries(rules.resources ?? {})
  const normalized = normalizeURI(uri)
  const exact = entries.filter(([key]) => key === uri || normalizeURI(key) === normalized)
  if (exact.length > 0) return exact.map(([, entry]) => entry)
  const plain = plainURI(uri)
  const alike = entries.filter(([key]) => plainURI(key) === plain).map(([, entry]) => entry)
  return [...alike, ...matchingTemplates([uri, normalized, plain], rules)]
}

/** A completion names a template, or a resource that a template covers. */
function templateRules(name: string, rules: MCPAccessRules): readonly AccessControlled[] {
  const named = own(rules.resourceTemplates, name)
  return named.length > 0 ? named : resourceRules(name, rules)
}

function matchingTemplates(uris: readonly string[], { resourceTemplates = {} }: MCPAccessRules): AccessControlled[] {
  return Object.entries(resourceTemplates)
    .filter(([template]) => uris.some((uri) => mayMatch(template, uri)))
    .map(([, entry]) => entry)
}

/** A URI as the WHATWG parser writes it; what is none stays as it is. */
export function normalizeURI(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).toString() : uri
}

/** Host and path alone, the same for all that a careless reader takes for one: case, escapes, query, slashes at the end. */
function plainURI(uri: string): string {
  const decoded = decode(normalizeURI(uri))
  if (!URL.canParse(decoded)) return withoutSlashes(decoded.toLowerCase())
  const url = new URL(decoded)
  for (const part of ['username', 'password', 'port', 'search', 'hash'] as const) url[part] = ''
  return withoutSlashes(url.href.toLowerCase())
}

/** Linear, unlike an expression that looks for the end from everywhere. */
function withoutSlashes(text: string): string {
  let end = text.length
  while (text.charAt(end - 1) === '/') end -= 1
  return text.slice(0, end)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Whether a template could stand for a URI, in whatever way a server reads templates: an expression stands for any
 * text, letter case does not count. Rather one rule too many than one too few. Linear in the URI's length.
 */
function mayMatch(template: string, uri: string): boolean {
  const [first = '', ...rest] = template.toLowerCase().split(/\{[^}]*\}/)
  const last = rest.pop()
  const text = uri.toLowerCase()
  if (last === undefined) return text === first
  if (!text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  for (const literal of rest) {
    const found = text.indexOf(literal, at)
    if (found === -1) return false
    at = found + literal.length
  }
  return at <= text.length - last.length
}
