/** Request parameters — RFC 6749 §3.1 and §3.2: no repeats, and an empty value is an omitted one. @module */
import { OAuthError } from '../errors.ts'

/** Parameters of one request, each at most once. */
export type Parameters = ReadonlyMap<string, string>

/** Parameters that may appear several times, [RFC 8707 §2](https://www.rfc-editor.org/rfc/rfc8707#section-2). */
const repeatable: ReadonlySet<string> = new Set(['resource'])

/** Separates the values of a repeatable parameter; no URI contains it. */
const separator = ' '

/** More than any client sends; keeps the work per request bounded. */
const maxParameters = 512

/**
 * Reads parameters strictly.
 * @throws {OAuthError} `parameter_repeated`, `malformed_request`
 * @see [RFC 6749 §3.1](https://www.rfc-editor.org/rfc/rfc6749#section-3.1)
 */
export function parseParameters(pairs: Iterable<readonly [string, string]>): Parameters {
  const parameters = new Map<string, string>()
  const seen = new Set<string>()
  let count = 0
  for (const [name, value] of pairs) {
    count += 1
    if (count > maxParameters) throw new OAuthError('malformed_request')
    if (seen.has(name) && !repeatable.has(name)) throw new OAuthError('parameter_repeated')
    seen.add(name)
    if (value === '') continue
    const former = parameters.get(name)
    parameters.set(name, former === undefined ? value : former + separator + value)
  }
  return parameters
}

/** All values of a parameter that may be repeated. */
export function parameterValues(parameters: Parameters, name: string): string[] {
  return parameters.get(name)?.split(separator) ?? []
}

/**
 * A parameter that must be there.
 * @throws {OAuthError} `parameter_missing`
 */
export function requireParameter(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (value === undefined) throw new OAuthError('parameter_missing')
  return value
}
