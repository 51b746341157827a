import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { authorizeURL, newClient, newPKCE, type Overrides, redirectURI, tokenRequest } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createSecureServer, knownClient } from '../support/start.ts'
import { foreignPage, launchChromium, openTab, type Tab, type World, worldOf } from './chromium.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let server: TestServer
let browser: Browser
let context: BrowserContext
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(async () => await browser.close())
beforeEach(async () => {
  server = await startTestServer({ serviceName: 'Guild Notes' })
  await newContext()
})
afterEach(async () => {
  await context.close()
  await server.close()
})

async function newContext(options: BrowserContextOptions = {}): Promise<void> {
  await context?.close()
  context = await browser.newContext(options)
}

/** The way of a sign-in, as the tab goes it. */
const journey = ['GET /authorize', 'POST /consent', 'GET https://discord.com/oauth2/authorize', 'GET /auth/callback']
const approvals = (tab: Tab): number => tab.requests.filter((request) => request === 'POST /consent').length

const allow = (tab: Tab) => tab.page.getByRole('button', { name: 'Allow' })
const deny = (tab: Tab) => tab.page.getByRole('button', { name: 'Deny' })

/** Opens a tab with the consent page of a new client. */
async function openConsent(
  options: { readonly over?: Overrides; readonly redirect?: string; readonly world?: World } = {},
): Promise<Tab> {
  const { over, redirect = redirectURI, world } = options
  const client = await newClient(server, { redirect_uris: [redirect] })
  const tab = await openTab(context, server, world)
  await tab.page.goto(authorizeURL(server, client, newPKCE().challenge, { redirect_uri: redirect, ...over }))
  return tab
}

/** Waits until the tab is at the client, and returns what it brought along. */
async function arrive(tab: Tab, redirect: string = redirectURI): Promise<URLSearchParams> {
  await tab.page.waitForURL((url) => url.href.startsWith(redirect))
  return new URL(tab.page.url()).searchParams
}

/** Discord's page, held back until it is released. */
function holdDiscord(): { readonly world: World; readonly release: () => void } {
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const usual = worldOf(server)
  const world: World = (request) =>
    request.url.startsWith('https://discord.com/')
      ? released.then(() => usual(request) ?? foreignPage('no Discord'))
      : usual(request)
  return { world, release: () => release() }
}

it('A101 leads from Allow over Discord to the client, whose code can be redeemed', async () => {
  const client = await newClient(server)
  const { verifier, challenge } = newPKCE()
  const tab = await openTab(context, server)
  await tab.page.goto(authorizeURL(server, client, challenge))
  await allow(tab).click()
  const parameters = await arrive(tab)
  expect(tab.requests.slice(0, 5)).toEqual([...journey, 'GET http://127.0.0.1:32767/callback'])
  expect([...parameters.keys()].toSorted()).toEqual(['code', 'iss', 'state'])
  const answer = await tokenRequest(server, client, {
    grant_type: 'authorization_code',
    code: parameters.get('code') ?? '',
    code_verifier: verifier,
  })
  expect(answer.status).toBe(200)
})

it('A100 A101 comes back from a page of Discord on which the person has clicked', async () => {
  server.discord.settings.interactive = true
  const tab = await openConsent()
  await allow(tab).click()
  await tab.page.getByRole('button', { name: 'Approve' }).click()
  expect((await arrive(tab)).get('code')).toEqual(expect.any(String))
})

it('A026 leads from Deny to the client with access_denied, and never to Discord', async () => {
  const tab = await openConsent()
  await deny(tab).click()
  const parameters = await arrive(tab)
  expect([parameters.get('error'), parameters.get('state')]).toEqual(['access_denied', 'client-state'])
  expect(tab.requests.slice(0, 3)).toEqual(['GET /authorize', 'POST /consent', 'GET http://127.0.0.1:32767/callback'])
})

it.each(['https://client.example/oauth/callback?tenant=1', 'http://localhost:32766/callback'])(
  'A110 returns to %s, on another origin',
  async (redirect) => {
    const tab = await openConsent({ redirect })
    await allow(tab).click()
    const parameters = await arrive(tab, redirect)
    expect(parameters.get('code')).toEqual(expect.any(String))
    expect(parameters.get('tenant')).toBe(new URL(redirect).searchParams.get('tenant'))
    expect(tab.complaints).toEqual([])
  },
)

it('A008 follows a client that redirects its callback to a scheme of its own', async () => {
  const usual = worldOf(server)
  const world: World = (request) =>
    request.url.startsWith('https://client.example/')
      ? new Response(null, { status: 307, headers: { location: `claude://oauth${new URL(request.url).search}` } })
      : usual(request)
  const tab = await openConsent({ redirect: 'https://client.example/callback', world })
  const attempt = tab.page.waitForEvent('requestfailed', (request) => request.url().startsWith('claude://oauth?'))
  await allow(tab).click({ noWaitAfter: true })
  expect(new URL((await attempt).url()).searchParams.get('code')).toEqual(expect.any(String))
})

it('A008 hands the code to a private-use scheme', async () => {
  const redirect = 'cursor://anysphere.cursor-mcp/oauth/callback'
  const tab = await openConsent({ redirect })
  const attempt = tab.page.waitForEvent('requestfailed', (request) => request.url().startsWith(redirect))
  await allow(tab).click({ noWaitAfter: true })
  expect(new URL((await attempt).url()).searchParams.get('code')).toEqual(expect.any(String))
  expect(tab.requests).toEqual(journey)
})

