/** Scope values — RFC 6749 §3.3. @module */

/** `scope-token` of [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3). */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** Longest scope parameter we read, in characters. */
const maxScopeLength = 4096

/**
 * Splits a scope parameter into distinct tokens, in order of first appearance.
 * @returns `undefined` when a character is not allowed or the value is absurdly long.
 */
export function parseScope(value: string | undefined): string[] | undefined {
  if (value === undefined) return []
  if (value.length > maxScopeLength) return undefined
  const tokens = value.split(' ').filter((token) => token !== '')
  return tokens.every((token) => scopeToken.test(token)) ? [...new Set(tokens)] : undefined
}

/** The wire form of a scope set. */
export function formatScope(scopes: readonly string[]): string {
  return scopes.join(' ')
}

/** Whether `value` may be one scope token. */
export function isScopeToken(value: string): boolean {
  return scopeToken.test(value)
}

/** Which scopes imply which narrower ones: `{ admin: ['read', 'write'] }`. */
export type ScopeHierarchy = Readonly<Record<string, readonly string[]>>

/** The scopes held, with everything they imply through the hierarchy, however deep. */
export function expandScopes(scopes: readonly string[], hierarchy: ScopeHierarchy = {}): Set<string> {
  const held = new Set<string>()
  const open = [...scopes]
  for (let scope = open.pop(); scope !== undefined; scope = open.pop()) {
    if (held.has(scope)) continue
    held.add(scope)
    if (Object.hasOwn(hierarchy, scope)) open.push(...(hierarchy[scope] ?? []))
  }
  return held
}

/** The required scopes that are not held, in the order they were required. */
export function missingScopes(
  held: readonly string[],
  required: readonly string[],
  hierarchy: ScopeHierarchy = {},
): string[] {
  const all = expandScopes(held, hierarchy)
  return required.filter((scope) => !all.has(scope))
}
