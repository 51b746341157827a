/** The cookies that bind a sign-in to a browser. */
import { expect, it } from 'vitest'
import { type Browser, createBrowser } from './support/browser.ts'
import { authorize, newClient, openConsent, signIn } from './support/client.ts'
import { cookieHeader, discordPage, postConsent } from './support/consent.ts'
import { localPage, parametersOf, shownBy } from './support/pages.ts'
import { createSecureServer, knownClient, startServer } from './support/start.ts'

it('A100 gives cookies over TLS the __Host- prefix, Secure, HttpOnly, SameSite=Lax and Path=/, in every step', async () => {
  const server = createSecureServer()
  const browser = server.createBrowser()
  const page = await openConsent(server, knownClient, browser)
  const approved = await postConsent(browser, page)
  const back = await server.discord.fetch(new Request(approved.location ?? ''))
  const completed = await browser.load(back.headers.get('location') ?? '')
  expect(parametersOf(completed).has('code')).toBe(true)
  const set = /^__Host-mcpauth-[\w-]{8}=[a-z0-9]+\.[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/
  const removed = /^__Host-mcpauth-[\w-]{8}=; Path=\/; Max-Age=0; HttpOnly; SameSite=Lax; Secure$/
  expect(page.headers.getSetCookie()).toEqual([expect.stringMatching(set)])
  expect(approved.headers.getSetCookie()).toEqual([expect.stringMatching(set)])
  expect(completed.headers.getSetCookie()).toEqual([expect.stringMatching(removed)])
  expect(browser.cookies.size).toBe(0)
})

it('A100 removes the cookie of a denied request, over TLS with the same attributes', async () => {
  const server = createSecureServer()
  const browser = server.createBrowser()
  const denied = await postConsent(browser, await openConsent(server, knownClient, browser), { decision: 'deny' })
  const removed = /^__Host-mcpauth-[\w-]{8}=; Path=\/; Max-Age=0; HttpOnly; SameSite=Lax; Secure$/
  expect(denied.headers.getSetCookie()).toEqual([expect.stringMatching(removed)])
})

it('A100 sets cookies on plain loopback that browsers take: HttpOnly, SameSite=Lax, no Domain, and no Secure', async () => {
  const server = await startServer()
  const page = await openConsent(server, await newClient(server), createBrowser())
  const set = /^mcpauth-[\w-]{8}=[a-z0-9]+\.[\w-]{43}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/
  expect(page.headers.getSetCookie()).toEqual([expect.stringMatching(set)])
})

it('A100 does not take the cookie without its prefix over TLS, which a sibling host could have planted', async () => {
  const server = createSecureServer()
  const browser = server.createBrowser()
  const page = await openConsent(server, knownClient, browser)
  const planted = cookieHeader(browser).replace('__Host-', '')
  expect(shownBy(await postConsent(browser, page, {}, { cookie: planted }))).toEqual(localPage(403))
  expect((await postConsent(browser, page)).location?.startsWith(discordPage)).toBe(true)
})

it('A100 signs the whole cookie: a change anywhere makes it worthless on the consent page and at the callback', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  for (const cookie of changedCookies(browser)) {
    expect(shownBy(await postConsent(browser, page, {}, { cookie }))).toEqual(localPage(403))
  }
  const callback = await signIn(server, browser, page)
  for (const cookie of changedCookies(browser)) {
    expect(shownBy(await browser.load(callback, { headers: { cookie } }))).toEqual(localPage(403))
  }
  expect(server.discord.requestsTo('token')).toEqual([])
  expect(parametersOf(await browser.load(callback)).has('code')).toBe(true)
})

it('A100 binds the cookie to its client and flow: under the name of another flow it opens neither step', async () => {
  const server = await startServer()
  const victim = createBrowser()
  const page = await openConsent(server, await newClient(server), victim)
  const attacker = createBrowser()
  const ownPage = await openConsent(server, await newClient(server, { client_name: 'Other' }), attacker)
  const [name] = [...victim.cookies.keys()]
  const renamed = (): { cookie: string } => ({ cookie: `${name}=${[...attacker.cookies.values()][0]}` })
  expect(shownBy(await postConsent(attacker, page, {}, renamed()))).toEqual(localPage(403))
  await signIn(server, attacker, ownPage)
  const callback = await signIn(server, victim, page)
  expect(shownBy(await attacker.load(callback, { headers: renamed() }))).toEqual(localPage(403))
  expect(server.discord.requestsTo('token')).toEqual([])
})

it('A100 does not take a cookie that was signed with another secret', async () => {
  const other = createSecureServer({ secret: 'b3RoZXItcm9vdC1zZWNyZXQtZm9yLW1jcC1hdXRoLTAy' })
  const server = createSecureServer()
  const foreign = other.createBrowser()
  await openConsent(other, knownClient, foreign)
  const browser = server.createBrowser()
  const page = await openConsent(server, knownClient, browser)
  const [name] = [...browser.cookies.keys()]
  const cookie = `${name}=${[...foreign.cookies.values()][0]}`
  expect(shownBy(await postConsent(browser, page, {}, { cookie }))).toEqual(localPage(403))
})

it('A100 takes the first of two cookies of one name, since the second was planted from a wider scope', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  const own = cookieHeader(browser)
  const [name] = [...browser.cookies.keys()]
  expect(shownBy(await postConsent(browser, page, {}, { cookie: `${name}=planted; ${own}` }))).toEqual(localPage(403))
  const answer = await postConsent(browser, page, {}, { cookie: `theme=dark; ${own}; ${name}=planted` })
  expect(answer.location?.startsWith(discordPage)).toBe(true)
})

it('A100 leaves the cookies of the application alone and does not read them', async () => {
  const server = await startServer()
  const browser = createBrowser()
  browser.cookies.set('session', 'of-the-application')
  const { code } = await authorize(server, { browser })
  expect(code).not.toBe('')
  expect([...browser.cookies]).toEqual([['session', 'of-the-application']])
})

/** The browser's one cookie, changed in one place at a time. */
function changedCookies(browser: Browser): string[] {
  const [[name, value] = ['', '']] = [...browser.cookies]
  const dot = value.indexOf('.')
  return [0, dot - 1, dot + 1, dot + 20].map((at) => {
    const other = value[at] === 'a' ? 'b' : 'a'
    return `${name}=${value.slice(0, at)}${other}${value.slice(at + 1)}`
  })
}
