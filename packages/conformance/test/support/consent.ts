/** The answer on the consent page, rightly or wrongly. */
import { type Answer, type Browser, formsOf } from './browser.ts'
import type { Page } from './client.ts'

/** Where an approval leads. */
export const discordPage = 'https://discord.com/oauth2/authorize?'

/** The Cookie header a browser sends. */
export function cookieHeader(browser: Pick<Browser, 'cookies'>): string {
  return [...browser.cookies].map((pair) => pair.join('=')).join('; ')
}

/** Approves on a consent page; `fields` and `headers` change the right answer. */
export async function postConsent(
  browser: Browser,
  page: Page,
  fields: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const [form] = formsOf(page.text, page.url)
  if (!form) throw new Error(`no form on ${page.url}: ${page.status} ${page.text.slice(0, 200)}`)
  return await browser.load(form.action, {
    method: 'POST',
    from: page.url,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: new URL(page.url).origin,
      ...headers,
    },
    body: new URLSearchParams({ ...form.fields, decision: 'approve', ...fields }).toString(),
  })
}
