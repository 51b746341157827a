/** Attacks on the return from Discord: rows A2, A6 and B5 of the threat catalogue. */
import { describe, expect, it } from 'vitest'
import { type Browser, createBrowser } from './support/browser.ts'
import { newClient, newPKCE, openConsent, redeem, redirectURI, signIn, type TestClient } from './support/client.ts'
import { localPage, parametersOf, shownBy } from './support/pages.ts'
import type { TestServer } from './support/server.ts'
import { createSecureServer, knownClient, startServer } from './support/start.ts'

const fromDiscord = { from: 'https://discord.com/' }

describe('A2 consent in one browser, callback in another', () => {
  it('A2 refuses the second browser before Discord hears of it, and the first can complete afterwards', async () => {
    const server = await startServer()
    const attacker = await approve(server)
    const victim = createBrowser()
    expect(shownBy(await victim.load(attacker.callback, fromDiscord))).toEqual(localPage(403))
    expect(server.discord.requestsTo('token')).toEqual([])
    expect(server.events.at(-1)).toMatchObject({ type: 'request.refused', reason: 'browser_mismatch' })
    expect(victim.cookies.size).toBe(0)
    const completed = await attacker.browser.load(attacker.callback, fromDiscord)
    expect(parametersOf(completed).has('code')).toBe(true)
    expect(server.discord.requestsTo('token')).toHaveLength(1)
  })

  it('A2 refuses a victim who has consented to something else, and to the same client', async () => {
    const server = await startServer()
    const attacker = await approve(server)
    const sameClient = await approve(server, attacker.client)
    const otherClient = await approve(server)
    for (const victim of [sameClient, otherClient]) {
      expect(shownBy(await victim.browser.load(attacker.callback, fromDiscord))).toEqual(localPage(403))
    }
    expect(server.discord.requestsTo('token')).toEqual([])
    for (const person of [attacker, sameClient, otherClient]) {
      expect(parametersOf(await person.browser.load(person.callback, fromDiscord)).has('code')).toBe(true)
    }
  })

  it('A2 refuses a victim who only looked at a consent page of the same client', async () => {
    const server = await startServer()
    const attacker = await approve(server)
    const victim = createBrowser()
    await openConsent(server, attacker.client, victim)
    expect(shownBy(await victim.load(attacker.callback, fromDiscord))).toEqual(localPage(403))
    expect(server.discord.requestsTo('token')).toEqual([])
  })

  it('A2 refuses behind TLS as well', async () => {
    const server = createSecureServer()
    const browser = server.createBrowser()
    const callback = await signIn(server, browser, await openConsent(server, knownClient, browser))
    expect(shownBy(await server.createBrowser().load(callback, fromDiscord))).toEqual(localPage(403))
    expect(server.discord.requestsTo('token')).toEqual([])
    expect(parametersOf(await browser.load(callback, fromDiscord)).has('code')).toBe(true)
  })
})

