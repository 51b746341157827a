/** The options of a gate, checked: with a wrong one it would stand open. @module */
import { assertKnownOptions } from '../access/option-names.ts'
import { ConfigurationError } from '../errors.ts'

const known = ['requiredScopes', 'allowAnonymous', 'canAccess', 'resource'] as const

/**
 * Checks what plain JavaScript may give: unknown names, and values that would count as nothing at all.
 * @throws {ConfigurationError} naming the option
 */
export function assertAuthenticateOptions(options: object): void {
  assertKnownOptions('requireBearerAuth', options, known)
  for (const [name, isRight, form] of forms) {
    if (name in options && !isRight(Reflect.get(options, name))) {
      throw new ConfigurationError(name, `must be ${form}; without one leave it out`)
    }
  }
}

const forms: readonly (readonly [(typeof known)[number], (value: unknown) => boolean, string])[] = [
  ['canAccess', (value) => typeof value === 'function', 'a rule: a function of a session'],
  ['requiredScopes', isTextList, 'a list of texts'],
  ['allowAnonymous', (value) => typeof value === 'boolean', 'true or false'],
]

/** Whether an option is a list of texts, whatever its type says: plain JavaScript gives anything. */
export function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
