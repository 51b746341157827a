/** The consent page and the answer on it. */
import { expect, it } from 'vitest'
import { createBrowser, formsOf, send } from './support/browser.ts'
import { authorize, newClient, newPKCE, openConsent, redirectURI, signIn } from './support/client.ts'
import { cookieHeader, discordPage, postConsent } from './support/consent.ts'
import { localPage, pageText, parametersOf, shownBy } from './support/pages.ts'
import { createSecureServer, knownClient, startServer } from './support/start.ts'
import { createOutage } from './support/stores.ts'

it('A004 asks on a page of its own before anything reaches Discord or the store', async () => {
  const store = createOutage()
  const server = await startServer({ wrapStore: store.wrap })
  const page = await openConsent(server, await newClient(server), createBrowser())
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(page.location).toBeUndefined()
  expect(formsOf(page.text, page.url).map((form) => form.action)).toEqual([`${server.origin}/consent`])
  expect(page.text).not.toContain('discord.com')
  expect(server.discord.requests).toEqual([])
  expect(store.steps).toEqual([])
})

it('A005 asks again for a second client in a browser that signed in with the first, and for the first too', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const first = await newClient(server, { client_name: 'First Client' })
  await authorize(server, { client: first, browser })
  const second = await newClient(server, { client_name: 'Second Client' })
  const requests = server.discord.requests.length
  const page = await openConsent(server, second, browser)
  expect([page.status, page.location]).toEqual([200, undefined])
  expect(pageText(page)).toContain('Second Client')
  expect(pageText(page)).not.toContain('First Client')
  const again = await openConsent(server, first, browser)
  expect([again.status, again.location]).toEqual([200, undefined])
  expect(server.discord.requests).toHaveLength(requests)
})

it('A005 asks again when the redirect URI, the scopes or the resource of an approved client change', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const other = 'https://other.example/cb'
  const client = await newClient(server, { redirect_uris: [redirectURI, other] })
  await authorize(server, { client, browser })
  const changes = [{ redirect_uri: other }, { scope: 'identify guilds' }, { resource: undefined }]
  for (const over of changes) {
    const page = await openConsent(server, client, browser, over)
    expect([page.status, page.location, formsOf(page.text, page.url).length]).toEqual([200, undefined, 1])
  }
})

it('A005 lets an approval of one redirect URI lead to that one only', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const other = 'https://other.example/cb'
  const client = await newClient(server, { redirect_uris: [redirectURI, other] })
  const first = await openConsent(server, client, browser, { state: 'first' })
  const second = await openConsent(server, client, browser, { redirect_uri: other, state: 'second' })
  const toSecond = await browser.load(await signIn(server, browser, second))
  const toFirst = await browser.load(await signIn(server, browser, first))
  expect(toFirst.location?.startsWith(`${redirectURI}?`)).toBe(true)
  expect(parametersOf(toFirst).get('state')).toBe('first')
  expect(toSecond.location?.startsWith(`${other}?`)).toBe(true)
  expect(parametersOf(toSecond).get('state')).toBe('second')
})

it.each([
  ['no cookie', {}, { cookie: '' }, 403],
  ['Sec-Fetch-Site: cross-site', {}, { 'sec-fetch-site': 'cross-site' }, 403],
  ['Sec-Fetch-Site: same-site', {}, { 'sec-fetch-site': 'same-site' }, 403],
  ['a Sec-Fetch-Site nobody knows', {}, { 'sec-fetch-site': 'x' }, 403],
  ['the Origin of another site', {}, { origin: 'https://evil.example' }, 403],
  ['the Origin of another port', {}, { origin: 'http://127.0.0.1:1' }, 403],
  ['Origin: null', {}, { origin: 'null' }, 403],
  ['no handle', { consent: '' }, {}, 400],
  ['a handle that means nothing', { consent: 'x' }, {}, 400],
  ['no decision', { decision: '' }, {}, 400],
  ['a decision that is none', { decision: 'maybe' }, {}, 400],
  ['a body that is not a form', {}, { 'content-type': 'text/plain' }, 400],
  ['a body that is JSON', {}, { 'content-type': 'application/json' }, 400],
])('A007 refuses an approval with %s, and the right one still works', async (_case, fields, headers, status) => {
  const store = createOutage()
  const server = await startServer({ wrapStore: store.wrap })
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  const answer = await postConsent(browser, page, fields, headers)
  expect(shownBy(answer)).toEqual(localPage(status))
  expect(server.discord.requests).toEqual([])
  expect(store.steps).toEqual([])
  expect((await postConsent(browser, page)).location?.startsWith(discordPage)).toBe(true)
})

