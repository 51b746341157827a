/** A map that forgets what was not used for longest. @module */

/** The part of a map that is needed here. */
export interface BoundedMap<Value> {
  readonly size: number
  /** Counts as use. */
  get(key: string): Value | undefined
  set(key: string, value: Value): void
}

/**
 * Makes a map of at most `max` entries.
 * @param isBusy entries that must stay; when all of them must, the map grows by those in use at the moment and no further
 */
export function createBoundedMap<Value>(
  max: number,
  isBusy: (value: Value) => boolean = () => false,
): BoundedMap<Value> {
  const entries = new Map<string, Value>()
  return {
    get size() {
      return entries.size
    },
    get(key) {
      const value = entries.get(key)
      if (value === undefined) return undefined
      // Maps keep the order of insertion: the first is the one that was not used for longest.
      entries.delete(key)
      entries.set(key, value)
      return value
    },
    set(key, value) {
      entries.delete(key)
      entries.set(key, value)
      for (const [oldKey, oldValue] of entries) {
        if (entries.size <= max) return
        if (oldKey !== key && !isBusy(oldValue)) entries.delete(oldKey)
      }
    },
  }
}
