/** How often documents are fetched, and how long they are kept: A078 and A079. */
import { describe, expect, it } from 'vitest'
import { outcome, tryLater } from './support/answers.ts'
import { type Answer, createBrowser } from './support/browser.ts'
import {
  authorizeURL,
  login,
  newPKCE,
  openConsent,
  redirectURI,
  refresh,
  signIn,
  type TestClient,
} from './support/client.ts'
import {
  clientDocument,
  type DocumentHost,
  publishClient,
  startDocumentHost,
  startWithDocuments,
} from './support/document-host.ts'
import { localPage, pageText, parametersOf, shownBy } from './support/pages.ts'
import type { TestServer } from './support/server.ts'
import { createSecureServer, startServer } from './support/start.ts'

/** Status of the consent page of a client, as `localAddress` gets it. */
async function visit(server: TestServer, client: TestClient, localAddress = '127.0.0.1'): Promise<Answer> {
  return await createBrowser().load(authorizeURL(server, client, newPKCE().challenge), { localAddress })
}

/** A client on the host, with headers. */
function withHeaders(host: DocumentHost, headers: Readonly<Record<string, string>>): TestClient {
  return publishClient(host, {}, { headers })
}

describe('fetches', () => {
  it('A078 fifty people who come at the same time cause one', async () => {
    const { host, server } = await startWithDocuments()
    const client = publishClient(host)
    const pages = await Promise.all(Array.from({ length: 50 }, async () => await visit(server, client)))
    expect(new Set(pages.map((page) => page.status))).toEqual(new Set([200]))
    expect(host.requests).toEqual(['/client.json'])
  })

  it('A078 fifty people who come for nothing cause two at most: the first failure is not kept, the second is', async () => {
    const { host, server } = await startWithDocuments()
    const client = { client_id: `${host.origin}/nothing` }
    const pages = await Promise.all(Array.from({ length: 50 }, async () => await visit(server, client)))
    expect(new Set(pages.map((page) => page.status))).toEqual(new Set([400]))
    expect(host.requests.length).toBeLessThanOrEqual(2)
  })

  it('A078 somebody who names ever new documents soon causes none any more, and nobody else is the worse for it', async () => {
    const { host, server } = await startWithDocuments()
    const known = publishClient(host)
    expect((await visit(server, known)).status).toBe(200)
    const before = host.requests.length
    const flood = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const client = publishClient(host, {}, { path: `/client-${i}` })
        return await visit(server, client, '127.0.0.7')
      }),
    )
    expect(host.requests).toHaveLength(before + 30)
    const refused = flood.filter((page) => page.status !== 200)
    expect(refused).toHaveLength(30)
    for (const page of refused) {
      expect(shownBy(page)).toEqual(localPage(429))
      expect(Number(page.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    }
    const late = publishClient(host, {}, { path: '/late' })
    expect((await visit(server, late, '127.0.0.7')).status).toBe(429)
    expect((await visit(server, known, '127.0.0.7')).status).toBe(200)
    expect((await visit(server, late, '127.0.0.8')).status).toBe(200)
    const other = publishClient(host, {}, { path: '/other' })
    const wait = Number((await visit(server, other, '127.0.0.7')).headers.get('retry-after'))
    server.clock.advance(wait)
    expect((await visit(server, other, '127.0.0.7')).status).toBe(200)
  })

  it('A078 at the token endpoint says so in JSON', async () => {
    const { host, server } = await startWithDocuments({
      rateLimit: ({ work }) => (work === 'client-document' ? 41.5 : undefined),
    })
    const answer = await refresh(server, publishClient(host), 'x')
    expect(outcome(answer)).toBe('429 temporarily_unavailable')
    expect(tryLater(answer)).toEqual({ status: 429, seconds: true, challenge: null })
    expect(answer.headers.get('retry-after')).toBe('42')
    expect(host.connections()).toBe(0)
  })

  it('A078 a host is asked no more often than it may be, whoever wants it, and other hosts are', async () => {
    const requested: string[] = []
    const server = createSecureServer({
      clientIdMetadata: {
        fetch: async (url) => {
          requested.push(url.host)
          const headers = new Headers({ 'content-type': 'application/json' })
          return { status: 200, headers, text: JSON.stringify(clientDocument(url.href)) }
        },
      },
    })
    const status = async (clientId: string, clientAddress: string): Promise<number | undefined> => {
      const url = authorizeURL(server, { client_id: clientId }, newPKCE().challenge)
      return (await server.auth.fetch(new Request(url), { clientAddress }))?.status
    }
    const statuses = await Promise.all(
      Array.from(
        { length: 130 },
        async (_, i) => await status(`https://busy.example:${8000 + i}/${i}`, `198.51.100.${i}`),
      ),
    )
    expect(statuses.filter((one) => one === 200)).toHaveLength(120)
    expect(statuses.filter((one) => one === 429)).toHaveLength(10)
    expect(await status('https://quiet.example/client', '198.51.100.200')).toBe(200)
    expect(requested).toHaveLength(121)
  })

  it('A078 people whose address nobody told share one budget', async () => {
    const { host, server } = await startWithDocuments()
    const statuses = await Promise.all(
      Array.from({ length: 31 }, async (_, i) => {
        const client = publishClient(host, {}, { path: `/client-${i}` })
        const request = new Request(authorizeURL(server, client, newPKCE().challenge))
        return (await server.auth.fetch(request))?.status
      }),
    )
    expect(statuses.filter((status) => status === 429)).toHaveLength(1)
  })

  it('A078 counts what the operator wants counted', async () => {
    const counted: string[] = []
    const { host, server } = await startWithDocuments({
      rateLimit: async ({ work, key }) => {
        counted.push(`${work} ${key}`)
        return await Promise.resolve(undefined)
      },
    })
    await visit(server, publishClient(host), '127.0.0.9')
    expect(counted).toEqual(['client-document source 127.0.0.9', 'client-document-host host localhost'])
  })
})

