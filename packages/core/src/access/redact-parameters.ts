/** What events may say about the parameters of a call. @module */
import { ConfigurationError } from '../errors.ts'

/** What is shown of a parameter: a text, number or boolean; an id, or a list of ids; or only how long it is. */
export type ParameterRule = 'keep' | 'id' | 'length'

/** Parameters that may be shown, by name. Whatever has no rule is not shown. */
export type ParameterRules = Readonly<Record<string, ParameterRule>>

/** Longest text that is kept, in characters. */
const maxKeptLength = 256

/** Longest text that is taken for an id, and the longest list of them: tokens are longer. */
const [maxIdLength, maxIds] = [36, 100]

/** Where the number of parameters without a rule stands; no parameter is ever shown under this name. */
const omittedMember = '_omitted'

/**
 * Checks which parameters may be shown of which operation.
 * @throws {ConfigurationError} naming the entry, such as `parameters.send_message.content`
 */
export function assertParameterRules(option: string, byOperation: unknown): void {
  for (const [name, rules] of membersOf(option, byOperation)) {
    for (const [parameter, rule] of membersOf(`${option}.${name}`, rules)) {
      if (typeof rule === 'string' && Object.hasOwn(views, rule)) continue
      throw new ConfigurationError(`${option}.${name}.${parameter}`, "must be 'keep', 'id' or 'length'")
    }
  }
}

function membersOf(option: string, value: unknown): (readonly [string, unknown])[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value)
  throw new ConfigurationError(option, 'must be an object of rules by name')
}

/**
 * The parameters that rules name, and under `_omitted` how many others there were: neither their values nor their
 * names appear, since a client chooses both. `keep` shows texts (cut after 256 characters), numbers and booleans as
 * they are; `id` shows texts of at most 36 characters, whole numbers and booleans, and lists of at most 100 of them: calls
 * are logged whatever is wrong with them, and in the place of an id there may be anything, also a token; `length` shows the number of characters of a text or of entries of a list or an object. A value that a rule
 * does not fit is shown by its kind, as `{ kind: 'object' }`. Nothing of a parameter runs: getters are not called.
 * @returns `undefined` without rules, and when there is nothing to show
 */
export function redactParameters(
  parameters: unknown,
  rules: ParameterRules | undefined,
): Record<string, unknown> | undefined {
  if (rules === undefined || typeof parameters !== 'object' || parameters === null) return undefined
  const entries = Object.entries(rules).flatMap(([name, rule]): [string, unknown][] => {
    const property = name === omittedMember ? undefined : Object.getOwnPropertyDescriptor(parameters, name)
    return property?.enumerable ? [[name, 'value' in property ? show(property.value, rule) : { kind: 'accessor' }]] : []
  })
  const omitted = Object.keys(parameters).length - entries.length
  if (omitted > 0) entries.push([omittedMember, omitted])
  // Unlike an assignment, this makes `__proto__` a member like any other.
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function show(value: unknown, rule: ParameterRule): unknown {
  return (Object.hasOwn(views, rule) ? views[rule](value) : undefined) ?? { kind: kindOf(value) }
}

const views: Readonly<Record<ParameterRule, (value: unknown) => unknown>> = {
  keep,
  id: (value) => (Array.isArray(value) ? idsOf(value) : idOf(value)),
  length: lengthOf,
}

function idOf(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'string') return value.length <= maxIdLength ? value : undefined
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
  return typeof value === 'boolean' ? value : undefined
}

/** All of them or none: a list that is not one of ids shows nothing. */
function idsOf(values: readonly unknown[]): readonly (string | number | boolean)[] | undefined {
  if (values.length > maxIds) return undefined
  const ids = values.map(idOf).filter((id) => id !== undefined)
  return ids.length === values.length ? ids : undefined
}

function keep(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'string') return cut(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return typeof value === 'boolean' ? value : undefined
}

/** Cut between characters: half of a surrogate pair is none. */
function cut(text: string): string {
  if (text.length <= maxKeptLength) return text
  return `${text.slice(0, maxKeptLength - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string') return countCharacters(value)
  if (Array.isArray(value)) return value.length
  return typeof value === 'object' && value !== null ? Object.keys(value).length : undefined
}

/** Code points. The text may be megabytes long, so it is not split into a list. */
function countCharacters(text: string): number {
  let count = 0
  for (let index = 0; index < text.length; index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1) count += 1
  return count
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