it('A007 refuses an approval with the cookie of another flow, of the same client and of another', async () => {
  const server = await startServer()
  const client = await newClient(server)
  const browser = createBrowser()
  const page = await openConsent(server, client, browser)
  const [name] = [...browser.cookies.keys()]
  for (const stranger of [client, await newClient(server, { client_name: 'Other' })]) {
    const other = createBrowser()
    await openConsent(server, stranger, other)
    const [[otherName, value] = ['', '']] = [...other.cookies]
    expect(shownBy(await postConsent(browser, page, {}, { cookie: `${otherName}=${value}` }))).toEqual(localPage(403))
    expect(shownBy(await postConsent(browser, page, {}, { cookie: `${name}=${value}` }))).toEqual(localPage(403))
  }
  expect(server.discord.requests).toEqual([])
})

it.each(['', '.', 'l0000000', `l0000000.${'A'.repeat(43)}`, 'x'.repeat(4000)])(
  'A007 A100 refuses an approval with a cookie of the right name that we did not write: %s',
  async (value) => {
    const server = await startServer()
    const browser = createBrowser()
    const page = await openConsent(server, await newClient(server), browser)
    const [name] = [...browser.cookies.keys()]
    expect(shownBy(await postConsent(browser, page, {}, { cookie: `${name}=${value}` }))).toEqual(localPage(403))
  },
)

it('A007 refuses an approval by GET', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  const [form] = formsOf(page.text, page.url)
  const query = new URLSearchParams({ ...form?.fields, decision: 'approve' })
  const answer = await browser.load(`${form?.action}?${query}`, { from: page.url })
  expect([answer.status, answer.headers.get('allow'), answer.location]).toEqual([405, 'POST', undefined])
})

it('A007 takes an approval from a browser that says neither Origin nor Sec-Fetch-Site, by the cookie alone', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  const [form] = formsOf(page.text, page.url)
  const answer = await send(form?.action ?? '', {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      cookie: cookieHeader(browser),
    },
    body: new URLSearchParams({ ...form?.fields, decision: 'approve' }).toString(),
  })
  expect(answer.location?.startsWith(discordPage)).toBe(true)
})

it('A009 shows the name of the client, the host and port of the redirect URI, and every scope in words', async () => {
  const server = await startServer({ serviceName: 'Guild Tools', serverScopes: ['tools:run'] })
  const client = await newClient(server, { client_name: 'Étude & Söhne' })
  const scope = 'identify guilds tools:run offline_access'
  const text = pageText(await openConsent(server, client, createBrowser(), { scope }))
  expect(text).toContain('Étude & Söhne')
  expect(text).toContain('use Guild Tools as you?')
  expect(text).toContain('Your answer is sent to 127.0.0.1:32767 ')
  expect(text).toContain('You sign in with Discord')
  expect(text).toContain('See your Discord username and avatar identify')
  expect(text).toContain('See which servers you are in guilds')
  expect(text).toContain('tools:run')
  expect(text).toContain('Stay signed in until you or the server end it offline_access')
  expect(text).toMatch(/not verified/i)
})

it.each([
  ['https://client.example/cb', 'client.example', false],
  ['https://client.example:8443/cb', 'client.example:8443', false],
  ['https://xn--pypal-4ve.example/cb', 'xn--pypal-4ve.example', false],
  ['cursor://anysphere.cursor-mcp/oauth/callback', 'cursor://anysphere.cursor-mcp', false],
  ['http://localhost:8787/callback', 'localhost:8787', true],
])('A009 A9 says that the answer to %s goes to %s (on the own computer: %s)', async (uri, target, isLocal) => {
  const server = await startServer()
  const client = await newClient(server, { redirect_uris: [uri] })
  const text = pageText(await openConsent(server, client, createBrowser(), { redirect_uri: uri }))
  expect(text).toContain(`Your answer is sent to ${target} `)
  expect(/on this computer/i.test(text)).toBe(isLocal)
})

it('A009 shows the host of a client id that is a URL, beside the name it gives itself', async () => {
  const client_id = 'https://publisher.example:8443/client.json'
  const document = { client_id, client_name: 'Claude', redirect_uris: [redirectURI] }
  const headers = new Headers({ 'content-type': 'application/json' })
  const server = createSecureServer({
    clientIdMetadata: { enabled: true, fetch: async () => ({ status: 200, headers, text: JSON.stringify(document) }) },
  })
  const text = pageText(await openConsent(server, { client_id }, server.createBrowser()))
  expect(text).toContain('publisher.example:8443')
  expect(text).toContain('Claude not verified')
})

it('A009 says who registered a client that the operator vouches for', async () => {
  const server = await startServer({ clients: [knownClient] })
  const text = pageText(await openConsent(server, knownClient, createBrowser()))
  expect(text).toContain('Known Client registered with ')
  expect(text).not.toMatch(/not verified/i)
})

it('A009 shows the same after a reload, and an earlier copy of the page still works', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  const again = await browser.load(page.url)
  expect(pageText(again)).toBe(pageText(page))
  expect((await postConsent(browser, page)).location?.startsWith(discordPage)).toBe(true)
})

