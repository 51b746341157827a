/** The person in front of the browser, played by a program: follows redirects and agrees to whatever page comes. @module */

/** A page or a redirect on the way. */
export type Visit = (method: string, url: URL, status: number) => void

/** More steps than any sign-in has. */
const maxSteps = 12

/**
 * Goes from an authorization URL to the client's redirect URI, which is the last thing it loads.
 * @param visited is told about every step
 * @param answers values for fields of the forms, such as `user` on the page of the fake Discord
 */
export async function agree(
  start: URL,
  redirectURI: string,
  visited: Visit,
  answers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const cookies = createCookies()
  let url = start
  let body: URLSearchParams | undefined
  for (let step = 0; step < maxSteps; step += 1) {
    const method = body ? 'POST' : 'GET'
    const headers = { accept: 'text/html', cookie: cookies.of(url) }
    const answer = await fetch(url, { method, headers, redirect: 'manual', ...(body ? { body } : {}) })
    cookies.keep(url, answer.headers.getSetCookie())
    visited(method, url, answer.status)
    const location = answer.headers.get('location')
    const page = await answer.text()
    if (url.href.startsWith(redirectURI)) return
    if (location === null) ({ url, body } = submission(page, url, answers))
    else [url, body] = [new URL(location, url), undefined]
  }
  throw new Error(`the sign-in has no end: it is at ${url.origin}${url.pathname}`)
}

/** What is sent when the person presses the button that agrees. */
function submission(
  page: string,
  url: URL,
  answers: Readonly<Record<string, string>>,
): { url: URL; body: URLSearchParams } {
  const [, form = '', content = ''] = /<form\b([^>]*)>([\s\S]*?)<\/form>/.exec(page) ?? []
  if (content === '') throw new Error(`there is nothing to press on the page ${url.origin}${url.pathname}`)
  const body = new URLSearchParams({ decision: 'approve' })
  for (const [input] of content.matchAll(/<input\b[^>]*>/g)) {
    const name = attribute(input, 'name')
    const isChosen = attribute(input, 'type') === 'hidden' || /\schecked\b/.test(input)
    if (name !== undefined && isChosen) body.append(name, answers[name] ?? attribute(input, 'value') ?? '')
  }
  return { url: new URL(attribute(form, 'action') ?? url, url), body }
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
  return value?.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))).replaceAll('&amp;', '&')
}

interface Cookies {
  of(url: URL): string
  keep(url: URL, lines: readonly string[]): void
}

/** Cookies by host, as browsers have them: ports do not tell them apart. */
function createCookies(): Cookies {
  const byHost = new Map<string, Map<string, string>>()
  return {
    of: ({ hostname }) => [...(byHost.get(hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join('; '),
    keep({ hostname }, lines) {
      const jar = byHost.get(hostname) ?? new Map<string, string>()
      byHost.set(hostname, jar)
      for (const line of lines) {
        const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
        const [name = '', ...value] = pair.split('=')
        if (attributes.some((item) => /^max-age=0$/i.test(item))) jar.delete(name)
        else jar.set(name, value.join('='))
      }
    },
  }
}
