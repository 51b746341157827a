/** URIs of resources, and the templates that may stand for them. @module */

/** A URI in every form in which two may be the same. */
export interface ComparableURI {
  readonly given: string
  readonly normalized: string
  readonly plain: string
}

/** A URI template, ready to be compared. */
export interface ComparableTemplate {
  /** What stands between its expressions, in lower case. */
  readonly literals: readonly string[]
}

/** Writes a URI in all of its forms. */
export function comparableURI(given: string): ComparableURI {
  return { given, normalized: normalizeURI(given), plain: plainURI(given) }
}

/** Reads a template of [RFC 6570](https://www.rfc-editor.org/rfc/rfc6570): where it has expressions, and what is between. */
export function comparableTemplate(template: string): ComparableTemplate {
  return { literals: template.toLowerCase().split(/\{[^}]*\}/) }
}

/**
 * Whether a template could stand for a URI, in whatever way a server reads templates: an expression stands for any
 * text, letter case does not count. Rather one rule too many than one too few. Linear in the URI's length.
 * @param text the URI in lower case
 */
export function mayMatch({ literals: [first = '', ...rest] }: ComparableTemplate, text: string): boolean {
  const last = rest.at(-1)
  if (last === undefined) return text === first
  if (!text.startsWith(first) || !text.endsWith(last)) return false
  let at = first.length
  for (const literal of rest.slice(0, -1)) {
    const found = text.indexOf(literal, at)
    if (found === -1) return false
    at = found + literal.length
  }
  return at <= text.length - last.length
}

/** A URI as the WHATWG parser writes it; what is none stays as it is. */
export function normalizeURI(uri: string): string {
  return URL.canParse(uri) ? new URL(uri).toString() : uri
}

/** Host and path alone, the same for all that a careless reader takes for one: case, escapes, query, slashes at the end. */
function plainURI(uri: string): string {
  const decoded = decode(normalizeURI(uri))
  if (!URL.canParse(decoded)) return withoutSlashes(decoded.toLowerCase())
  const url = new URL(decoded)
  for (const part of ['username', 'password', 'port', 'search', 'hash'] as const) url[part] = ''
  return withoutSlashes(url.href.toLowerCase())
}

/** Linear, unlike an expression that looks for the end from everywhere. */
function withoutSlashes(text: string): string {
  let end = text.length
  while (text.charAt(end - 1) === '/') end -= 1
  return text.slice(0, end)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
