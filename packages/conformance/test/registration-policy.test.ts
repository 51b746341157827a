/** Who may register what, and for how long it is good: A8 (policy asked at every use), the deny-list, names. */
import { redirectURIPresets } from '@mcp-auth/express'
import { describe, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { showCredentials } from './support/assertion.ts'
import { createBrowser } from './support/browser.ts'
import {
  authorize,
  callMCP,
  login,
  newClient,
  openConsent,
  redeem,
  redirectURI,
  refresh,
  register,
  signIn,
} from './support/client.ts'
import { publishClient, startWithDocuments } from './support/document-host.ts'
import { localPage, pageText, shownBy } from './support/pages.ts'
import type { TestServer } from './support/server.ts'
import { createSecureServer, knownClient, startServer } from './support/start.ts'
import { startTwin } from './support/twin.ts'

const { claude, cursor } = redirectURIPresets

describe('A8 a policy of redirect URIs', () => {
  it('A8 A083 refuses a plausible stranger, and says what is wrong', async () => {
    const server = await startServer({ redirectURIs: { allowed: [...claude, ...cursor] } })
    const answer = await register(server, {
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai.evil.example/api/mcp/auth_callback'],
    })
    expect(outcome(answer)).toBe('400 invalid_redirect_uri')
    expect(outcome(await register(server, { redirect_uris: ['https://claude.ai/api/mcp/auth_callback'] }))).toBe('201')
  })

  it('B3 A090 keeps of what a client registers the part that is allowed', async () => {
    const server = await startServer({ redirectURIs: { allowed: cursor } })
    const redirect_uris = [
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
      'https://evil.example/callback',
    ]
    const answer = await register(server, { redirect_uris })
    expect(answer.json()['redirect_uris']).toEqual(redirect_uris.slice(0, 3))
    const client = { client_id: String(answer.json()['client_id']) }
    const statuses = redirect_uris.map(
      async (redirect_uri) => (await openConsent(server, client, createBrowser(), { redirect_uri })).status,
    )
    expect(await Promise.all(statuses)).toEqual([200, 200, 200, 400])
  })

  /** A server, and the same one started again with a policy that allows less. */
  async function startTwice(
    allowed: readonly { scheme: string; host: string; path?: string }[],
  ): Promise<{ before: TestServer; after: TestServer; stop: () => Promise<void> }> {
    const stores: Parameters<typeof startTwin>[1]['store'][] = []
    const before = await startServer({
      wrapStore: (store) => {
        stores.push(store)
        return store
      },
    })
    const [store] = stores
    if (!store) throw new Error('no store')
    const after = await startTwin(before, { store, redirectURIs: { allowed } })
    return { before, after, stop: async () => await after.close() }
  }

  it('A8 that becomes stricter ends clients that registered before it', async () => {
    const { before, after, stop } = await startTwice([{ scheme: 'https', host: 'app.example' }])
    const tokens = await login(before)
    expect((await refresh(before, tokens.client, tokens.refresh_token)).status).toBe(200)
    const page = await openConsent(after, tokens.client, createBrowser(), { resource: before.mcpURL })
    expect(shownBy(page)).toEqual(localPage(400))
    expect(pageText(page)).toContain('unknown')
    const answer = await refresh(after, tokens.client, tokens.refresh_token)
    expect(outcome(answer)).toBe('401 invalid_client')
    await stop()
  })

  it('A8 that becomes stricter takes single redirect URIs from a client, also from one on its way', async () => {
    const { before, after, stop } = await startTwice([{ scheme: 'http', host: 'loopback', path: '/callback' }])
    const other = 'https://app.example/callback'
    const client = await newClient(before, { redirect_uris: [redirectURI, other] })
    const statusOf = async (redirect_uri: string): Promise<number> =>
      (await openConsent(after, client, createBrowser(), { redirect_uri, resource: before.mcpURL })).status
    expect([await statusOf(redirectURI), await statusOf(other)]).toEqual([200, 400])
    const browser = createBrowser()
    const callback = await signIn(before, browser, await openConsent(before, client, browser, { redirect_uri: other }))
    const answer = await browser.load(callback.replace(before.origin, after.origin), { from: 'https://discord.com/' })
    expect(shownBy(answer)).toEqual(localPage(400))
    await stop()
  })

  it('A8 does not apply to clients of the operator, who has written their redirect URIs', async () => {
    const server = await startServer({ clients: [knownClient], redirectURIs: { allowed: [] } })
    expect((await openConsent(server, knownClient, createBrowser())).status).toBe(200)
    expect(outcome(await register(server))).toBe('400 invalid_redirect_uri')
  })

  it('B2 takes private-use schemes that the operator lists', async () => {
    const server = await startServer({ redirectURIs: { privateUseSchemes: ['myapp'] } })
    expect(outcome(await register(server, { redirect_uris: ['myapp://callback'] }))).toBe('201')
    expect(outcome(await register(server, { redirect_uris: ['cursor://callback'] }))).toBe('400 invalid_redirect_uri')
  })
})

describe('a client that is denied', () => {
  it.each(['dynamic', 'document', 'preregistered'] as const)(
    'A8 C11 is over at once with its tokens, and nothing of it is spoilt: %s',
    async (origin) => {
      const denied = new Set<string>()
      const { host, server } = await startWithDocuments({
        clients: [knownClient],
        isClientDenied: (clientId) => denied.has(clientId),
      })
      const client =
        origin === 'dynamic' ? await newClient(server) : origin === 'document' ? publishClient(host) : knownClient
      const tokens = await login(server, { client })
      const bystander = await login(server)
      const code = await authorize(server, { client })
      const browser = createBrowser()
      const callback = await signIn(server, browser, await openConsent(server, client, browser))

      denied.add(client.client_id)
      expect(outcome(await callMCP(server, tokens.access_token))).toBe('401 invalid_token')
      expect(outcome(await refresh(server, client, tokens.refresh_token))).toBe('401 invalid_client')
      expect(outcome(await redeem(server, code))).toBe('401 invalid_client')
      expect(shownBy(await openConsent(server, client, createBrowser()))).toEqual(localPage(400))
      expect(shownBy(await browser.load(callback, { from: 'https://discord.com/' }))).toEqual(localPage(400))
      expect((await callMCP(server, bystander.access_token)).status).toBe(200)
      expect(server.calls).toHaveLength(1)

      denied.clear()
      expect((await callMCP(server, tokens.access_token)).status).toBe(200)
      expect((await refresh(server, client, tokens.refresh_token)).status).toBe(200)
      expect((await redeem(server, code)).status).toBe(200)
    },
  )

  it('A119 has no active tokens', async () => {
    const denied = new Set<string>()
    const clients = [
      { client_id: 'resource-server', client_secret: 'a-secret-of-enough-letters', redirect_uris: [redirectURI] },
    ]
    const server = await startServer({
      clients,
      isClientDenied: async (clientId) => await Promise.resolve(denied.has(clientId)),
    })
    const tokens = await login(server)
    const ask = async (token: string): Promise<unknown> => {
      const { client_id, client_secret } = clients[0] ?? {}
      return (await showCredentials(server, { client_id, client_secret, token })).json()['active']
    }
    expect([await ask(tokens.access_token), await ask(tokens.refresh_token)]).toEqual([true, true])
    denied.add(tokens.client.client_id)
    expect([await ask(tokens.access_token), await ask(tokens.refresh_token)]).toEqual([false, false])
  })

  it.each([
    [
      'that throws',
      () => {
        throw new Error('list.internal:5432')
      },
    ],
    ['that rejects', async () => await Promise.reject(new Error('list.internal:5432'))],
  ])('A112 nobody passes a list %s', async (_name, isClientDenied) => {
    let isBroken = false
    const server = await startServer({ isClientDenied: () => (isBroken ? isClientDenied() : false) })
    const tokens = await login(server)
    isBroken = true
    const gate = await callMCP(server, tokens.access_token)
    const token = await refresh(server, tokens.client, tokens.refresh_token)
    const page = await openConsent(server, tokens.client, createBrowser())
    expect([gate.status, token.status, page.status]).toEqual([500, 500, 500])
    expect(gate.text + token.text + page.text).not.toContain('list.internal')
    isBroken = false
    expect((await refresh(server, tokens.client, tokens.refresh_token)).status).toBe(200)
  })
})

describe('names', () => {
  it.each([
    ['markup', '"><img src=x onerror=alert(1)>', '"><img src=x onerror=alert(1)>'],
    [
      'markup of its own page',
      '</bdi></dd></div><form action="https://evil.example">',
      '</bdi></dd></div><form action="https://evil.example">',
    ],
    ['entities', '&lt;b&gt;&#34;', '&lt;b&gt;&#34;'],
    ['another direction', 'Claude\u202e elpmaxe.live', 'Claude elpmaxe.live'],
    ['isolates and marks', '\u2066Cla\u200bu\u200ede\u2069\ufeff', 'Claude'],
    ['two lines', 'Claude\r\n\r\nverified\u2028by us', 'Claudeverifiedby us'],
    ['very many letters', 'x'.repeat(10_000), 'x'.repeat(80)],
    ['half a character at the end', `${'x'.repeat(79)}\u{1f600}\u{1f600}`, `${'x'.repeat(79)}\u{1f600}`],
    ['only what nobody sees', '\u200b\u2060\u202e', 'An app without a name'],
  ])(
    'A088 A5 with %s are shown as text, from a registration and from a document alike',
    async (_name, client_name, shown) => {
      const { host, server } = await startWithDocuments()
      for (const client of [
        await newClient(server, { client_name }),
        publishClient(host, { client_name: client_name.slice(0, 2000) }),
      ]) {
        const page = await openConsent(server, client, createBrowser())
        expect(page.status).toBe(200)
        expect(pageText(page)).toContain(`${shown} not verified`)
        expect(page.text).not.toMatch(/<img|action="https:\/\/evil|[\u200b\u200e\u202e\u2066\u2028\ufeff]/)
      }
    },
  )

  it.each(['javascript:alert(1)', 'data:text/html,x', 'vbscript:x'])(
    'A088 B6 with addresses %s lead nowhere',
    async (address) => {
      const server = await startServer()
      const over = { client_uri: address, logo_uri: address, policy_uri: address, tos_uri: address }
      const answer = await register(server, over)
      expect([201, 400]).toContain(answer.status)
      expect(answer.text).not.toContain(address)
      const page = await openConsent(server, await newClient(server, over), createBrowser())
      expect(page.text).not.toContain(address)
    },
  )
})

describe('options that cannot work', () => {
  it.each([
    ['clientIdMetadata.allowedHosts', { clientIdMetadata: { allowedHosts: ['https://claude.ai'] } }],
    ['clientIdMetadata.deniedHosts', { clientIdMetadata: { deniedHosts: ['*.evil.example'] } }],
    ['clientIdMetadata.dangerouslyAllowedHosts', { clientIdMetadata: { dangerouslyAllowedHosts: ['localhost'] } }],
  ])('A080 are named when the server is made: %s', (option, options) => {
    expect(() => createSecureServer(options)).toThrow(new RegExp(`^${option.replaceAll('.', '\\.')}: `))
  })
})
