/** Where Discord sends the browser back to. */
import { expect, it } from 'vitest'
import { type Browser, createBrowser, send } from './support/browser.ts'
import { authorize, newClient, openConsent, redirectURI, signIn } from './support/client.ts'
import { cookieHeader, postConsent } from './support/consent.ts'
import { localPage, parametersOf, shownBy } from './support/pages.ts'
import type { TestServer } from './support/server.ts'
import { knownClient, startServer } from './support/start.ts'

it('A006 refuses a callback in a browser that did not consent, without a word to Discord; the right browser still completes', async () => {
  const server = await startServer()
  const { browser, callback } = await approve(server)
  const stranger = createBrowser()
  expect(shownBy(await stranger.load(callback, { from: 'https://discord.com/' }))).toEqual(localPage(403))
  expect(server.discord.requestsTo('token')).toEqual([])
  expect(server.discord.requests.map((request) => request.endpoint)).toEqual(['authorize'])
  const completed = await browser.load(callback, { from: 'https://discord.com/' })
  expect(parametersOf(completed).get('code')).toMatch(/^\S{20,}$/)
})

it('A006 refuses a callback in a browser that approved another request, of another client or of the same', async () => {
  const server = await startServer()
  const client = await newClient(server)
  const { browser, callback } = await approve(server, client)
  for (const other of [client, await newClient(server, { client_name: 'Other' })]) {
    const attacker = await approve(server, other)
    expect(shownBy(await attacker.browser.load(callback))).toEqual(localPage(403))
  }
  expect(server.discord.requestsTo('token')).toEqual([])
  expect(parametersOf(await browser.load(callback)).has('code')).toBe(true)
})

it('A006 refuses an error of Discord too in a browser that did not consent', async () => {
  const server = await startServer()
  server.discord.settings.deny = true
  const { browser, callback } = await approve(server)
  expect(shownBy(await createBrowser().load(callback))).toEqual(localPage(403))
  expect(parametersOf(await browser.load(callback)).get('error')).toBe('access_denied')
})

it.each([
  ['unknown', (url: URL) => url.searchParams.set('state', 'A'.repeat(43))],
  ['empty', (url: URL) => url.searchParams.set('state', '')],
  ['missing', (url: URL) => url.searchParams.delete('state')],
  ['doubled', (url: URL) => url.searchParams.append('state', url.searchParams.get('state') ?? '')],
  ['cut', (url: URL) => url.searchParams.set('state', url.searchParams.get('state')?.slice(0, -1) ?? '')],
  ['longer', (url: URL) => url.searchParams.set('state', `${url.searchParams.get('state')}A`)],
  ['in other letters', (url: URL) => url.searchParams.set('state', swapCase(url.searchParams.get('state') ?? ''))],
  ["the client's own", (url: URL) => url.searchParams.set('state', 'client-state')],
  ['the key of another record', (url: URL) => url.searchParams.set('state', 'consent:x')],
])('A103 refuses a callback whose state is %s, and the right one still completes', async (_case, change) => {
  const server = await startServer()
  const { browser, callback } = await approve(server)
  const url = new URL(callback)
  change(url)
  expect(shownBy(await browser.load(url.href))).toEqual(localPage(400))
  expect(server.discord.requestsTo('token')).toEqual([])
  expect(parametersOf(await browser.load(callback)).has('code')).toBe(true)
})

it('A103 refuses a callback that was completed before, even with the cookie of that time', async () => {
  const server = await startServer()
  const { browser, callback } = await approve(server)
  const cookie = cookieHeader(browser)
  expect(parametersOf(await browser.load(callback)).has('code')).toBe(true)
  expect(shownBy(await browser.load(callback))).toEqual(localPage(400))
  expect(shownBy(await browser.load(callback, { headers: { cookie } }))).toEqual(localPage(400))
  expect(server.discord.requestsTo('token')).toHaveLength(1)
})

it('A103 refuses a callback that ended with an error before', async () => {
  const server = await startServer()
  const { browser, callback } = await approve(server)
  const cookie = cookieHeader(browser)
  server.discord.fail('token', '503', 1)
  expect(parametersOf(await browser.load(callback)).get('error')).toBe('temporarily_unavailable')
  expect(shownBy(await browser.load(callback, { headers: { cookie } }))).toEqual(localPage(400))
  expect(server.discord.requestsTo('token')).toHaveLength(1)
})

it.each(['code', 'error', 'iss'])('A103 refuses a callback with %s twice', async (name) => {
  const server = await startServer()
  const { browser, callback } = await approve(server)
  const url = new URL(callback)
  url.searchParams.append(name, 'https://discord.com')
  url.searchParams.append(name, 'https://discord.com')
  expect(shownBy(await browser.load(url.href))).toEqual(localPage(400))
  expect(server.discord.requestsTo('token')).toEqual([])
})

it('A104 gives consent and sign-in ten minutes together', async () => {
  const server = await startServer()
  const early = await openSignIn(server)
  server.clock.advance(1)
  const later = await openSignIn(server)
  server.clock.advance(298)
  const tooLate = await signIn(server, early.browser, early.page)
  const inTime = await signIn(server, later.browser, later.page)
  server.clock.advance(301)
  expect(shownBy(await early.browser.load(tooLate))).toEqual(localPage(400))
  expect(server.discord.requestsTo('token')).toEqual([])
  // Discord's own codes live for 100 seconds, so by now it refuses what we still accept.
  expect(parametersOf(await later.browser.load(inTime)).get('error')).toBe('server_error')
  expect(server.discord.requestsTo('token')).toHaveLength(1)
})

