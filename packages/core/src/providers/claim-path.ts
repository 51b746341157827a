/** Finding a claim by its name, or by a path into nested claims. @module */

/** The claim of exactly this name; otherwise what the dots lead to, as in `realm_access.roles`. */
export function readPath(claims: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let found: unknown = claims
  for (const name of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined
    found = Reflect.get(found, name)
  }
  return found
}
