/** Attacks on the consent and through it: rows A1, A3, A5, A7 to A9 and D10 of the threat catalogue. */
import { redirectURIPresets } from '@mcp-auth/express'
import { describe, expect, it } from 'vitest'
import { createBrowser, formsOf } from './support/browser.ts'
import { authorize, newClient, openConsent, type Page, redirectURI, register, signIn } from './support/client.ts'
import { cookieHeader, discordPage, postConsent } from './support/consent.ts'
import { linksOf, localPage, pageText, parametersOf, shownBy } from './support/pages.ts'
import { createSecureServer, knownClient, type SecureServer, startServer } from './support/start.ts'

describe('A1 confused deputy: a second client rides on the consent to a first', () => {
  it('A1 shows the consent page of client B to a browser that has approved client A, with all of its cookies', async () => {
    const server = await startServer()
    const a = await newClient(server, { client_name: 'Client A' })
    const b = await newClient(server, { client_name: 'Client B', redirect_uris: ['https://evil.example/cb'] })
    const browser = createBrowser()
    await authorize(server, { client: a, browser })
    await signIn(server, browser, await openConsent(server, a, browser))
    await openConsent(server, a, browser)
    expect(browser.cookies.size).toBe(2)
    const requests = server.discord.requests.length
    const page = await openConsent(server, b, browser, { redirect_uri: 'https://evil.example/cb' })
    expect([page.status, page.location]).toEqual([200, undefined])
    expect(pageText(page)).toContain('Client B')
    expect(pageText(page)).toContain('evil.example')
    expect(server.discord.requests).toHaveLength(requests)
  })

  it('A1 tells the person where the answer goes, what is asked for and that the name is a claim, and takes a no', async () => {
    const server = await startServer()
    const client = await newClient(server, { client_name: 'Claude', redirect_uris: ['https://evil.example/cb'] })
    const browser = createBrowser()
    const over = { redirect_uri: 'https://evil.example/cb', scope: 'identify email' }
    const page = await openConsent(server, client, browser, over)
    const text = pageText(page)
    expect(text.indexOf('evil.example')).toBeGreaterThan(-1)
    expect(text.indexOf('evil.example')).toBeLessThan(text.indexOf('Claude'))
    expect(text).toMatch(/calls itself Claude not verified/)
    expect(text).toContain('See your email address')
    const denied = await postConsent(browser, page, { decision: 'deny' })
    expect(parametersOf(denied).get('error')).toBe('access_denied')
    expect(server.discord.requests).toEqual([])
  })
})

describe('A3 forged approval: an attacker has a browser approve what its person never saw', () => {
  it("A3 refuses the attacker's own handle in a browser that was shown another page, or none", async () => {
    const server = await startServer()
    const client = await newClient(server)
    const bait = await openConsent(server, client, createBrowser())
    const victim = createBrowser()
    expect(shownBy(await postConsent(victim, bait))).toEqual(localPage(403))
    await openConsent(server, client, victim)
    expect(shownBy(await postConsent(victim, bait))).toEqual(localPage(403))
    expect(server.discord.requests).toEqual([])
  })

  it.each(['cross-site', 'same-site', 'none, cross-site'])(
    'A3 refuses a form on another page that has handle and cookie right: Sec-Fetch-Site: %s',
    async (site) => {
      const server = await startServer()
      const browser = createBrowser()
      const page = await openConsent(server, await newClient(server), browser)
      expect(shownBy(await postConsent(browser, page, {}, { 'sec-fetch-site': site }))).toEqual(localPage(403))
      expect((await postConsent(browser, page)).location?.startsWith(discordPage)).toBe(true)
    },
  )

  it.each(['https://mcp.example.evil.example', 'http://mcp.example', 'https://mcp.example:8443', 'null', ''])(
    'A3 refuses an approval whose Origin is "%s" behind TLS',
    async (origin) => {
      const server = createSecureServer()
      const browser = server.createBrowser()
      const page = await openConsent(server, knownClient, browser)
      expect(shownBy(await postConsent(browser, page, {}, { origin }))).toEqual(localPage(403))
      expect((await postConsent(browser, page)).location?.startsWith(discordPage)).toBe(true)
    },
  )

  it('A3 refuses a handle that was changed anywhere, cut, or sealed by another server', async () => {
    const server = await startServer()
    const browser = createBrowser()
    const page = await openConsent(server, await newClient(server), browser)
    const sealed = formsOf(page.text, page.url)[0]?.fields['consent'] ?? ''
    const changed = [0, 3, 12, 60, Math.floor(sealed.length / 2), sealed.length - 10].map(
      (at) => sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1),
    )
    const other = createSecureServer({ clients: [knownClient] })
    const foreign = await openConsent(other, knownClient, other.createBrowser())
    const fromElsewhere = formsOf(foreign.text, foreign.url)[0]?.fields['consent'] ?? ''
    for (const consent of [...changed, sealed.slice(0, -4), `${sealed}AAAA`, sealed.repeat(2), fromElsewhere]) {
      expect(shownBy(await postConsent(browser, page, { consent }))).toEqual(localPage(400))
    }
    expect((await postConsent(browser, page)).location?.startsWith(discordPage)).toBe(true)
  })

  it('A3 refuses what is sealed for another purpose: a client id is no consent', async () => {
    const server = await startServer()
    const browser = createBrowser()
    const client = await newClient(server)
    const page = await openConsent(server, client, browser)
    const consent = client.client_id.replace(/^dcr_/, '')
    expect(shownBy(await postConsent(browser, page, { consent }))).toEqual(localPage(400))
  })
})