it('A104 completes a sign-in one second before its end', async () => {
  const server = await startServer()
  const { browser, page } = await openSignIn(server)
  server.clock.advance(599)
  expect(parametersOf(await browser.load(await signIn(server, browser, page))).has('code')).toBe(true)
})

it('A026 tells the client of a denial at Discord in words of our own, with state and iss', async () => {
  const server = await startServer()
  server.discord.settings.deny = true
  const { answer } = await authorize(server)
  expect(answer.status).toBe(303)
  expect(answer.location?.startsWith(`${redirectURI}?`)).toBe(true)
  expect(Object.fromEntries(parametersOf(answer))).toEqual({
    error: 'access_denied',
    error_description: 'The sign-in was denied',
    iss: server.auth.metadata.authorizationServer.issuer,
    state: 'client-state',
  })
  expect(server.discord.requestsTo('token')).toEqual([])
})

it('A026 treats a person who withholds every requested permission at Discord as one who denied', async () => {
  const server = await startServer()
  server.discord.settings.withheldScopes = ['guilds']
  const { parameters } = await authorize(server, { over: { scope: 'guilds' } })
  expect(parameters.get('error')).toBe('access_denied')
  expect(parameters.has('code')).toBe(false)
})

it.each([
  ['access_denied', 'access_denied'],
  ['temporarily_unavailable', 'temporarily_unavailable'],
  ['server_error', 'server_error'],
  ['invalid_scope', 'server_error'],
  ['"><script>alert(1)</script>', 'server_error'],
  ['constructor', 'server_error'],
])('A026 A112 B7 turns the error %s of the authorization page into %s and keeps its words', async (error, ours) => {
  const server = await startServer()
  const { browser, page } = await openSignIn(server)
  const approved = await postConsent(browser, page)
  const state = parametersOf(approved).get('state') ?? ''
  const words = 'told by\r\nSet-Cookie: x=1 "Discord" é'
  const query = new URLSearchParams({ error, error_description: words, error_uri: 'https://evil.example/', state })
  const answer = await browser.load(`${server.origin}/auth/callback?${query}`)
  const parameters = parametersOf(answer)
  expect([...parameters.keys()]).toEqual(['error', 'error_description', 'iss', 'state'])
  expect(parameters.get('error')).toBe(ours)
  expect(answer.location).not.toMatch(/told|Cookie|evil|alert/)
  expect(answer.headers.getSetCookie().join()).not.toContain('x=1')
  expect(server.discord.requestsTo('token')).toEqual([])
})

it('A026 treats a return with both a code and an error as an error, and one with neither too', async () => {
  const server = await startServer()
  for (const query of ['code=x&error=access_denied', 'other=1']) {
    const { browser, page } = await openSignIn(server)
    const state = parametersOf(await postConsent(browser, page)).get('state')
    const answer = await browser.load(`${server.origin}/auth/callback?${query}&state=${state}`)
    expect(parametersOf(answer).has('error')).toBe(true)
    expect(parametersOf(answer).has('code')).toBe(false)
  }
  expect(server.discord.requestsTo('token')).toEqual([])
})

it('A006 B5 refuses an answer that names another issuer on our own page, and the right one still completes', async () => {
  const server = await startServer({ clients: [knownClient] })
  const { browser, callback } = await approve(server, knownClient)
  for (const iss of ['https://discord.example', 'https://discord.com/', 'HTTPS://discord.com', server.origin]) {
    const url = new URL(callback)
    url.searchParams.set('iss', iss)
    const answer = await browser.load(url.href)
    expect(shownBy(answer)).toEqual(localPage(400))
    expect(answer.text).not.toContain('discord.example')
  }
  expect(server.discord.requestsTo('token')).toEqual([])
  expect(server.events.filter((event) => event.type === 'login.failed')).toHaveLength(4)
  expect(parametersOf(await browser.load(callback)).has('code')).toBe(true)
})

it('B5 refuses an error that names another issuer as well', async () => {
  const server = await startServer()
  server.discord.settings.deny = true
  server.discord.settings.issuer = 'wrong'
  const { browser, callback } = await approve(server)
  expect(shownBy(await browser.load(callback))).toEqual(localPage(400))
})

it('B5 accepts an answer without an issuer, as Discord gave them before', async () => {
  const server = await startServer()
  server.discord.settings.issuer = 'absent'
  const { code } = await authorize(server)
  expect(code).not.toBe('')
})

it('A103 uses nothing up when the callback is posted to', async () => {
  const server = await startServer()
  const { browser, callback } = await approve(server)
  const posted = await send(callback, { method: 'POST', headers: { cookie: cookieHeader(browser) } })
  expect([posted.status, posted.location]).toEqual([405, undefined])
  expect(server.discord.requestsTo('token')).toEqual([])
  expect(parametersOf(await browser.load(callback)).has('code')).toBe(true)
})

async function openSignIn(server: TestServer, client?: { readonly client_id: string }) {
  const browser = createBrowser()
  return { browser, page: await openConsent(server, client ?? (await newClient(server)), browser) }
}

/** A person who approved here and at Discord, and whose browser is about to return. */
async function approve(
  server: TestServer,
  client?: { readonly client_id: string },
): Promise<{ browser: Browser; callback: string }> {
  const { browser, page } = await openSignIn(server, client)
  return { browser, callback: await signIn(server, browser, page) }
}

function swapCase(text: string): string {
  return text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase()
}
