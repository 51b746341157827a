/** The variables of identity providers: read, complete, and named when they are wrong. @module */
import { ConfigurationError, type EnvironmentRecord, nameVariable } from '@mcp-auth/core'

/** Options of a provider and the variables they come from. */
export type OptionVariables = Readonly<Record<string, string>>

/** The text of a variable; an empty one counts as not set. */
export function readVariable(variables: EnvironmentRecord, name: string): string | undefined {
  return variables[name]?.trim() || undefined
}

/**
 * Reads variables that a provider cannot do without, by their options.
 * @throws {ConfigurationError} naming the first that is missing
 */
export function requireVariables<Option extends string>(
  variables: EnvironmentRecord,
  names: Readonly<Record<Option, string>>,
): Readonly<Record<Option, string>> {
  const all = Object.values<string>(names)
  const read = (name: string): string => {
    const text = readVariable(variables, name)
    if (text !== undefined) return text
    throw new ConfigurationError(name, `is missing: this provider needs ${all.join(', ')}`)
  }
  const entries = Object.entries<string>(names).map(([option, name]) => [option, read(name)] as const)
  return Object.fromEntries(entries) as Readonly<Record<Option, string>>
}

/**
 * Puts something together, with the name of the variable in place of that of the option where it is refused.
 * @throws {ConfigurationError}
 */
export function namingVariables<T>(names: OptionVariables, create: () => T): T {
  try {
    return create()
  } catch (error) {
    throw error instanceof ConfigurationError ? nameVariable(error, { ...names, scopes: 'MCP_AUTH_SCOPES' }) : error
  }
}
