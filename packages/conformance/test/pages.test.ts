/** What every page and every redirect has in common, and what none of them may show. */
import { expect, it } from 'vitest'
import { visible } from './support/answers.ts'
import { type Answer, createBrowser, send } from './support/browser.ts'
import {
  authorize,
  authorizeURL,
  newClient,
  newPKCE,
  openConsent,
  redeem,
  register,
  signIn,
  tokenRequest,
} from './support/client.ts'
import { discordPage, postConsent } from './support/consent.ts'
import { linksOf, pageText } from './support/pages.ts'
import { type TestServer, testSecret } from './support/server.ts'
import { knownClient, startServer } from './support/start.ts'
import { createOutage, driverMessage } from './support/stores.ts'

/** One page of each kind. */
const pages: readonly (readonly [kind: string, status: number, open: (server: TestServer) => Promise<Answer>])[] = [
  ['the consent page', 200, async (server) => await openConsent(server, await newClient(server), createBrowser())],
  ['for an unknown client', 400, async (server) => await openConsent(server, { client_id: 'x' }, createBrowser())],
  [
    'for a bad request, with a link to the client',
    400,
    async (server) => await openConsent(server, await newClient(server), createBrowser(), { scope: 'nope' }),
  ],
  [
    'for a refused approval',
    403,
    async (server) => {
      const page = await openConsent(server, await newClient(server), createBrowser())
      return await postConsent(createBrowser(), page)
    },
  ],
  ['for an unknown state', 400, async (server) => await createBrowser().load(`${server.origin}/auth/callback?state=x`)],
  [
    'for another browser',
    403,
    async (server) => {
      const browser = createBrowser()
      const callback = await signIn(server, browser, await openConsent(server, await newClient(server), browser))
      return await createBrowser().load(callback)
    },
  ],
  ['for a wrong method', 405, async (server) => await createBrowser().load(`${server.origin}/consent`)],
]

it.each(pages)(
  'A008 A068 protects the page %s: not framed, no script, not kept, no address passed on',
  async (...row) => {
    const [, status, open] = row
    const answer = await open(await startServer())
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8'])
    const policy = answer.headers.get('content-security-policy') ?? ''
    const [, nonce = ''] = /'nonce-([\w-]{22})'/.exec(policy) ?? []
    expect(policy).toBe(`default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`)
    expect(answer.text).toContain(`<style nonce="${nonce}">`)
    expect(answer.headers.get('x-frame-options')).toBe('DENY')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    // Not no-referrer: browsers would send the form with Origin: null.
    expect(answer.headers.get('referrer-policy')).toBe('same-origin')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.text).not.toMatch(/<script|<iframe|<img|<link|\son\w+=|javascript:|\sstyle=|@import|url\(/i)
  },
)

it.each(pages)('A008 gives the page %s what people and their readers need', async (_kind, _status, open) => {
  const answer = await open(await startServer())
  expect(answer.text).toMatch(/^<!doctype html><html lang="en"[^>]*><head><meta charset="utf-8">/)
  expect(answer.text).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">')
  expect(answer.text.match(/<title>[^<]+<\/title>/g)).toHaveLength(1)
  expect(answer.text.match(/<h1\b/g)).toHaveLength(1)
  expect(answer.text.match(/<main>/g)).toHaveLength(1)
})

it('A008 A007 protects a consent page that the operator renders, and asks for the same cookie and handle', async () => {
  const server = await startServer({
    renderConsent: ({ form, nonce }) => {
      const fields = Object.entries(form.fields).map(([name, value]) => `<input name="${name}" value="${value}">`)
      return `<style nonce="${nonce}"></style><form method="post" action="${form.action}">${fields.join('')}</form>`
    },
  })
  const browser = createBrowser()
  const page = await openConsent(server, await newClient(server), browser)
  const [, nonce] = /<style nonce="([\w-]{22})">/.exec(page.text) ?? []
  expect(page.headers.get('content-security-policy')).toBe(
    `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`,
  )
  expect(page.headers.get('x-frame-options')).toBe('DENY')
  expect(page.headers.get('cache-control')).toBe('no-store')
  expect((await postConsent(createBrowser(), page)).status).toBe(403)
  expect((await postConsent(browser, page)).location?.startsWith(discordPage)).toBe(true)
})

it('A008 makes the nonce of every page anew', async () => {
  const server = await startServer()
  const client = await newClient(server)
  const policies = new Set<string>()
  for (let count = 0; count < 5; count += 1) {
    const page = await openConsent(server, client, createBrowser())
    policies.add(page.headers.get('content-security-policy') ?? '')
  }
  expect(policies.size).toBe(5)
})

it('A068 sends browsers on with 303, never a repeated POST, and neither keeps the answer nor passes the address on', async () => {
  const server = await startServer({ clients: [knownClient] })
  const browser = createBrowser()
  const client = await newClient(server)
  const approved = await postConsent(browser, await openConsent(server, client, browser))
  const denied = await postConsent(browser, await openConsent(server, client, browser), { decision: 'deny' })
  const refused = await openConsent(server, knownClient, browser, { scope: 'nope' })
  const { answer: completed } = await authorize(server, { client })
  for (const answer of [approved, denied, refused, completed]) {
    expect([answer.status, answer.text]).toEqual([303, ''])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
  }
})