describe('copies', () => {
  it.each([
    ['nothing', {}, 300],
    ['max-age', { 'cache-control': 'max-age=60' }, 60],
    ['max-age and an age', { 'cache-control': 'public, max-age=60', age: '50' }, 10],
    ['a year', { 'cache-control': 'max-age=31536000, immutable' }, 86_400],
  ])('A079 are kept as long as the document says, within bounds: %s', async (_name, headers, seconds) => {
    const { host, server } = await startWithDocuments()
    const client = withHeaders(host, headers)
    await visit(server, client)
    server.clock.advance(seconds - 1)
    await visit(server, client)
    expect(host.requests).toHaveLength(1)
    server.clock.advance(1)
    await visit(server, client)
    expect(host.requests).toHaveLength(2)
  })

  it.each(['no-store', 'no-cache', 'max-age=0', 'max-age=nonsense'])('A079 are not kept: %s', async (cacheControl) => {
    const { host, server } = await startWithDocuments()
    const client = withHeaders(host, { 'cache-control': cacheControl })
    await visit(server, client)
    await visit(server, client)
    expect(host.requests).toHaveLength(2)
  })

  it('A079 make way for changed redirect URIs', async () => {
    const { host, server } = await startWithDocuments()
    const client = withHeaders(host, { 'cache-control': 'max-age=60' })
    expect((await visit(server, client)).status).toBe(200)
    const redirect_uris = ['http://127.0.0.1:32767/changed']
    publishClient(host, { redirect_uris }, { headers: { 'cache-control': 'max-age=60' } })
    expect((await visit(server, client)).status).toBe(200)
    server.clock.advance(60)
    expect((await visit(server, client)).status).toBe(400)
    const page = await openConsent(server, client, createBrowser(), { redirect_uri: redirect_uris[0] })
    expect(page.status).toBe(200)
  })

  it('A079 A8 of which the redirect URI was taken out get no code, though the person has approved', async () => {
    const { host, server } = await startWithDocuments()
    const client = withHeaders(host, { 'cache-control': 'no-store' })
    const browser = createBrowser()
    const callback = await signIn(server, browser, await openConsent(server, client, browser))
    publishClient(host, { redirect_uris: ['http://127.0.0.1:32767/changed'] })
    const answer = await browser.load(callback, { from: 'https://discord.com/' })
    expect(shownBy(answer)).toEqual(localPage(400))
  })

  it('A079 are never made of errors, but what keeps failing is left alone for a while', async () => {
    const { host, server } = await startWithDocuments()
    const client = { client_id: `${host.origin}/client.json` }
    await visit(server, client)
    await visit(server, client)
    expect(host.requests).toHaveLength(2)
    const left = await visit(server, client)
    expect([left.status, host.requests.length]).toEqual([400, 2])
    publishClient(host)
    server.clock.advance(4)
    expect((await visit(server, client)).status).toBe(200)
  })
})

