/** Pages for people: escaping, the frame every page has, and its protective headers. @module */
import { platform } from '#platform'

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

const stylesheet = `
:root { color-scheme: light dark; --text: #1c1e21; --muted: #55595f; --page: #f3f4f6; --card: #fff; --line: #d5d8dd;
  --accent: #1d4ed8; --on-accent: #fff; --notice: #fff4d6; --notice-text: #553b00; }
@media (prefers-color-scheme: dark) { :root { --text: #eceef1; --muted: #b3b8c0; --page: #121418; --card: #1d2026;
  --line: #3a3f48; --accent: #8fb4ff; --on-accent: #0b1b3d; --notice: #3d3113; --notice-text: #ffe3a1; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 1.5rem 1rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { max-width: 30rem; margin: 0 auto; padding: 1.5rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; overflow-wrap: anywhere; }
h1 { margin: 0 0 1rem; font-size: 1.3rem; line-height: 1.3; }
h2 { margin: 1.25rem 0 .5rem; font-size: 1rem; }
p { margin: .5rem 0; }
ul { margin: .5rem 0; padding-left: 1.25rem; }
code { font-size: .9em; }
dl { margin: 1rem 0; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem; }
dt { color: var(--muted); font-size: .875rem; }
dd { margin: 0 0 .5rem; font-weight: 600; }
dd:last-child { margin-bottom: 0; }
.muted { color: var(--muted); font-size: .875rem; }
.notice { margin: 1rem 0; padding: .75rem 1rem; background: var(--notice); color: var(--notice-text); border-radius: .5rem; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }
button, .button { flex: 1 1 8rem; padding: .7rem 1rem; border: 1px solid var(--line); border-radius: .5rem; font: inherit;
  font-weight: 600; text-align: center; text-decoration: none; color: var(--text); background: transparent; cursor: pointer; }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`

/** A page. It cannot be framed, runs no script, loads nothing, and is not kept. */
export function pageResponse(
  status: number,
  title: string,
  body: HTML,
  headers: { readonly cookies?: readonly string[]; readonly retryAfter?: number | undefined } = {},
): Response {
  const nonce = platform.toBase64url(platform.randomBytes(16))
  const head = html`<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>`
  const style = `<style nonce="${nonce}">${stylesheet}</style>`
  const text = `<!doctype html><html lang="en"><head>${head.html}${style}</head><body><main>${body.html}</main></body></html>`
  const all = new Headers({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    // No form-action: browsers apply it to the redirects after the form as well, and they lead to the client.
    'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`,
    'x-frame-options': 'DENY',
    // Not no-referrer: a form on such a page sends Origin: null.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  })
  for (const cookie of headers.cookies ?? []) all.append('set-cookie', cookie)
  if (headers.retryAfter !== undefined) all.set('retry-after', String(headers.retryAfter))
  return new Response(text, { status, headers: all })
}
