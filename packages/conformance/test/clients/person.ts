/** The person in front of the browser: presses the same button on whatever page comes. */
import { createBrowser } from '../support/browser.ts'
import type { TestServer } from '../support/server.ts'

/** How to sign in. */
export interface WalkOptions {
  /** Default: `approve`. */
  readonly decision?: 'approve' | 'deny'
  /** What is typed into fields of forms, by their name. */
  readonly typed?: Readonly<Record<string, string>>
  /** Answers for pages that are not on this machine, such as Discord's; `undefined` for all others. */
  readonly elsewhere?: (url: string) => Promise<Response> | undefined
}

/** More steps than any sign-in has. */
const maxSteps = 20

/** Walks from an authorization URL, over redirects and forms, to the client's redirect URI, which is not loaded. */
export async function walk(start: URL, redirectURI: string, options: WalkOptions = {}): Promise<URL> {
  const { decision = 'approve', typed = {}, elsewhere } = options
  const browser = createBrowser()
  let from: string | undefined
  let url = start.href
  for (let step = 0; step < maxSteps; step += 1) {
    if (url.startsWith(redirectURI)) return new URL(url)
    const foreign = await elsewhere?.(url)
    let location = foreign?.headers.get('location') ?? undefined
    if (!foreign) {
      const page = await browser.load(url, from === undefined ? {} : { from })
      const answer = page.location === undefined ? await browser.submit({ ...page, url }, { ...typed, decision }) : page
      location = answer.location
    }
    if (location === undefined) throw new Error(`no way on from ${url}`)
    const next = new URL(location, url).href
    from = url
    url = next
  }
  throw new Error(`no end after ${maxSteps} steps, at ${url}`)
}

/** Discord's pages as the mocked Discord answers them. */
export function toDiscord(server: TestServer): (url: string) => Promise<Response> | undefined {
  return (url) => (url.startsWith('https://discord.com/') ? server.discord.fetch(new Request(url)) : undefined)
}
