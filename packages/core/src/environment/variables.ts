/** The names of the environment variables, and which option each one sets. @module */
import { nearestName } from '../access/option-names.ts'
import { ConfigurationError } from '../errors.ts'
import type { Lifetimes } from '../proxy/lifetimes.ts'

/** What an operator may set; by name, as they arrive. */
export type EnvironmentRecord = Readonly<Record<string, string | undefined>>

/** Lifetimes that have a variable. */
export type LifetimeWithVariable = Exclude<keyof Lifetimes, 'grant' | 'clientRegistration'>

/** The variables of lifetimes. */
export const lifetimeVariables: Readonly<Record<LifetimeWithVariable, string>> = {
  accessToken: 'MCP_AUTH_ACCESS_TOKEN_TTL',
  refreshToken: 'MCP_AUTH_REFRESH_TOKEN_TTL',
  code: 'MCP_AUTH_CODE_TTL',
  transaction: 'MCP_AUTH_TRANSACTION_TTL',
  refreshGrace: 'MCP_AUTH_REFRESH_GRACE',
}

/** Options of `createOAuthProxy` and the variables they come from. */
const optionVariables: Readonly<Record<string, string>> = {
  baseUrl: 'MCP_AUTH_BASE_URL',
  resource: 'MCP_AUTH_RESOURCE',
  secret: 'MCP_AUTH_SECRET',
  store: 'MCP_AUTH_STORE',
  defaultScopes: 'MCP_AUTH_SCOPES',
  upstreamTimeoutSeconds: 'MCP_AUTH_UPSTREAM_TIMEOUT',
  clients: 'MCP_AUTH_CLIENTS',
  allowedOrigins: 'MCP_AUTH_ALLOWED_ORIGINS',
  ...Object.fromEntries(Object.entries(lifetimeVariables).map(([name, variable]) => [`lifetimes.${name}`, variable])),
}

const prefix = 'MCP_AUTH_'

const knownVariables: readonly string[] = [
  ...Object.values(optionVariables),
  'MCP_AUTH_PROVIDER',
  'MCP_AUTH_CIMD',
  'MCP_AUTH_CIMD_DANGEROUSLY_ALLOW',
  'MCP_AUTH_AUDIT_LOG',
]

/**
 * The same error under the name of the variable that sets the option, for a person who knows only variables.
 * Options that no variable sets keep their names. `more` names variables of the server's own.
 */
export function nameVariable(
  error: ConfigurationError,
  more: Readonly<Record<string, string>> = {},
): ConfigurationError {
  const { option } = error
  const variables = { ...optionVariables, ...more }
  const variable = Object.hasOwn(variables, option) ? variables[option] : undefined
  if (variable === undefined) return error
  const said = error.message.startsWith(`${option}: `) ? error.message.slice(option.length + 2) : error.message
  return new ConfigurationError(variable, said, { cause: error })
}

/**
 * Refuses a variable that only looks like one of ours: it is a typing error, and what it was meant to set is not set.
 * @throws {ConfigurationError} naming the variable
 */
export function assertKnownVariables(env: EnvironmentRecord): void {
  for (const name of Object.keys(env)) {
    if (!name.startsWith(prefix) || env[name] === undefined || knownVariables.includes(name)) continue
    const near = nearestName(name, knownVariables)
    throw new ConfigurationError(
      name,
      near === undefined
        ? `is not a variable of this server; known are ${knownVariables.toSorted().join(', ')}`
        : `is not a variable of this server; did you mean ${near}?`,
    )
  }
}
