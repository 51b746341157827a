/** Forms of a page, as a browser reads them. @module */

/** A form of a page. */
export interface PageForm {
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
}

/** The forms of a page, with what they send when nobody touches them: hidden fields, and boxes that are checked. */
export function formsOf(page: string, url: string): PageForm[] {
  return [...page.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, tag = '', inner = '']) => ({
    action: new URL(attribute(tag, 'action') ?? url, url).href,
    fields: Object.fromEntries(
      [...inner.matchAll(/<input\b([^>]*)>/g)]
        .filter(([, input = '']) => attribute(input, 'type') !== 'checkbox' || /\schecked\b/.test(input))
        .map(([, input = '']) => [attribute(input, 'name') ?? '', attribute(input, 'value') ?? '']),
    ),
  }))
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]
  return value
    ?.replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