it.each([0, 30, 150])(
  'A103 takes a double click on Allow as one answer (%i ms between press and release)',
  async (delay) => {
    const { world, release } = holdDiscord()
    const tab = await openConsent({ world })
    await allow(tab).dblclick({ delay, noWaitAfter: true })
    release()
    expect((await arrive(tab)).get('code')).toEqual(expect.any(String))
    expect(approvals(tab)).toBe(1)
  },
)

it('A103 takes Allow and then Deny in a hurry as one answer', async () => {
  const { world, release } = holdDiscord()
  const tab = await openConsent({ world })
  const place = await deny(tab).boundingBox()
  await allow(tab).click({ noWaitAfter: true })
  await tab.page.mouse.click((place?.x ?? 0) + 20, (place?.y ?? 0) + 20)
  release()
  expect((await arrive(tab)).get('code')).toEqual(expect.any(String))
  expect(approvals(tab)).toBe(1)
})

it('A009 shows a new consent page after Back, and a second sign-in works from it', async () => {
  const tab = await openConsent()
  await allow(tab).click()
  const first = (await arrive(tab)).get('code')
  await tab.page.goBack()
  await allow(tab).click()
  const second = (await arrive(tab)).get('code')
  expect(second).toEqual(expect.any(String))
  expect(second).not.toBe(first)
})

it('A103 says what to do when a page that was answered already is answered again', async () => {
  let copy: string | undefined
  const usual = worldOf(server)
  const world: World = (request) =>
    copy !== undefined && request.url.includes('/authorize?') && !request.url.startsWith('https:')
      ? new Response(copy, { headers: { 'content-type': 'text/html' } })
      : usual(request)
  const tab = await openConsent({ world })
  copy = await tab.page.content()
  await allow(tab).click()
  await arrive(tab)
  const discordRequests = server.discord.requests.length
  await tab.page.goBack()
  await allow(tab).click()
  await tab.page.getByRole('heading', { name: 'This sign-in cannot continue' }).waitFor()
  expect(await tab.page.getByRole('main').innerText()).toMatch(/answered already.*Go back to the app and start again/)
  expect(server.discord.requests).toHaveLength(discordRequests)
})

it('A009 works after a reload', async () => {
  const tab = await openConsent()
  const before = await tab.page.getByRole('main').innerText()
  await tab.page.reload()
  expect(await tab.page.getByRole('main').innerText()).toBe(before)
  await allow(tab).click()
  expect((await arrive(tab)).get('code')).toEqual(expect.any(String))
})

it('A102 signs in from two tabs at once, each with its own state', async () => {
  const first = await openConsent({ over: { state: 'first' } })
  const second = await openConsent({ over: { state: 'second' } })
  await allow(first).click()
  await allow(second).click()
  expect((await arrive(first)).get('state')).toBe('first')
  expect((await arrive(second)).get('state')).toBe('second')
})

it.each([
  { name: 'Allow', key: 'Enter', outcome: 'code' },
  { name: 'Allow', key: 'Space', outcome: 'code' },
  { name: 'Deny', key: 'Enter', outcome: 'error' },
])('A004 is answered with the keyboard alone: $name by $key', async ({ name, key, outcome }) => {
  const tab = await openConsent()
  const button = tab.page.getByRole('button', { name })
  const focused = (): Promise<string> => tab.page.evaluate('document.activeElement?.textContent ?? ""')
  for (let step = 0; step < 5 && (await focused()) !== name; step += 1) await tab.page.keyboard.press('Tab')
  expect(await button.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid')
  await tab.page.keyboard.press(key)
  expect((await arrive(tab)).has(outcome)).toBe(true)
})

it('A004 works without JavaScript', async () => {
  await newContext({ javaScriptEnabled: false })
  const tab = await openConsent()
  await allow(tab).click()
  expect((await arrive(tab)).get('code')).toEqual(expect.any(String))
})

it('A100 A102 keeps one short-lived, unreadable cookie, another one after approval, and none in the end', async () => {
  const { world, release } = holdDiscord()
  const tab = await openConsent({ world })
  const [asked, ...others] = await context.cookies()
  expect(others).toEqual([])
  expect(asked).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', domain: '127.0.0.1', secure: false })
  expect(asked?.name).toMatch(/^mcpauth-/)
  expect((asked?.expires ?? 0) - Date.now() / 1000).toBeLessThanOrEqual(600)
  const atDiscord = tab.page.waitForRequest(/^https:\/\/discord\.com\//)
  await allow(tab).click({ noWaitAfter: true })
  await atDiscord
  const [approved] = await context.cookies()
  expect(approved).toMatchObject({ name: asked?.name, httpOnly: true, sameSite: 'Lax' })
  expect(approved?.value).not.toBe(asked?.value)
  release()
  await arrive(tab)
  expect(await context.cookies()).toEqual([])
})

it('A100 binds the sign-in with a __Host- cookie over TLS', async () => {
  const secure = createSecureServer()
  const usual = worldOf(secure)
  const world: World = async (request) =>
    (await secure.auth.fetch(request)) ?? (await usual(request)) ?? foreignPage('nothing')
  const tab = await openTab(context, secure, world)
  await tab.page.goto(authorizeURL(secure, knownClient, newPKCE().challenge))
  const [cookie] = await context.cookies()
  expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Lax', path: '/', domain: 'mcp.example' })
  expect(cookie?.name).toMatch(/^__Host-mcpauth-/)
  await allow(tab).click()
  expect((await arrive(tab)).get('code')).toEqual(expect.any(String))
  expect(await context.cookies()).toEqual([])
})