it('A068 says how a person may go on, in words and not in codes alone', async () => {
  const server = await startServer()
  const page = await openConsent(server, { client_id: 'x' }, createBrowser())
  const text = pageText(page)
  expect(text).toContain('Remove this server from the app and add it again')
  expect(text).toContain('Error code: invalid_client')
})

it('A088 leads from an error page only to the checked address of the client, and says where that is', async () => {
  const server = await startServer()
  const uri = 'https://client.example:8443/cb?a="b'.replace('"', '%22')
  const client = await newClient(server, { redirect_uris: [uri], client_name: '<b>x</b>' })
  const over = { redirect_uri: uri, scope: 'nope', state: '"><script>alert(1)</script>' }
  const page = await openConsent(server, client, createBrowser(), over)
  const [link, ...others] = linksOf(page)
  expect(others).toEqual([])
  expect(link?.startsWith(`${uri}&error=invalid_scope`)).toBe(true)
  expect(page.text).toMatch(/<a\b[^>]*\brel="(?:[a-z]+ )*noreferrer(?: [a-z]+)*"/)
  expect(pageText(page)).toContain('client.example:8443')
  expect(page.text).not.toContain('<script')
})

const secret = 'password-in-a-message'
const trace = /\n\s+at |node_modules|\.ts(?!-)\b|Error:/

it('A112 shows nothing of an error it did not expect: not to the person, the client or the event log', async () => {
  const fail = (): never => {
    throw new TypeError(`${secret} at /srv/app/index.ts:1:1`)
  }
  const server = await startServer({ isClientDenied: fail, rateLimit: fail })
  const client = { client_id: 'x' }
  const answers = [
    await openConsent(server, client, createBrowser()),
    await register(server),
    await tokenRequest(server, client, { grant_type: 'refresh_token', refresh_token: 'x' }),
  ]
  expect(answers.map((answer) => answer.status)).toEqual([500, 500, 500])
  for (const answer of answers) {
    expect(visible(answer)).not.toMatch(trace)
    expect(visible(answer)).not.toContain(secret)
    expect(answer.location).toBeUndefined()
  }
  expect(answers[1]?.json()).toEqual({ error: 'server_error', error_description: 'The server failed' })
  expect(server.events.map(({ time: _time, ...event }) => event)).toEqual(
    ['authorization', 'registration', 'token'].map((endpoint) => ({
      type: 'server.failed',
      endpoint,
      error: 'TypeError',
    })),
  )
})

it('A112 goes on when the listener for events fails', async () => {
  const server = await startServer()
  const original = server.events.push.bind(server.events)
  server.events.push = (...events) => {
    original(...events)
    throw new Error(secret)
  }
  const authorization = await authorize(server)
  expect((await redeem(server, authorization)).status).toBe(200)
  expect(server.events.map((event) => event.type)).toContain('token.issued')
})

it('A112 shows no words of the store at any endpoint while it is away', async () => {
  const store = createOutage()
  const server = await startServer({ wrapStore: store.wrap })
  const browser = createBrowser()
  const client = await newClient(server)
  const authorization = await authorize(server, { client })
  const page = await openConsent(server, client, browser)
  store.start()
  const answers = [
    await postConsent(browser, page),
    await createBrowser().load(`${server.origin}/auth/callback?state=x`),
    await redeem(server, authorization),
  ]
  expect(answers.map((answer) => answer.status)).toEqual([503, 503, 503])
  for (const answer of answers) {
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
    expect(visible(answer)).not.toMatch(trace)
    expect(visible(answer)).not.toContain(driverMessage)
  }
  expect(JSON.stringify(server.events)).not.toContain(driverMessage)
})

it('A112 puts no secret into any page: neither ours, nor that of the application at Discord, nor one of the flow', async () => {
  const server = await startServer()
  const browser = createBrowser()
  const pkce = newPKCE()
  const page = await openConsent(server, await newClient(server), browser, {}, pkce)
  for (const hidden of [testSecret, server.discord.clientSecret, server.discord.clientId, pkce.verifier]) {
    expect(visible(page)).not.toContain(hidden)
  }
  // The request is sealed: neither its state nor its challenge can be read from the form.
  expect(page.text).not.toContain('client-state')
  expect(page.text).not.toContain(pkce.challenge)
  expect(page.text).not.toContain(Buffer.from('client-state').toString('base64url').slice(0, 12))
})

it('A112 B7 answers nonsense in every parameter, path and header without failing', async () => {
  const server = await startServer()
  const base = authorizeURL(server, await newClient(server), newPKCE().challenge)
  const urls = [
    `${base}&${'%00'.repeat(100)}`,
    `${server.origin}/authorize?client_id[]=x&client_id[$ne]=1`,
    `${server.origin}/authorize?client_id=${'%'.repeat(50)}`,
    `${server.origin}/auth/callback?state=%00&code=%00`,
    `${server.origin}/auth/callback?state[]=x`,
    `${server.origin}/consent?decision=approve`,
  ]
  for (const url of urls) {
    const headers = { cookie: `mcpauth-=; mcpauth-x; =; ${'a=b; '.repeat(300)}`, 'sec-fetch-site': '"' }
    const answer = await send(url, { headers })
    expect(answer.status).toBeLessThan(500)
    expect(visible(answer)).not.toMatch(trace)
  }
  expect(server.events.filter((event) => event.type === 'server.failed')).toEqual([])
})