it('A026 tells the client of a denial on our page, with state and iss, and asks Discord nothing', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const client = await newClient(server)
  const page = await openConsent(server, client, browser)
  const answer = await postConsent(browser, page, { decision: 'deny' })
  expect(answer.status).toBe(303)
  expect(answer.location?.startsWith(`${redirectURI}?`)).toBe(true)
  expect(Object.fromEntries(parametersOf(answer))).toEqual({
    error: 'access_denied',
    error_description: 'The request was denied',
    iss: server.auth.metadata.authorizationServer.issuer,
    state: 'client-state',
  })
  expect(server.discord.requests).toEqual([])
  expect(browser.cookies.size).toBe(0)
  expect(server.events.map((event) => event.type)).toEqual(['client.registered', 'consent.denied'])
})

it.each([
  ['approve', 'approve'],
  ['approve', 'deny'],
  ['deny', 'approve'],
  ['deny', 'deny'],
])('A103 lets a consent page be answered once: %s, then %s', async (first, second) => {
  const server = await startServer()
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  const cookie = cookieHeader(browser)
  expect((await postConsent(browser, page, { decision: first })).status).toBe(303)
  const events = server.events.length
  expect(shownBy(await postConsent(browser, page, { decision: second }))).toEqual(localPage(403))
  // Nor is a copy of the former cookie a second approval.
  expect(shownBy(await postConsent(browser, page, { decision: second }, { cookie }))).toEqual(localPage(400))
  expect(server.events.slice(events).map((event) => event.type)).toEqual(['request.refused', 'request.refused'])
})

it('A104 refuses an approval of a page that has become ten minutes old', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const client = await newClient(server)
  const early = await openConsent(server, client, browser)
  server.clock.advance(1)
  const later = await openConsent(server, client, browser)
  server.clock.advance(599)
  expect(shownBy(await postConsent(browser, early))).toEqual(localPage(400))
  expect((await postConsent(browser, later)).location?.startsWith(discordPage)).toBe(true)
})

it('A104 follows the lifetime that was configured', async () => {
  const server = await startServer({ lifetimes: { transaction: 60 } })
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  expect(page.headers.get('set-cookie')).toContain('; Max-Age=60;')
  server.clock.advance(60)
  expect(shownBy(await postConsent(browser, page))).toEqual(localPage(400))
})

it('A101 sends Discord our client id, our callback, a fresh state and a fresh challenge, and nothing of the client', async () => {
  const server = await startServer()
  const client = await newClient(server)
  const pkce = newPKCE()
  const queries: URLSearchParams[] = []
  for (let round = 0; round < 2; round += 1) {
    const browser = createBrowser()
    const over = { login_hint: 'hint-of-the-client', prompt: 'consent', nonce: 'nonce-of-the-client' }
    const page = await openConsent(server, client, browser, over, pkce)
    const { location = '' } = await postConsent(browser, page)
    expect(location.startsWith(discordPage)).toBe(true)
    const ofTheClient = [pkce.challenge, client.client_id, redirectURI, 'client-state', 'of-the-client']
    expect(ofTheClient.filter((text) => decodeURIComponent(location).includes(text))).toEqual([])
    const { searchParams } = new URL(location)
    const fixed = [...searchParams].filter(([name]) => !['state', 'code_challenge'].includes(name))
    expect(JSON.stringify(fixed)).not.toMatch(/dcr_|offline|mcp(?!auth)/)
    queries.push(searchParams)
  }
  const [first, second] = queries
  for (const query of queries) {
    expect(Object.fromEntries(query)).toEqual({
      response_type: 'code',
      client_id: server.discord.clientId,
      redirect_uri: `${server.origin}/auth/callback`,
      scope: 'identify',
      state: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) as unknown,
      code_challenge: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) as unknown,
      code_challenge_method: 'S256',
    })
  }
  expect(first?.get('state')).not.toBe(second?.get('state'))
  expect(first?.get('code_challenge')).not.toBe(second?.get('code_challenge'))
})

it('A101 asks Discord for its own scopes only, and always for what identifies the user', async () => {
  const server = await startServer({ serverScopes: ['tools:run'] })
  const browser = createBrowser()
  const client = await newClient(server)
  const page = await openConsent(server, client, browser, { scope: 'guilds tools:run offline_access bot admin:org' })
  expect(parametersOf(await postConsent(browser, page)).get('scope')).toBe('identify guilds')
})

it('A102 sets the cookie that lets the callback through together with the redirect to Discord, not before', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  const before = new Map(browser.cookies)
  const callback = await signIn(server, browser, page)
  expect([...browser.cookies.keys()]).toEqual([...before.keys()])
  expect([...browser.cookies.values()]).not.toEqual([...before.values()])
  expect(shownBy(await send(callback, { headers: { cookie: cookieHeader({ cookies: before }) } }))).toEqual(
    localPage(403),
  )
  expect(server.discord.requestsTo('token')).toEqual([])
  expect(parametersOf(await browser.load(callback)).has('code')).toBe(true)
})