describe('A5 clickjacking and markup: what a client says about itself becomes part of our page', () => {
  const names = [
    '"><img src=x onerror=1>',
    '</title><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '" onmouseover="alert(1)',
    '<style>body{display:none}</style>',
    '</main></body><iframe src="https://evil.example">',
    '<!-- ',
    '&lt;b&gt;&#60;i&#62;',
    '${1+1}&{{1+1}}',
  ]
  it.each(names)('A5 shows the name %s as the text it is', async (client_name) => {
    const server = await startServer()
    const plain = await openConsent(server, await newClient(server, { client_name: 'Plain' }), createBrowser())
    const page = await openConsent(server, await newClient(server, { client_name }), createBrowser())
    expect(tagsOf(page)).toEqual(tagsOf(plain))
    expect(page.text).not.toContain(client_name)
    expect(pageText(page)).toContain(client_name.replace(/\s+/g, ' ').trim())
  })

  it.each([
    ['turns direction', 'Safe \u202egnp.exe\u2066\u200f', 'Safe gnp.exe'],
    ['hides characters', 'Cl\u200bau\u00adde\ufeff\u0000\u0007', 'Claude'],
    ['pretends to be more lines', 'Claude\r\nverified\u2028by\u2029us', 'Claude'],
    ['has spaces for a page', `Claude${' '.repeat(500)}(verified)`, 'Claude (verified)'],
  ])('A5 cleans a name that %s', async (_case, client_name, shown) => {
    const server = await startServer()
    const page = await openConsent(server, await newClient(server, { client_name }), createBrowser())
    expect(pageText(page)).toContain(`calls itself ${shown}`)
    expect(page.text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
  })

  it('A5 cuts a name of 10 KB to what a person can read', async () => {
    const server = await startServer()
    const client = await newClient(server, { client_name: 'x'.repeat(10_000) })
    const page = await openConsent(server, client, createBrowser())
    expect(Math.max(...[...page.text.matchAll(/x{10,}/g)].map(([run]) => run.length))).toBe(80)
  })

  it('A5 shows neither links nor pictures of a client, whatever their address', async () => {
    const server = await startServer()
    const evil = { client_uri: 'javascript:alert(1)', logo_uri: 'https://evil.example/logo.svg' }
    const more = { policy_uri: 'https://evil.example/policy', tos_uri: 'data:text/html,x' }
    const page = await openConsent(server, await newClient(server, { ...evil, ...more }), createBrowser())
    expect(linksOf(page)).toEqual([])
    expect(page.text).not.toMatch(/javascript:|evil\.example|data:|<img|src=/)
  })

  it('A5 shows nothing of the request but what it has checked: no state, no unknown scope, no other parameter', async () => {
    const server = await startServer()
    const evil = '"><script>alert(1)</script>'
    const over = { state: evil, scope: 'identify <script>', ui_locales: evil, login_hint: evil }
    const client = await newClient(server)
    const page = await openConsent(server, client, createBrowser(), over)
    expect(page.status).toBe(200)
    expect(page.text).not.toMatch(/(?:<|&lt;)\/?script/)
    expect(tagsOf(page)).toEqual(tagsOf(await openConsent(server, client, createBrowser())))
  })
})

describe('A7 redirect target from a form or an address: only what was checked at first counts', () => {
  it('A7 ignores form fields and query parameters that name another target', async () => {
    const server = await startServer()
    const browser = createBrowser()
    const page = await openConsent(server, await newClient(server), browser)
    const evil = {
      redirect_uri: 'https://evil.example/cb',
      client_id: 'evil-client',
      scope: 'email',
      state: 'evil-state',
    }
    const approved = await postConsent(browser, page, { ...evil, resource: 'https://evil.example' })
    expect(parametersOf(approved).get('scope')).toBe('identify')
    const back = await server.discord.fetch(new Request(approved.location ?? ''))
    const more = '&redirect_uri=https%3A%2F%2Fevil.example%2Fcb&return_to=https%3A%2F%2Fevil.example'
    const answer = await browser.load(`${back.headers.get('location')}${more}`)
    expect(answer.location?.startsWith(`${redirectURI}?code=`)).toBe(true)
    expect(parametersOf(answer).get('state')).toBe('client-state')
    expect(answer.location).not.toMatch(/evil\.example|evil-client|evil-state/)
  })

  it('A7 denies to the checked target too', async () => {
    const server = await startServer()
    const browser = createBrowser()
    const page = await openConsent(server, await newClient(server), browser)
    const answer = await postConsent(browser, page, { decision: 'deny', redirect_uri: 'https://evil.example/cb' })
    expect(answer.location?.startsWith(`${redirectURI}?error=access_denied`)).toBe(true)
  })
})

describe('A8 phishing by registration: anybody can register a plausible name', () => {
  const onlyClaude = { redirectURIs: { allowed: redirectURIPresets.claude } }
  const claude = 'https://claude.ai/api/mcp/auth_callback'

  it.each([
    'https://evil.example/api/mcp/auth_callback',
    'https://claude.ai.evil.example/api/mcp/auth_callback',
    'https://evil.claude.ai/api/mcp/auth_callback',
    'https://claude.ai/api/mcp/auth_callback/../../../open',
    'https://claude.ai:8443/api/mcp/auth_callback',
    'https://claude.ai/other',
    'http://127.0.0.1/callback',
  ])('A8 refuses to register %s where only Claude is allowed', async (uri) => {
    const server = await startServer(onlyClaude)
    const answer = await register(server, { redirect_uris: [uri], client_name: 'Claude' })
    expect([answer.status, answer.json()['error']]).toEqual([400, 'invalid_redirect_uri'])
    expect((await register(server, { redirect_uris: [claude] })).status).toBe(201)
  })

  it('A8 refuses a client that registered before the policy became stricter, at every step', async () => {
    const before = createSecureServer()
    const client = await registerSecurely(before, { redirect_uris: ['https://evil.example/cb'], client_name: 'Claude' })
    const over = { redirect_uri: 'https://evil.example/cb' }
    const open = before.createBrowser()
    const page = await openConsent(before, client, open, over)
    expect(page.status).toBe(200)
    const after = createSecureServer(onlyClaude)
    expect(shownBy(await openConsent(after, client, after.createBrowser(), over))).toEqual(localPage(400))
    const browser = after.createBrowser()
    for (const [name, value] of open.cookies) browser.cookies.set(name, value)
    expect(shownBy(await postConsent(browser, page))).toEqual(localPage(400))
    const token = await after.send('https://mcp.example/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: client.client_id,
        code: 'x',
      }).toString(),
    })
    expect([token.status, token.json()['error']]).toEqual([401, 'invalid_client'])
  })

  it('A8 keeps of a client only the redirect URIs that are still allowed', async () => {
    const before = createSecureServer()
    const client = await registerSecurely(before, { redirect_uris: [claude, 'https://evil.example/cb'] })
    const after = createSecureServer(onlyClaude)
    const kept = await openConsent(after, client, after.createBrowser(), { redirect_uri: claude })
    expect(kept.status).toBe(200)
    const dropped = { redirect_uri: 'https://evil.example/cb' }
    expect(shownBy(await openConsent(after, client, after.createBrowser(), dropped))).toEqual(localPage(400))
  })

  it('A8 no longer knows a client whose private-use scheme was struck from the list', async () => {
    const cursor = 'cursor://anysphere.cursor-mcp/oauth/callback'
    const before = createSecureServer()
    const client = await registerSecurely(before, { redirect_uris: [cursor] })
    const over = { redirect_uri: cursor }
    expect((await openConsent(before, client, before.createBrowser(), over)).status).toBe(200)
    const after = createSecureServer({ redirectURIs: { privateUseSchemes: [] } })
    expect(shownBy(await openConsent(after, client, after.createBrowser(), over))).toEqual(localPage(400))
  })

  it('A8 makes the address the headline and marks only clients that registered themselves', async () => {
    const server = await startServer({ clients: [knownClient] })
    const client = await newClient(server, { client_name: 'Known Client' })
    const texts = [client, knownClient].map(async (one) => pageText(await openConsent(server, one, createBrowser())))
    const [own = '', vouched = ''] = await Promise.all(texts)
    for (const text of [own, vouched])
      expect(text.indexOf('127.0.0.1:32767')).toBeLessThan(text.indexOf('Known Client'))
    expect([/not verified/.test(own), /not verified/.test(vouched)]).toEqual([true, false])
  })
})

