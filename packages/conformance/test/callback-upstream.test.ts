/** Sign-ins that Discord fails to complete: a clean error for the client, and not a word of Discord's. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FakeDiscordFault, leakMarker } from '@mcp-auth/provider-discord/mocks'
import { expect, it, onTestFinished } from 'vitest'
import { holdDeadlines } from '../../testing/src/support/deadlines.ts'
import { visible } from './support/answers.ts'
import { type Answer, createBrowser } from './support/browser.ts'
import { authorize, newClient, openConsent, redeem, redirectURI, signIn } from './support/client.ts'
import { cookieHeader } from './support/consent.ts'
import { localPage, parametersOf, shownBy } from './support/pages.ts'
import { type TestServer, testSecret } from './support/server.ts'
import { startServer } from './support/start.ts'
import { createOutage, driverMessage, hookStore, meetingPoint, slowStore } from './support/stores.ts'

const page = (status: number, contentType: string) => (): Response =>
  new Response(`<h1>${leakMarker}</h1>`, { status, headers: { 'content-type': contentType } })
const json =
  (body: unknown, status = 200) =>
  (): Response =>
    Response.json(body, { status })

const refused = 'server_error'
const later = 'temporarily_unavailable'
const endpoints = ['token', 'currentAuthorization', 'currentUser'] as const

const faults: readonly (readonly [name: string, fault: FakeDiscordFault, error: string])[] = [
  ['400', '400', refused],
  ['401', '401', refused],
  ['429', '429', later],
  ['500', '500', later],
  ['503', '503', later],
  ['a page instead of data', 'html', later],
  ['a page with status 200', page(200, 'text/html'), later],
  ['half a document', 'garbage', later],
  ['nothing', 'empty', later],
  ['an answer lost on the way', 'lost', later],
  ['a redirect', () => Response.redirect(`https://discord.com/api/${leakMarker}`), refused],
  ['a document of another shape', json({ message: leakMarker, access_token: [leakMarker] }), refused],
  ['null', json(null), refused],
  ['a list', json([leakMarker]), refused],
  ['endless data', json({ access_token: leakMarker.repeat(20_000) }), refused],
  ['no connection', () => Response.error(), later],
]

it.each(endpoints.flatMap((endpoint) => faults.map((row) => [endpoint, ...row] as const)))(
  'A027 A112 sends the client a clean error when the %s endpoint of Discord answers with %s',
  async (endpoint, _name, fault, error) => {
    const server = await startServer()
    server.discord.fail(endpoint, fault)
    const { answer } = await authorize(server)
    expect(seen(server, answer)).toEqual(cleanError(server, error))
    expect(server.discord.requestsTo(endpoint)).toHaveLength(1)
    server.discord.recover()
    expect((await authorize(server)).code).not.toBe('')
  },
)

it.each(endpoints)('A027 A099 gives the %s endpoint of Discord up when its time is over', async (endpoint) => {
  const deadlines = holdDeadlines()
  const server = await startServer({ upstreamTimeoutSeconds: 7 })
  server.discord.fail(endpoint, 'hang')
  deadlines.endWhenAsked(server.discord, endpoint)
  const { answer } = await authorize(server)
  expect(seen(server, answer)).toEqual(cleanError(server, later))
  expect(deadlines.limits).toEqual([7000])
  server.discord.recover()
  server.discord.settings.latency = undefined
  expect((await authorize(server)).code).not.toBe('')
})

it('A099 gives all the calls of one sign-in one time together, and another sign-in a time of its own', async () => {
  const signals: unknown[] = []
  const server = await startServer({
    fetch: async (url, init) => {
      signals.push(init.signal)
      return await fetch(url, init)
    },
  })
  await authorize(server)
  expect(signals).toHaveLength(3)
  expect(new Set(signals).size).toBe(1)
  await authorize(server)
  expect(new Set(signals).size).toBe(2)
})

it('A027 A099 gives up on an answer that begins and never ends', async () => {
  const trickle = createServer((_request, response) => response.write('{'))
  trickle.listen(0, '127.0.0.1')
  await once(trickle, 'listening')
  onTestFinished(() => trickle.closeAllConnections())
  onTestFinished(() => void trickle.close())
  const { port } = trickle.address() as AddressInfo
  const server = await startServer({
    upstreamTimeoutSeconds: 0.2,
    fetch: async (_url, init) => await fetch(`http://127.0.0.1:${port}/`, init),
  })
  expect(seen(server, (await authorize(server)).answer)).toEqual(cleanError(server, later))
})

it('A015 A027 refuses tokens that Discord issued to another application', async () => {
  const server = await startServer()
  server.discord.settings.foreignApplication = true
  const { answer } = await authorize(server)
  expect(seen(server, answer)).toEqual(cleanError(server, refused))
  expect(server.events.filter((event) => event.type === 'login.succeeded')).toEqual([])
})

it.each([
  ['the scope that identifies the user is withheld', { withheldScopes: ['identify'] }, refused],
  ['nobody is signed in at Discord', { user: '1' }, 'access_denied'],
])('A026 A027 sends the client a clean error when %s', async (_case, settings, error) => {
  const server = await startServer()
  Object.assign(server.discord.settings, settings)
  expect(seen(server, (await authorize(server, { over: { scope: 'identify guilds' } })).answer)).toEqual(
    cleanError(server, error),
  )
})

it('A016 A112 shows nothing of Discord to the client when all goes well: no code, no token, no secret', async () => {
  const server = await startServer()
  const { answer, client, code, parameters, verifier } = await authorize(server)
  const tokens = await redeem(server, { answer, client, code, parameters, verifier })
  expect(tokens.status).toBe(200)
  expect(server.discord.secrets.length).toBeGreaterThanOrEqual(3)
  const all = visible(answer) + visible(tokens) + JSON.stringify(server.events)
  for (const secret of [...server.discord.secrets, server.discord.clientSecret]) expect(all).not.toContain(secret)
})

it.each([
  ['read', ['get transaction']],
  ['taken', ['take transaction']],
] as const)('A027 answers 503 while the sign-in cannot be %s, and completes it later', async (_case, steps) => {
  const store = createOutage()
  const server = await startServer({ wrapStore: store.wrap })
  const { browser, callback } = await approve(server)
  store.start(...steps)
  const answer = await browser.load(callback)
  expect(shownBy(answer)).toEqual(localPage(503))
  expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d?$/)
  expect(answer.headers.getSetCookie()).toEqual([])
  expect(visible(answer)).not.toContain(driverMessage)
  expect(server.discord.requestsTo('token')).toEqual([])
  store.end()
  expect(parametersOf(await browser.load(callback)).has('code')).toBe(true)
})

it('A027 tells the client when the grant cannot be stored, since Discord has spent its code by then', async () => {
  const store = createOutage()
  const server = await startServer({ wrapStore: store.wrap })
  const { browser, callback } = await approve(server)
  store.start('set grant')
  const answer = await browser.load(callback)
  expect(seen(server, answer)).toEqual(cleanError(server, later))
  store.end()
  expect((await authorize(server)).code).not.toBe('')
})

it.each([
  ['with latency after every answer of the store', slowStore],
  ['when all have read before anybody goes on', withMeetingAfterReads],
])('A103 completes one of ten parallel callbacks with one state, %s', async (_how, wrapStore) => {
  const server = await startServer({ wrapStore })
  const { browser, callback } = await approve(server)
  const headers = { cookie: cookieHeader(browser) }
  const answers = await Promise.all(Array.from({ length: 10 }, () => createBrowser().load(callback, { headers })))
  const completed = answers.filter((answer) => answer.location !== undefined)
  expect(completed.map((answer) => parametersOf(answer).has('code'))).toEqual([true])
  for (const answer of answers.filter(({ location }) => location === undefined))
    expect(shownBy(answer)).toEqual(localPage(400))
  expect(server.discord.requestsTo('token')).toHaveLength(1)
  expect(server.events.filter((event) => event.type === 'login.succeeded')).toHaveLength(1)
})

function withMeetingAfterReads(store: Parameters<typeof slowStore>[0]): ReturnType<typeof slowStore> {
  const meet = meetingPoint(10)
  return hookStore(store, {
    after: async (step) => {
      if (step === 'get transaction') await meet()
    },
  })
}

/** What arrived at the client, and which words in it, or in our events, are not ours. */
function seen(server: TestServer, answer: Answer) {
  const [to] = (answer.location ?? '').split('?', 1)
  const all = visible(answer) + JSON.stringify(server.events)
  const secrets = [leakMarker, driverMessage, testSecret, server.discord.clientSecret, ...server.discord.secrets]
  const leaks = [
    ...secrets.filter((secret) => all.includes(secret)),
    ...(/\n\s+at |node_modules|\.ts:\d/.exec(all) ?? []),
  ]
  return { status: answer.status, to, parameters: [...new URL(answer.location ?? 'about:blank').searchParams], leaks }
}

/** An error at the client's redirect URI, with nothing in it that is not ours. */
function cleanError(server: TestServer, error: string): unknown {
  const parameters = [
    ['error', error],
    ['error_description', expect.stringMatching(/^The [a-z -]+$/)],
    ['iss', server.auth.metadata.authorizationServer.issuer],
    ['state', 'client-state'],
  ]
  return { status: 303, to: redirectURI, parameters, leaks: [] }
}

async function approve(server: TestServer) {
  const browser = createBrowser()
  const opened = await openConsent(server, await newClient(server), browser)
  return { browser, callback: await signIn(server, browser, opened) }
}
