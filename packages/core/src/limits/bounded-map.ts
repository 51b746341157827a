/** Maps that never grow past a bound. @module */

/** Makes room in a map for one more entry: the oldest ones go, until fewer than `most` are left. */
export function makeRoom<Key>(map: Map<Key, unknown>, most: number): void {
  for (const oldest of map.keys()) {
    if (map.size < most) return
    map.delete(oldest)
  }
}
