import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import axe, { type AxeResults } from 'axe-core'
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import { authorizeURL, newClient, newPKCE, type Overrides } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { launchChromium, openTab, type Tab, worldOf } from './chromium.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let server: TestServer
let browser: Browser
let context: BrowserContext
beforeAll(async () => {
  browser = await launchChromium()
  server = await startTestServer({ serviceName: 'Guild Notes', clients: [registered], dangerouslyRememberConsent: {} })
})
afterEach(async () => await context.close())
afterAll(async () => {
  await browser.close()
  await server.close()
})

const registered = {
  client_id: 'team-crm',
  client_name: 'Team CRM',
  redirect_uris: ['https://crm.example.com/oauth/callback'],
}

/** A page of ours, by the client that leads there and what is wrong with its request, if anything is. */
interface Visit {
  readonly what: string
  readonly metadata?: Record<string, unknown>
  readonly client?: { readonly client_id: string }
  readonly over?: Overrides
}

const web = { redirect_uris: ['https://chatgpt.com/connector/oauth/abc123'] }
const visits: readonly Visit[] = [
  { what: 'the consent page of a local program', metadata: {}, over: { redirect_uri: undefined } },
  { what: 'the consent page of a web app', metadata: { client_name: 'ChatGPT', ...web } },
  { what: 'the consent page of a native app', metadata: { redirect_uris: ['cursor://anysphere.cursor-mcp/callback'] } },
  { what: 'the consent page of a registered app', client: registered },
  { what: 'the error page of an unknown client', client: { client_id: 'unknown' } },
  { what: 'the error page with a way back', metadata: web, over: { code_challenge: undefined } },
]

const hostileNames: readonly { what: string; name: string }[] = [
  { what: 'markup', name: '"><img src=x onerror="document.title=1"><script>document.title=2</script><h1>Claude</h1>' },
  { what: 'a turned direction', name: 'Safe \u202Egnp.exe\u202C \u2067edualc\u2069' },
  { what: 'Arabic and Hebrew', name: 'تطبيق موثوق (Guild Notes) אפליקציה' },
  { what: '3000 characters', name: 'W'.repeat(3000) },
  { what: '3000 characters without a break', name: 'www.claude.ai.'.repeat(214) },
  { what: 'emoji', name: '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u{1F3FD}'.repeat(40) },
  { what: 'stacked marks', name: `Z${'\u0335\u0321\u0322\u0327'.repeat(200)}algo` },
  { what: 'lines', name: 'Claude\n\nverified by Discord\u2028\u2028Allow' },
]

const longHost = `${'sub-domain.'.repeat(15)}example.com`

async function addressOf({ client, metadata, over }: Omit<Visit, 'what'>): Promise<string> {
  const visitor = client ?? (await newClient(server, metadata))
  return authorizeURL(server, visitor, newPKCE().challenge, { redirect_uri: undefined, ...over })
}

async function open(visit: Omit<Visit, 'what'>, options: BrowserContextOptions = {}): Promise<Tab> {
  context = await browser.newContext(options)
  const tab = await openTab(context, server)
  await tab.page.goto(await addressOf(visit))
  return tab
}

/** How wide the page is, and what sticks out of the window to either side. */
const sideways = `({
  width: document.documentElement.scrollWidth,
  outside: [...document.querySelectorAll('body *')].filter((element) => {
    const { left, right } = element.getBoundingClientRect()
    return left < 0 || right > innerWidth
  }).map((element) => element.outerHTML),
})`

it.each(visits.flatMap((visit) => (['light', 'dark'] as const).map((colorScheme) => ({ ...visit, colorScheme }))))(
  'A008 has no accessibility violation on $what, $colorScheme',
  async ({ colorScheme, ...visit }) => {
    const tab = await open(visit, { colorScheme })
    await tab.page.evaluate(axe.source)
    const results = await tab.page.evaluate<AxeResults>(
      'axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] })',
    )
    expect(results.passes.map((rule) => rule.id)).toContain('color-contrast')
    expect(results.violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
    expect(results.incomplete.map((rule) => rule.id)).toEqual([])
  },
)

it.each(visits)('A112 loads nothing and complains of nothing on $what', async (visit) => {
  const tab = await open(visit)
  expect(tab.requests).toEqual(['GET /authorize'])
  expect(tab.complaints.filter((text) => !/status of 400/.test(text))).toEqual([])
})

/** Another site on this machine, really there: those of the network may not frame anything here anyway. */
async function openSite(body: string): Promise<string> {
  const site = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(body)
  })
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  onTestFinished(() => {
    site.closeAllConnections()
    site.close()
  })
  return `http://localhost:${(site.address() as AddressInfo).port}/`
}

