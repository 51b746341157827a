/** The tables of access rules, checked and made ready once: what is asked later is what was checked. @module */
import { ConfigurationError } from '../errors.ts'
import type { AuthSession } from '../session.ts'
import type { AccessRuleTable, MCPAccessRules } from './mcp-rules.ts'
import { nearestName } from './option-names.ts'
import { type AccessRule, requireAuth } from './predicates.ts'
import { type ComparableTemplate, type ComparableURI, comparableTemplate, comparableURI } from './resource-uris.ts'

interface Ruled {
  readonly rule: AccessRule<AuthSession>
}

/** Tables that can be asked. */
export interface PreparedRules {
  readonly tools: ReadonlyMap<string, AccessRule<AuthSession>>
  readonly prompts: ReadonlyMap<string, AccessRule<AuthSession>>
  readonly resources: readonly (ComparableURI & Ruled)[]
  readonly resourceTemplates: ReadonlyMap<string, ComparableTemplate & Ruled>
  readonly otherwise: AccessRule<AuthSession>
}

/**
 * Reads the tables.
 * @throws {ConfigurationError} naming the entry, such as `tools.shut_down`, that is neither a rule nor a definition with one
 */
export function prepareRules(rules: MCPAccessRules): PreparedRules {
  const { otherwise = requireAuth } = rules
  if (typeof otherwise !== 'function') throw new ConfigurationError('otherwise', `must be a rule, ${ruleForm}`)
  const read = (
    option: keyof MCPAccessRules,
    table: AccessRuleTable | undefined,
  ): (readonly [string, Ruled['rule']])[] =>
    readTable(option, table).map(([name, entry]) => [name, readEntry(`${option}.${name}`, entry) ?? otherwise])
  return {
    tools: new Map(read('tools', rules.tools)),
    prompts: new Map(read('prompts', rules.prompts)),
    resources: read('resources', rules.resources).map(([uri, rule]) => ({ ...comparableURI(uri), rule })),
    resourceTemplates: new Map(
      read('resourceTemplates', rules.resourceTemplates).map(([template, rule]) => [
        template,
        { ...comparableTemplate(template), rule },
      ]),
    ),
    otherwise,
  }
}

const ruleForm = "such as requireScopes('guilds') or a function of your own"

/** Only members count: a list or a `Map` would be a table without a single rule. */
function readTable(option: string, table: unknown): (readonly [string, unknown])[] {
  if (table === undefined) return []
  if (isRecord(table)) return Object.entries(table)
  throw new ConfigurationError(option, 'must be an object: rules, or definitions with canAccess, by name')
}

/** The rule of an entry, or `undefined` for a definition that names none. */
function readEntry(option: string, entry: unknown): AccessRule<AuthSession> | undefined {
  // A function that carries a rule is a tool's own, and must not be run to ask.
  if (isRule(entry) && !('canAccess' in entry)) return entry
  // A decision or a promise is what a rule answers: somebody called it too early.
  if (!isRecord(entry) || 'granted' in entry || 'then' in entry) {
    throw new ConfigurationError(option, `must be a rule, ${ruleForm}, or a definition with canAccess`)
  }
  if (!('canAccess' in entry)) return assertNoNearMiss(option, entry)
  const { canAccess } = entry
  if (isRule(canAccess)) return canAccess
  throw new ConfigurationError(`${option}.canAccess`, `must be a rule, ${ruleForm}; without one leave it out`)
}

/** Definitions may have any other member; one that was meant to be the rule would leave its tool to everybody. */
function assertNoNearMiss(option: string, entry: Readonly<Record<string, unknown>>): undefined {
  const wrong = Object.keys(entry).find((name) => nearestName(name.toLowerCase(), ['canaccess'], 2) !== undefined)
  if (wrong !== undefined) throw new ConfigurationError(`${option}.${wrong}`, 'is not read; did you mean canAccess?')
  return undefined
}

function isRule(value: unknown): value is AccessRule<AuthSession> {
  return typeof value === 'function'
}

/** An object that is no collection. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value)
}
