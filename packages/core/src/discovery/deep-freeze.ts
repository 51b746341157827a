/** Values that nobody changes any more. @module */

/** Freezes a value and everything in it. Without recursion: what a stranger wrote may be nested deeper than the stack. */
export function deepFreeze<T>(value: T): T {
  const open: unknown[] = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue
    Object.freeze(next)
    for (const member of Object.values(next)) open.push(member)
  }
  return value
}