describe('A9 impersonation on the own machine: any program can listen on a loopback port', () => {
  it.each(['http://127.0.0.1:32767/callback', 'http://localhost:32767/callback', 'http://[::1]:32767/callback'])(
    'A9 names host and port of %s and warns',
    async (uri) => {
      const server = await startServer()
      const client = await newClient(server, { redirect_uris: [uri], client_name: 'Claude Code' })
      const text = pageText(await openConsent(server, client, createBrowser(), { redirect_uri: uri }))
      expect(text).toContain(`Your answer is sent to ${new URL(uri).host} `)
      expect(text).toContain(
        'The answer goes to a program on this computer, whatever it calls itself. Continue only if you started this yourself just now.',
      )
    },
  )

  it('A9 warns of the loopback URI in use also when the client has others', async () => {
    const server = await startServer()
    const client = await newClient(server, { redirect_uris: ['https://client.example/cb', redirectURI] })
    const web = await openConsent(server, client, createBrowser(), { redirect_uri: 'https://client.example/cb' })
    const local = await openConsent(server, client, createBrowser())
    const warns = [web, local].map((page) => pageText(page).includes('a program on this computer'))
    expect(warns).toEqual([false, true])
  })
})

describe('D10 cookie flood: every flow has a cookie of its own', () => {
  it('D10 keeps at most five pending flows in a browser, and the newest five of them work', async () => {
    const server = await startServer()
    const client = await newClient(server)
    const browser = createBrowser()
    browser.cookies.set('session', 'of-the-application')
    const pages: Page[] = []
    for (let count = 0; count < 20; count += 1) {
      server.clock.advance(1)
      pages.push(await openConsent(server, client, browser))
      expect(browser.cookies.size).toBeLessThanOrEqual(6)
    }
    expect(cookieHeader(browser).length).toBeLessThan(1000)
    expect(shownBy(await postConsent(browser, pages[14] as Page))).toEqual(localPage(403))
    for (const page of pages.slice(15)) {
      expect((await postConsent(browser, page)).location?.startsWith(discordPage)).toBe(true)
    }
    expect(browser.cookies.get('session')).toBe('of-the-application')
  })

  it('D10 brings a browser that opened 20 pages at once back to five with the next request', async () => {
    const server = await startServer()
    const client = await newClient(server)
    const browser = createBrowser()
    await Promise.all(Array.from({ length: 20 }, () => openConsent(server, client, browser)))
    server.clock.advance(1)
    const page = await openConsent(server, client, browser)
    expect(browser.cookies.size).toBe(5)
    expect((await postConsent(browser, page)).location?.startsWith(discordPage)).toBe(true)
    expect(browser.cookies.size).toBe(5)
  })
})

/** The tags of a page, in order, with the names of their attributes. */
function tagsOf(page: Page): string[] {
  return [...page.text.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replace(/"[^"]*"/g, '""'))
}

async function registerSecurely(server: SecureServer, metadata: Record<string, unknown>) {
  const answer = await server.send(server.auth.metadata.authorizationServer.registration_endpoint ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token_endpoint_auth_method: 'none', ...metadata }),
  })
  return { client_id: String(answer.json()['client_id']) }
}
