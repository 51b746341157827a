/** Consent that is remembered: row A4 of the threat catalogue. */
import { createOAuthProxy } from '@mcp-auth/express'
import { discord } from '@mcp-auth/provider-discord'
import { describe, expect, it } from 'vitest'
import type { Browser } from './support/browser.ts'
import { authorizeURL, newPKCE, type Overrides, openConsent, redirectURI } from './support/client.ts'
import { discordPage, postConsent } from './support/consent.ts'
import { localPage, parametersOf, shownBy } from './support/pages.ts'
import { createSecureServer, type SecureServer } from './support/start.ts'

const webURI = 'https://client.example/cb'
const webClient = { client_id: 'web-client', redirect_uris: [webURI, 'https://client.example/other', redirectURI] }
const otherClient = { client_id: 'other-client', redirect_uris: [webURI] }
const days = 86_400

describe('A4 a rogue server leads people to the consent they gave before', () => {
  it('A4 remembers nothing unless the operator asks for it, whatever the form says', async () => {
    const server = createSecureServer({ clients: [webClient] })
    const browser = await signInAndRemember(server)
    expect(browser.cookies.size).toBe(0)
    expect((await ask(server, browser)).status).toBe(200)
  })

  it('A4 offers to remember only where it is possible, and never without being told to', async () => {
    const server = remembering()
    const web = await openConsent(server, webClient, server.createBrowser(), { redirect_uri: webURI })
    const local = await openConsent(server, webClient, server.createBrowser())
    const box = /<input\b(?=[^>]*\btype="checkbox")(?=[^>]*\bname="remember")[^>]*>/
    expect(box.exec(web.text)?.[0]).not.toMatch(/\schecked/)
    expect([box.test(web.text), box.test(local.text)]).toEqual([true, false])
  })

  it('A4 sends a person who opens the address themselves on to Discord, where somebody still signs in', async () => {
    const server = remembering()
    const browser = await signInAndRemember(server)
    expect([...browser.cookies.keys()]).toEqual(['__Host-mcpauth-remembered'])
    const answer = await ask(server, browser)
    expect(answer.location?.startsWith(discordPage)).toBe(true)
    expect(parametersOf(await complete(server, browser, answer.location)).has('code')).toBe(true)
  })

  it.each([['cross-site'], ['same-site'], ['same-origin'], ['']])(
    'A4 asks again when a page leads there: Sec-Fetch-Site: "%s"',
    async (site) => {
      const server = remembering()
      const browser = await signInAndRemember(server)
      const answer = await ask(server, browser, {}, site)
      expect([answer.status, answer.location]).toEqual([200, undefined])
    },
  )

  it('A4 asks again in a browser that does not say where a request comes from', async () => {
    const server = remembering()
    const browser = await signInAndRemember(server)
    const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ')
    const url = authorizeURL(server, webClient, newPKCE().challenge, { redirect_uri: webURI })
    expect((await server.send(url, { headers: { cookie } })).status).toBe(200)
    const same = await server.send(url, { headers: { cookie, 'sec-fetch-site': 'none' } })
    expect(same.location?.startsWith(discordPage)).toBe(true)
  })

  it.each([
    ['another client', { client_id: 'other-client' }],
    ['another redirect URI', { redirect_uri: 'https://client.example/other' }],
    ['more scopes', { scope: 'identify guilds' }],
    ['the default scopes instead of these', { scope: 'guilds' }],
  ])('A4 asks again for %s', async (_case, over) => {
    const server = remembering()
    const browser = await signInAndRemember(server)
    expect((await ask(server, browser, over)).status).toBe(200)
  })

  it('A4 never remembers a client that is called back on the own machine', async () => {
    const server = remembering()
    const browser = await signInAndRemember(server, { redirect_uri: redirectURI })
    expect(browser.cookies.size).toBe(0)
    expect((await ask(server, browser, { redirect_uri: redirectURI })).status).toBe(200)
  })

  it('A4 issues no code when somebody else is signed in at Discord by now, and forgets', async () => {
    const server = remembering()
    const browser = await signInAndRemember(server)
    server.discord.settings.user = '53908232506183680'
    const { location } = await ask(server, browser)
    const answer = await complete(server, browser, location)
    expect(shownBy(answer)).toEqual(localPage(answer.status))
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect((await ask(server, browser)).status).toBe(200)
    expect(server.events.filter((event) => event.type === 'login.succeeded')).toHaveLength(1)
  })

  it('A4 forgets after the time that was configured, even if the browser keeps the cookie', async () => {
    const server = remembering({ maxAgeSeconds: 7 * days })
    const browser = await signInAndRemember(server)
    server.clock.advance(7 * days - 1)
    expect((await ask(server, browser)).location?.startsWith(discordPage)).toBe(true)
    server.clock.advance(1)
    expect((await ask(server, browser)).status).toBe(200)
  })

  it('A4 asks again when the cookie was changed, or comes from another server', async () => {
    const server = remembering()
    const browser = await signInAndRemember(server)
    const [[name, value] = ['', '']] = [...browser.cookies]
    const elsewhere = createSecureServer({
      clients: [webClient],
      dangerouslyRememberConsent: {},
      baseUrl: 'https://other.example',
    })
    const [foreign] = [...(await signInAndRemember(elsewhere)).cookies.values()]
    const changed = value.slice(0, 30) + (value[30] === 'A' ? 'B' : 'A') + value.slice(31)
    for (const planted of [changed, foreign, '', 'x', value.slice(1)]) {
      browser.cookies.set(name, String(planted))
      expect((await ask(server, browser)).status).toBe(200)
    }
  })

  it('A4 remembers nothing of a sign-in that was denied or failed', async () => {
    const server = remembering()
    server.discord.settings.deny = true
    expect([...(await signInAndRemember(server)).cookies.keys()]).toEqual([])
    server.discord.settings.deny = false
    server.discord.fail('currentUser', '500', 1)
    expect([...(await signInAndRemember(server)).cookies.keys()]).toEqual([])
  })

  it('A4 does not start with a memory of more than 30 days', () => {
    const options = {
      baseUrl: 'https://mcp.example',
      provider: discord({ clientId: '157730590492196864', clientSecret: 'x' }),
    }
    for (const maxAgeSeconds of [30 * days + 1, 0, -1, Number.NaN]) {
      expect(() => createOAuthProxy({ ...options, dangerouslyRememberConsent: { maxAgeSeconds } })).toThrowError(
        /^dangerouslyRememberConsent: /,
      )
    }
  })
})

function remembering(dangerouslyRememberConsent = {}): SecureServer {
  return createSecureServer({ clients: [webClient, otherClient], dangerouslyRememberConsent })
}

/** Asks to authorize as a person who typed the address, or as `site` says. */
async function ask(server: SecureServer, browser: Browser, over: Overrides = {}, site = 'none') {
  const url = authorizeURL(server, webClient, newPKCE().challenge, { redirect_uri: webURI, ...over })
  return await browser.load(url, { headers: { 'sec-fetch-site': site } })
}

async function complete(server: SecureServer, browser: Browser, location = '') {
  const back = await server.discord.fetch(new Request(location))
  return await browser.load(back.headers.get('location') ?? '', { from: 'https://discord.com/' })
}

/** A browser that signed in and asked to be remembered. */
async function signInAndRemember(server: SecureServer, over: Overrides = {}): Promise<Browser> {
  const browser = server.createBrowser()
  const page = await openConsent(server, webClient, browser, { redirect_uri: webURI, ...over })
  const approved = await postConsent(browser, page, { remember: 'on' })
  await complete(server, browser, approved.location)
  return browser
}