describe('while the host is away', () => {
  it('A079 D9 a client that was known refreshes, for a day', async () => {
    const { host, server } = await startWithDocuments()
    const client = withHeaders(host, { 'cache-control': 'max-age=60' })
    const tokens = await login(server, { client })
    host.setDown(true)
    server.clock.advance(86_400)
    const refreshed = await refresh(server, client, tokens.refresh_token)
    expect(refreshed.status).toBe(200)
    server.clock.advance(61)
    const later = await refresh(server, client, String(refreshed.json()['refresh_token']))
    expect(tryLater(later)).toEqual({ status: 503, seconds: true, challenge: null })
  })

  it('A079 nobody begins to trust it anew', async () => {
    const { host, server } = await startWithDocuments()
    const client = withHeaders(host, { 'cache-control': 'max-age=60' })
    await login(server, { client })
    host.setDown(true)
    server.clock.advance(61)
    const page = await visit(server, client)
    expect(shownBy(page)).toEqual(localPage(503))
    expect(pageText(page)).toContain('cannot be fetched')
  })

  it('A079 D9 somebody who has begun to sign in comes to the end of it', async () => {
    const { host, server } = await startWithDocuments()
    const client = withHeaders(host, { 'cache-control': 'max-age=1' })
    const browser = createBrowser()
    const page = await openConsent(server, client, browser)
    host.setDown(true)
    server.clock.advance(2)
    const callback = await signIn(server, browser, page)
    server.clock.advance(2)
    const answer = await browser.load(callback, { from: 'https://discord.com/' })
    expect(parametersOf(answer).get('code')).toMatch(/./)
  })

  it('A079 D9 a client that nobody may remember learns that it may try again', async () => {
    const { host, server } = await startWithDocuments()
    const client = withHeaders(host, { 'cache-control': 'no-store' })
    const browser = createBrowser()
    const callback = await signIn(server, browser, await openConsent(server, client, browser))
    host.setDown(true)
    const answer = await browser.load(callback, { from: 'https://discord.com/' })
    expect(answer.location?.startsWith(redirectURI)).toBe(true)
    expect(parametersOf(answer).get('error')).toBe('temporarily_unavailable')
    expect(outcome(await refresh(server, client, 'x'))).toBe('503 temporarily_unavailable')
  })

  it('A079 D9 a client refreshes though somebody at its address has used the budget up', async () => {
    const { host, server } = await startWithDocuments()
    const client = withHeaders(host, { 'cache-control': 'max-age=60' })
    const tokens = await login(server, { client })
    server.clock.advance(61)
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => await visit(server, { client_id: `${host.origin}/no-${i}` })),
    )
    expect((await visit(server, client)).status).toBe(429)
    expect((await refresh(server, client, tokens.refresh_token)).status).toBe(200)
  })
})

describe('a document that has turned bad', () => {
  it.each([
    ['is gone', { status: 404 }],
    ['is another one', { body: { client_id: 'https://other.example/client' } }],
    ['leads elsewhere', { status: 302, headers: { location: 'https://other.example/client' } }],
    ['wants a secret', { body: { client_secret: 'x' } }],
  ])('A079 ends its client at the token endpoint: it %s', async (_name, answer) => {
    const { host, server } = await startWithDocuments()
    const client = withHeaders(host, { 'cache-control': 'max-age=60' })
    const tokens = await login(server, { client })
    host.answer('/client.json', answer)
    expect((await refresh(server, client, 'x')).status).toBe(400)
    server.clock.advance(61)
    expect(outcome(await refresh(server, client, tokens.refresh_token))).toBe('401 invalid_client')
    host.setDown(true)
    expect(outcome(await refresh(server, client, tokens.refresh_token))).not.toBe('200')
    host.setDown(false)
    server.clock.advance(60)
    withHeaders(host, {})
    expect((await refresh(server, client, tokens.refresh_token)).status).toBe(200)
  })

  it('A079 ends nobody else', async () => {
    const [host, other] = [await startDocumentHost(), await startDocumentHost()]
    const server = await startServer({
      httpsHosts: ['localhost'],
      clientIdMetadata: { dangerouslyAllowedHosts: [host.authority, other.authority] },
    })
    const good = withHeaders(other, { 'cache-control': 'max-age=60' })
    const bad = withHeaders(host, { 'cache-control': 'max-age=60' })
    const tokens = await login(server, { client: good })
    await login(server, { client: bad })
    host.answer('/client.json', { status: 404 })
    server.clock.advance(61)
    expect(outcome(await refresh(server, bad, 'x'))).toBe('401 invalid_client')
    expect((await refresh(server, good, tokens.refresh_token)).status).toBe(200)
  })
})