it.each(visits)('A008 shows nothing in a frame of another site: $what', async (visit) => {
  const page = (await addressOf(visit)).replaceAll('&', '&amp;')
  const document = `${server.origin}/.well-known/oauth-authorization-server`
  const site = await openSite(`<iframe src="${page}"></iframe><iframe src="${document}"></iframe>`)
  context = await browser.newContext()
  const tab = await openTab(context, server, () => undefined)
  await tab.page.goto(site, { waitUntil: 'load' })
  const [, framed, control] = tab.page.frames()
  await expect.poll(() => control?.url(), { timeout: 10_000 }).toBe(document)
  await expect.poll(() => framed?.url(), { timeout: 10_000 }).toBe('chrome-error://chromewebdata/')
  expect(tab.requests).toContain('GET /authorize')
  expect(await framed?.getByRole('button').count()).toBe(0)
})

it.each(visits)('A009 fits a window of 320 pixels: $what', async (visit) => {
  const tab = await open(visit, { viewport: { width: 320, height: 640 } })
  expect(await tab.page.evaluate(sideways)).toEqual({ width: 320, outside: [] })
})

it.each(hostileNames)('A009 A088 A5 keeps its shape on 320 pixels with a name of $what', async ({ name }) => {
  const metadata = { client_name: name, redirect_uris: [`https://${longHost}/callback`] }
  const tab = await open({ metadata }, { viewport: { width: 320, height: 640 } })
  const { page } = tab
  expect(await page.evaluate(sideways)).toEqual({ width: 320, outside: [] })
  expect(await page.title()).toBe('Allow an app to use Guild Notes?')
  expect(await page.getByRole('heading').allInnerTexts()).toEqual([
    'Allow an app to use Guild Notes as you?',
    'If you allow it, the app can',
  ])
  expect(await page.getByRole('button').allInnerTexts()).toEqual(['Allow', 'Deny'])
  expect(await page.locator('script, img, a, iframe, bdi *').count()).toBe(0)
  expect(Array.from(await page.locator('bdi').innerText()).length).toBeLessThanOrEqual(80)
  expect((await page.locator('.target dd').innerText()).split('\n')[0]).toBe(longHost)
  expect(tab.requests).toEqual(['GET /authorize'])
  expect(tab.complaints).toEqual([])
  await page.getByRole('button', { name: 'Deny' }).click()
  await page.waitForURL((url) => url.hostname === longHost)
})

it('A009 A8 shows the address larger than the name, which is marked as a claim', async () => {
  const { page } = await open({ metadata: { client_name: 'ChatGPT', ...web } })
  const size = async (selector: string): Promise<number> =>
    await page.locator(selector).evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize))
  expect(await size('.target dd')).toBeGreaterThan(await size('bdi'))
  expect(await page.locator('.target dd').innerText()).toMatch(/^chatgpt\.com$/m)
  expect(await page.getByRole('main').innerText()).toMatch(/The app calls itself\s+ChatGPT not verified/)
})

it('A025 leads back to the app only by a link that says where it leads, and tells it no address of ours', async () => {
  context = await browser.newContext()
  const usual = worldOf(server)
  const referrers: (string | null)[] = []
  const tab = await openTab(context, server, (request) => {
    if (request.url.startsWith('https://chatgpt.com/connector')) referrers.push(request.headers.get('referer'))
    return usual(request)
  })
  await tab.page.goto(await addressOf({ metadata: web, over: { code_challenge: undefined } }))
  expect(await tab.page.getByRole('main').innerText()).toContain('This leads to chatgpt.com.')
  expect(referrers).toEqual([])
  await tab.page.getByRole('link', { name: 'Return to the app' }).click()
  await tab.page.waitForURL(/^https:\/\/chatgpt\.com\/connector\/oauth\/abc123\?/)
  expect(new URL(tab.page.url()).searchParams.get('error')).toBe('invalid_request')
  expect(referrers).toEqual([null])
  expect(await context.cookies()).toEqual([])
})
