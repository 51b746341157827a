/** Pages for people: escaping, the frame every page has, and its protective headers. @module */
import { platform } from '#platform'
import type { PageMessages } from '../proxy/page-messages.ts'
import { stylesheet } from './stylesheet.ts'

/** Text that is safe inside HTML, element or quoted attribute. */
export interface HTML {
  readonly html: string
}

/** Escapes what a template is given; nested {@link HTML} and lists of it are taken as they are. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | HTML | readonly HTML[])[]): HTML {
  let out = parts[0] ?? ''
  values.forEach((value, index) => {
    out += render(value) + (parts[index + 1] ?? '')
  })
  return { html: out }
}

function render(value: string | HTML | readonly HTML[]): string {
  if (typeof value === 'string') return escapeHTML(value)
  return 'html' in value ? value.html : value.map((part) => part.html).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Escapes the five characters that mean something in HTML. */
export function escapeHTML(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** What {@link pageResponse} makes a page of. */
export interface Page {
  readonly status: number
  readonly title: string
  readonly body: HTML
  readonly messages: Pick<PageMessages, 'language' | 'direction'>
  readonly cookies?: readonly string[]
  /** Seconds. */
  readonly retryAfter?: number | undefined
}

/** A page in our own frame. */
export function pageResponse(page: Page): Response {
  const nonce = newNonce()
  const { language, direction } = page.messages
  const head = html`<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${page.title}</title>`
  const opening = html`<!doctype html><html lang="${language}" dir="${direction}">`
  const style = `<style nonce="${nonce}">${stylesheet}</style>`
  const text = `${opening.html}<head>${head.html}${style}</head><body><main>${page.body.html}</main></body></html>`
  return protectedPage(text, nonce, page)
}

/** A nonce for the one style element of a page. */
export function newNonce(): string {
  return platform.toBase64url(platform.randomBytes(16))
}

/** A page, whoever wrote it. It cannot be framed, runs no script, loads nothing, and is not kept. */
export function protectedPage(
  text: string,
  nonce: string,
  { status, cookies = [], retryAfter }: Pick<Page, 'status' | 'cookies' | 'retryAfter'>,
): Response {
  const headers = new Headers({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    // No form-action: browsers apply it to the redirects after the form as well, and they lead to the client.
    'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`,
    'x-frame-options': 'DENY',
    // Not no-referrer: a form on such a page sends Origin: null.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  })
  for (const cookie of cookies) headers.append('set-cookie', cookie)
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter))
  return new Response(text, { status, headers })
}