describe('A6 login CSRF: a person returns with a sign-in that is not theirs', () => {
  it('A6 issues no code when the states of two flows of one browser are swapped', async () => {
    const server = await startServer()
    const browser = createBrowser()
    const client = await newClient(server)
    const urls: URL[] = []
    for (const state of ['first', 'second']) {
      urls.push(new URL(await signIn(server, browser, await openConsent(server, client, browser, { state }))))
    }
    const [first, second] = urls.map((url) => url.searchParams.get('state') ?? '')
    urls[0]?.searchParams.set('state', String(second))
    urls[1]?.searchParams.set('state', String(first))
    for (const url of urls) {
      const answer = await browser.load(url.href, fromDiscord)
      expect(parametersOf(answer).has('code')).toBe(false)
      expect(parametersOf(answer).get('error')).toBe('server_error')
    }
    expect(server.events.filter((event) => event.type === 'login.succeeded')).toEqual([])
  })

  it("A6 issues no code when an attacker's code comes with the victim's state, since each flow has its own PKCE", async () => {
    const server = await startServer()
    const attacker = await approve(server)
    const victim = await approve(server)
    const url = new URL(victim.callback)
    url.searchParams.set('code', new URL(attacker.callback).searchParams.get('code') ?? '')
    const answer = await victim.browser.load(url.href, fromDiscord)
    expect(parametersOf(answer).has('code')).toBe(false)
    const [exchange] = server.discord.requestsTo('token')
    expect(exchange?.form['code_verifier']).toMatch(/^[\w-]{43}$/)
  })

  it('A6 completes a state once: its replay gets neither a code nor to Discord', async () => {
    const server = await startServer()
    const { browser, callback } = await approve(server)
    const cookies = new Map(browser.cookies)
    expect(parametersOf(await browser.load(callback, fromDiscord)).has('code')).toBe(true)
    for (const [name, value] of cookies) browser.cookies.set(name, value)
    expect(shownBy(await browser.load(callback, fromDiscord))).toEqual(localPage(400))
    expect(server.discord.requestsTo('token')).toHaveLength(1)
  })

  it('A6 makes a state of 256 bits that says nothing, for every flow anew', async () => {
    const server = await startServer()
    const client = await newClient(server)
    const states = new Set<string>()
    for (let count = 0; count < 5; count += 1) {
      const { callback } = await approve(server, client)
      states.add(new URL(callback).searchParams.get('state') ?? '')
    }
    expect(states.size).toBe(5)
    for (const state of states) expect(Buffer.from(state, 'base64url')).toHaveLength(32)
  })
})

describe('B5 mix-up: an answer of one server is taken for that of another', () => {
  it('B5 answers a sign-in that names another issuer on a page of our own; the client learns nothing', async () => {
    const server = await startServer()
    server.discord.settings.issuer = 'wrong'
    const { browser, callback } = await approve(server)
    expect(shownBy(await browser.load(callback, fromDiscord))).toEqual(localPage(400))
    expect(server.discord.requestsTo('token')).toEqual([])
    expect(server.events).toContainEqual(expect.objectContaining({ type: 'login.failed', kind: 'issuer_mismatch' }))
  })

  it('B5 gives the callback a path of its own and sends Discord the same URI at both steps', async () => {
    const server = await startServer({ path: '/team-a' })
    const { browser, callback } = await approve(server)
    expect(callback.startsWith(`${server.origin}/team-a/auth/callback?`)).toBe(true)
    await browser.load(callback, fromDiscord)
    const sent = [
      server.discord.requestsTo('authorize')[0]?.query['redirect_uri'],
      server.discord.requestsTo('token')[0]?.form['redirect_uri'],
    ]
    expect(sent).toEqual([`${server.origin}/team-a/auth/callback`, `${server.origin}/team-a/auth/callback`])
  })

  it('B5 B4 binds a code to the challenge of its own flow: the verifier of another flow burns it', async () => {
    const server = await startServer()
    const first = await approve(server)
    const second = await approve(server, first.client)
    const answer = await first.browser.load(first.callback, fromDiscord)
    const parameters = parametersOf(answer)
    const code = parameters.get('code') ?? ''
    const authorization = { answer, parameters, code, client: first.client, verifier: second.verifier }
    const wrong = await redeem(server, authorization)
    expect([wrong.status, wrong.json()['error']]).toEqual([400, 'invalid_grant'])
    const right = await redeem(server, { ...authorization, verifier: first.verifier })
    expect([right.status, right.json()['error']]).toEqual([400, 'invalid_grant'])
  })

  it('B5 sends every answer to the redirect URI of its own request', async () => {
    const server = await startServer()
    const { browser, callback } = await approve(server)
    const answer = await browser.load(callback, fromDiscord)
    expect(answer.location?.startsWith(`${redirectURI}?code=`)).toBe(true)
    expect(parametersOf(answer).getAll('iss')).toEqual([server.origin])
  })
})

/** A person who approved here and at Discord, and whose browser is about to return. */
async function approve(
  server: TestServer,
  known?: TestClient,
): Promise<{ browser: Browser; callback: string; client: TestClient; verifier: string }> {
  const browser = createBrowser()
  const client = known ?? (await newClient(server))
  const pkce = newPKCE()
  const page = await openConsent(server, client, browser, {}, pkce)
  return { browser, callback: await signIn(server, browser, page), client, verifier: pkce.verifier }
}
