import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { authorizeURL, newClient, newPKCE } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { foreignPage, launchChromium, openTab, type Tab, worldOf } from './chromium.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

const redirect = 'https://client.example/callback'
const site = 'https://evil.example/'

let server: TestServer
let browser: Browser
let context: BrowserContext
let address: string
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(async () => await browser.close())
beforeEach(async () => {
  server = await startTestServer({ dangerouslyRememberConsent: {} })
  context = await browser.newContext()
  const client = await newClient(server, { redirect_uris: [redirect] })
  address = authorizeURL(server, client, newPKCE().challenge, { redirect_uri: redirect })
})
afterEach(async () => {
  await context.close()
  await server.close()
})

/** A tab in a world with one more site, which leads to the authorization request by a link and by a redirect. */
async function newTab(): Promise<Tab> {
  const usual = worldOf(server)
  return await openTab(context, server, (request) => {
    if (request.url === `${site}redirect`) return new Response(null, { status: 302, headers: { location: address } })
    if (request.url.startsWith(site))
      return foreignPage(`<a href="${address.replaceAll('&', '&amp;')}">Win a prize</a>`)
    return usual(request)
  })
}

async function arrive(tab: Tab): Promise<void> {
  await tab.page.waitForURL((url) => url.href.startsWith(redirect))
}

/** Allows the app, and asks not to be asked again. */
async function allowForGood(): Promise<Tab> {
  const tab = await newTab()
  await tab.page.goto(address)
  await tab.page.getByLabel('Do not ask me again').check()
  await tab.page.getByRole('button', { name: 'Allow' }).click()
  await arrive(tab)
  return tab
}

it('A4 does not ask again a person who wished so and opens the address anew', async () => {
  await allowForGood()
  const tab = await newTab()
  await tab.page.goto(address)
  await arrive(tab)
  expect(tab.requests).not.toContain('POST /consent')
})

it.each([
  { how: 'a link of another site', lead: async ({ page }: Tab) => await page.getByRole('link').first().click() },
  { how: 'a link that redirects', lead: async ({ page }: Tab) => await page.getByRole('link').last().click() },
  {
    how: 'a script of another site',
    lead: async ({ page }: Tab) => void (await page.evaluate(`location = ${JSON.stringify(address)}`)),
  },
])('A4 A005 asks again when the person comes by $how', async ({ lead }) => {
  await allowForGood()
  const tab = await newTab()
  await tab.page.goto(site)
  await lead(tab)
  await tab.page.getByRole('button', { name: 'Allow' }).waitFor()
  expect(tab.requests).not.toContain('GET https://discord.com/oauth2/authorize')
})

it('A4 asks again a person who did not wish otherwise', async () => {
  const first = await newTab()
  await first.page.goto(address)
  await first.page.getByRole('button', { name: 'Allow' }).click()
  await arrive(first)
  const tab = await newTab()
  await tab.page.goto(address)
  expect(await tab.page.getByRole('button', { name: 'Allow' }).count()).toBe(1)
})
