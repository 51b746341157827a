import { afterEach, expect, it } from 'vitest'
import { createBrowser, formsOf } from './support/browser.ts'
import { newClient, openConsent, redirectURI, signIn } from './support/client.ts'
import { startTestServer, type TestServer, type TestServerOptions } from './support/server.ts'

let server: TestServer
afterEach(async () => await server.close())

async function openPage(options: TestServerOptions, headers: Record<string, string> = {}) {
  server = await startTestServer(options)
  const browser = createBrowser()
  const client = await newClient(server, { client_name: '<b>Evil</b> & Sons' })
  const page = await openConsent(server, client, browser)
  return { browser, client, page: { ...(await browser.load(page.url, { headers })), url: page.url } }
}

const german: NonNullable<TestServerOptions['pageMessages']> = (languages) =>
  languages?.startsWith('de')
    ? { language: 'de', consentHeading: (service) => `Darf eine App ${service} für dich nutzen?`, allow: 'Erlauben' }
    : undefined

it('A009 speaks the language of the browser, and English where a text is missing', async () => {
  const { page } = await openPage(
    { pageMessages: german, serviceName: 'Gilde' },
    { 'accept-language': 'de-AT,de;q=0.9' },
  )
  expect(page.text).toContain('<html lang="de" dir="ltr">')
  expect(page.text).toContain('Darf eine App Gilde für dich nutzen?')
  expect(page.text).toMatch(/>Erlauben<.*>Deny</s)
})

it('A009 speaks English to a browser whose language nobody translated', async () => {
  const { page } = await openPage({ pageMessages: german }, { 'accept-language': 'fr' })
  expect(page.text).toContain('<html lang="en" dir="ltr">')
  expect(page.text).toContain('>Allow<')
})

it('A009 escapes what a translation says and what it is given', async () => {
  const pageMessages = () => ({
    allow: '<i>Allow</i>',
    consentHeading: (service: string) => `"${service}" & <u>you</u>`,
  })
  const { page } = await openPage({ pageMessages, serviceName: '<s>Guild</s>' })
  expect(page.text).not.toMatch(/<(?:i|u|s|b)>/)
  expect(page.text).toContain('&quot;&lt;s&gt;Guild&lt;/s&gt;&quot; &amp; &lt;u&gt;you&lt;/u&gt;')
})

it('A004 A008 A101 a consent page of one’s own keeps the protective headers and completes a sign-in', async () => {
  const seen: unknown[] = []
  const { browser, client, page } = await openPage({
    renderConsent: async ({ view, form, nonce }) => {
      seen.push(
        view.clientName,
        view.redirectURI,
        view.scopes.map(({ scope }) => scope),
        form.remember,
      )
      const fields = Object.entries(form.fields).map(
        ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
      )
      return `<!doctype html><style nonce="${nonce}">p{}</style><form method="post" action="${form.action}">${fields.join('')}
        <button name="${form.decision.name}" value="${form.decision.approve}">Go</button></form>`
    },
  })
  expect(seen.slice(0, 4)).toEqual(['<b>Evil</b> & Sons', redirectURI, ['identify'], undefined])
  const policy = page.headers.get('content-security-policy') ?? ''
  const nonce = /<style nonce="([^"]+)"/.exec(page.text)?.[1]
  expect(policy).toContain(`style-src 'nonce-${nonce}'`)
  expect(policy).toContain("frame-ancestors 'none'")
  expect(page.headers.get('cache-control')).toBe('no-store')
  expect(formsOf(page.text, page.url).map(({ action }) => action)).toEqual([`${server.origin}/consent`])
  const answer = await browser.load(await signIn(server, browser, page), { from: 'https://discord.com/' })
  expect(answer.location).toMatch(new RegExp(`^${redirectURI}\\?code=`))
  expect(client.client_id).toMatch(/^dcr_/)
})

it('A112 a consent page of one’s own that throws ends on our error page, without what it said', async () => {
  const { page } = await openPage({
    renderConsent: () => {
      throw new Error('secret of the template')
    },
  })
  expect(page.status).toBe(500)
  expect(page.text).toContain('This sign-in cannot continue')
  expect(page.text).not.toContain('secret of the template')
})
