/** Which of several identity providers a server runs with. @module */
import { ConfigurationError } from '../errors.ts'
import type { Environment } from './read-environment.ts'

/**
 * The one of `names` that `MCP_AUTH_PROVIDER` says, for servers that know several providers; the first one where it
 * says nothing.
 * @throws {ConfigurationError} with the list, for a name that is not on it
 * @example
 * const name = chooseProvider(readEnvironment(process.env), ['oidc', 'google', 'github'])
 */
export function chooseProvider<Name extends string>(
  { provider }: Pick<Environment, 'provider'>,
  names: readonly [Name, ...Name[]],
): Name {
  const chosen = provider === undefined ? names[0] : names.find((name) => name === provider)
  if (chosen !== undefined) return chosen
  throw new ConfigurationError('MCP_AUTH_PROVIDER', `must be one of ${names.join(', ')}`)
}
