/** How long an answer may be kept — RFC 9111, as much of it as a private cache of our own needs. @module */

/** Our own bounds on what answers say, in seconds. */
export interface CacheBounds {
  /** For answers that say nothing. */
  readonly unspecified: number
  /** Answers are kept for so long even where they forbid it; zero to do as they say. */
  readonly least: number
  readonly most: number
}

/** What an answer's headers allow. */
export interface Freshness {
  /** How long the answer needs no other look, in seconds. */
  readonly seconds: number
  /** Whether it may be kept at all. */
  readonly mayKeep: boolean
}

/**
 * Reads the headers of an answer. `now` in seconds since the epoch.
 * @see [RFC 9111 §4.2.1](https://www.rfc-editor.org/rfc/rfc9111#section-4.2.1)
 */
export function readFreshness(header: (name: string) => string | null, bounds: CacheBounds, now: number): Freshness {
  const directives = parseCacheControl(header('cache-control') ?? '')
  const mayKeep = bounds.least > 0 || !directives.has('no-store')
  const forbids = directives.has('no-store') || directives.has('no-cache')
  const said = forbids ? 0 : lifetime(directives.get('max-age'), header, now)
  return { mayKeep, seconds: Math.min(bounds.most, Math.max(bounds.least, said ?? bounds.unspecified)) }
}

/** Seconds of life left by the answer's own word; `undefined` where it has none. */
function lifetime(
  maxAge: string | undefined,
  header: (name: string) => string | null,
  now: number,
): number | undefined {
  const expires = header('expires')
  if (maxAge === undefined && expires === null) return undefined
  // What cannot be read is stale.
  if (maxAge !== undefined) return (parseSeconds(maxAge) ?? 0) - (parseSeconds(header('age') ?? '') ?? 0)
  const sentAt = Date.parse(header('date') ?? '')
  const seconds = (Date.parse(expires ?? '') - (Number.isNaN(sentAt) ? now * 1000 : sentAt)) / 1000
  return Number.isNaN(seconds) ? 0 : seconds
}

/** More than 2^31 seconds mean no more than that, [RFC 9111 §1.2.2](https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2). */
function parseSeconds(text: string): number | undefined {
  return /^\d+$/.test(text) ? Math.min(Number(text), 2 ** 31) : undefined
}

/** Of a directive that is repeated the first one counts. */
function parseCacheControl(value: string): ReadonlyMap<string, string> {
  const directives = new Map<string, string>()
  for (const directive of value.split(',')) {
    const [name = '', argument = ''] = directive.split('=', 2).map((part) => part.trim())
    const key = name.toLowerCase()
    if (!directives.has(key)) directives.set(key, argument.replaceAll('"', ''))
  }
  return directives
}
