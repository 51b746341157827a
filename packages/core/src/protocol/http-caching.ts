/** How long an answer may be kept — RFC 9111, as much of it as a cache of our own needs. @module */

/** Bounds of {@link freshnessLifetime}, in seconds. */
export interface CacheBounds {
  /** For answers that say nothing. */
  readonly unspecified: number
  readonly most: number
}

/** Seconds for which an answer is fresh: what it says, within bounds; zero where it forbids keeping. */
export function freshnessLifetime(cacheControl: string | null, age: string | null, bounds: CacheBounds): number {
  if (cacheControl === null) return Math.min(bounds.unspecified, bounds.most)
  const directives = new Map(
    cacheControl.split(',').map((directive) => {
      const [name = '', value = ''] = directive.split('=', 2)
      return [name.trim().toLowerCase(), value.trim().replaceAll('"', '')]
    }),
  )
  if (directives.has('no-store') || directives.has('no-cache')) return 0
  const said = directives.get('s-maxage') ?? directives.get('max-age')
  if (said === undefined) return Math.min(bounds.unspecified, bounds.most)
  const seconds = /^\d{1,10}$/.test(said) ? Number(said) : 0
  const spent = /^\d{1,10}$/.test(age ?? '') ? Number(age) : 0
  return Math.max(0, Math.min(seconds - spent, bounds.most))
}
