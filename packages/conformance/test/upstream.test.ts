import {
  type FakeDiscordEndpoint,
  type FakeDiscordFault,
  fakeUsers,
  leakMarker,
} from '@mcp-auth/provider-discord/mocks'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type HeldDeadlines, holdDeadlines } from '../../testing/src/support/deadlines.ts'
import { outage, outcome, tryLater, visible } from './support/answers.ts'
import { type Answer, createBrowser } from './support/browser.ts'
import { callMCP, login, newClient, openConsent, refresh, signIn } from './support/client.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { discordTool } from './support/tool.ts'

/** Life of Discord's access tokens here, in seconds: less than of ours, and more than the margin before their end. */
const upstreamSeconds = 1000

let server: TestServer
let deadlines: HeldDeadlines
beforeEach(async () => {
  deadlines = holdDeadlines()
  server = await startTestServer({ mcp: discordTool, upstreamTimeoutSeconds: 7 })
  server.discord.settings.expiresIn = upstreamSeconds
})
afterEach(async () => await server.close())

const revocations = (): string[] =>
  server.events.flatMap((event) => (event.type === 'grant.revoked' ? [event.reason] : []))

/** Every text of Discord that might have slipped through. */
function leaks(...answers: readonly Answer[]): string[] {
  const seen = answers.map(visible).join('\n')
  return [leakMarker, 'Cloudflare', 'discord.com/api', ...server.discord.secrets].filter((text) => seen.includes(text))
}

it('A096 answers invalid_grant and ends the session when Discord does', async () => {
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  server.discord.fail('refresh', '400')
  const refused = await refresh(server, tokens.client, tokens.refresh_token)
  expect(outcome(refused)).toBe('400 invalid_grant')
  expect(refused.headers.get('retry-after')).toBeNull()
  const call = await callMCP(server, tokens.access_token)
  expect(outcome(call)).toBe('401 invalid_token')
  server.discord.recover()
  const again = await refresh(server, tokens.client, tokens.refresh_token)
  expect(outcome(again)).toBe('400 invalid_grant')
  expect(revocations()).toEqual(['upstream_revoked'])
  expect(server.discord.requestsTo('refresh')).toHaveLength(1)
  expect(leaks(refused, call, again)).toEqual([])
})

it('A096 ends the session when Discord has forgotten all about the user’s tokens', async () => {
  const tokens = await login(server)
  server.discord.dropAccessTokens()
  server.discord.dropRefreshTokens()
  expect(outcome(await refresh(server, tokens.client, tokens.refresh_token))).toBe('400 invalid_grant')
  expect(outcome(await callMCP(server, tokens.access_token))).toBe('401 invalid_token')
})

it('A096 ends the session when a tool finds out that Discord ended it', async () => {
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  server.discord.dropRefreshTokens()
  const call = await callMCP(server, tokens.access_token)
  expect([call.status, call.json()]).toEqual([401, { reason: 'grant_revoked' }])
  expect(outcome(await callMCP(server, tokens.access_token))).toBe('401 invalid_token')
  expect(outcome(await refresh(server, tokens.client, tokens.refresh_token))).toBe('400 invalid_grant')
  expect(revocations()).toEqual(['upstream_revoked'])
})

it('A096 leaves the user’s other sessions alone', async () => {
  const tokens = await login(server)
  const other = await login(server)
  server.clock.advance(upstreamSeconds)
  server.discord.fail('refresh', '400', 1)
  expect(outcome(await refresh(server, tokens.client, tokens.refresh_token))).toBe('400 invalid_grant')
  expect((await refresh(server, other.client, other.refresh_token)).status).toBe(200)
})

const unreachable = (): Response => Response.error()
const redirect = (): Response => Response.redirect('https://discord.com/login', 302)
const otherJSON = (): Response => Response.json({ hello: leakMarker })
const stranger = (): Response => Response.json({ error: 'teapot', error_description: leakMarker }, { status: 400 })
const stalled = (): Response => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }))

const faults: [string, FakeDiscordFault][] = [
  ['429', '429'],
  ['500', '500'],
  ['503', '503'],
  ['a page of Cloudflare', 'html'],
  ['half a JSON document', 'garbage'],
  ['nothing', 'empty'],
  ['silence', 'hang'],
  ['a body that never ends', stalled],
  ['a broken connection', unreachable],
  ['a redirect', redirect],
  ['JSON that is no token', otherJSON],
  ['an error nobody knows', stranger],
  ['a refusal of our own credentials', '401'],
]

/** Makes an endpoint fail; where the fault has no end, the time that we give Discord ends. */
function fail(endpoint: FakeDiscordEndpoint, fault: FakeDiscordFault): void {
  server.discord.fail(endpoint, fault)
  if (fault === 'hang' || fault === stalled) deadlines.endWhenAsked(server.discord, endpoint)
}

function recover(): void {
  server.discord.recover()
  server.discord.settings.latency = undefined
}

it.each(faults)('A097 keeps the refresh token good when Discord answers a refresh with %s', async (_case, fault) => {
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  fail('refresh', fault)
  const failed = [
    await refresh(server, tokens.client, tokens.refresh_token),
    await refresh(server, tokens.client, tokens.refresh_token),
  ]
  expect(failed.map(tryLater)).toEqual([outage, outage])
  expect(failed.map(outcome)).toEqual(['503 temporarily_unavailable', '503 temporarily_unavailable'])
  expect(leaks(...failed)).toEqual([])
  expect(new Set(deadlines.limits)).toEqual(new Set([7000]))
  recover()
  expect((await refresh(server, tokens.client, tokens.refresh_token)).status).toBe(200)
  expect(revocations()).toEqual([])
})

it.each(faults)('A097 keeps the session alive when Discord answers a tool’s renewal with %s', async (_case, fault) => {
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  fail('refresh', fault)
  const failed = await callMCP(server, tokens.access_token)
  expect(tryLater(failed)).toEqual(outage)
  expect(failed.json()).toEqual({ reason: 'upstream_unavailable' })
  recover()
  expect((await callMCP(server, tokens.access_token)).json()).toMatchObject({ status: 200 })
  expect(revocations()).toEqual([])
})

it('A097 passes on how long Discord wants to be left alone', async () => {
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  server.discord.fail('refresh', '429')
  const failed = await refresh(server, tokens.client, tokens.refresh_token)
  expect(failed.headers.get('retry-after')).toBe('2')
})

it('A097 sends clients away for a minute at most, however long Discord wants to be left alone', async () => {
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  const blocked = (): Response => Response.json({ retry_after: 3600 }, { status: 429 })
  server.discord.fail('refresh', blocked)
  const failed = await refresh(server, tokens.client, tokens.refresh_token)
  expect(failed.headers.get('retry-after')).toBe('60')
})

it.each(faults)('A097 starts a session anew after a sign-in that Discord answered with %s', async (_case, fault) => {
  const client = await newClient(server)
  const browser = createBrowser()
  const callback = await signIn(server, browser, await openConsent(server, client, browser))
  fail('token', fault)
  const answer = await browser.load(callback)
  const parameters = new URL(answer.location ?? '').searchParams
  expect([answer.status, parameters.get('code'), parameters.get('iss')]).toEqual([303, null, server.origin])
  expect(['temporarily_unavailable', 'server_error']).toContain(parameters.get('error'))
  expect(leaks(answer)).toEqual([])
  recover()
  expect((await login(server, { client })).scope).toBe('identify')
})

it('A097 ends the session only with the next decision of Discord when the answer to a renewal was lost', async () => {
  const tokens = await login(server)
  server.clock.advance(upstreamSeconds)
  server.discord.fail('refresh', 'lost', 1)
  const lost = await refresh(server, tokens.client, tokens.refresh_token)
  expect(tryLater(lost)).toEqual(outage)
  expect(revocations()).toEqual([])
  // Discord has spent the refresh token we know: now it says so, and that is a decision.
  const decided = await refresh(server, tokens.client, tokens.refresh_token)
  expect(outcome(decided)).toBe('400 invalid_grant')
  expect(revocations()).toEqual(['upstream_revoked'])
  expect(leaks(lost, decided)).toEqual([])
})

it('A097 C11 lets a tool work while Discord’s token endpoint is down, as long as its token lives', async () => {
  const tokens = await login(server)
  server.discord.fail('refresh', '503')
  expect((await callMCP(server, tokens.access_token)).json()).toMatchObject({ status: 200 })
  expect(server.discord.requestsTo('refresh')).toEqual([])
})

it.each(faults)('C11 refreshes on what it knows when Discord’s user endpoint answers with %s', async (_case, fault) => {
  const tokens = await login(server)
  fail('currentUser', fault)
  const refreshed = await refresh(server, tokens.client, tokens.refresh_token)
  recover()
  expect(refreshed.status).toBe(200)
  const call = await callMCP(server, String(refreshed.json()['access_token']))
  expect(call.json()).toMatchObject({ username: 'nelly' })
  expect(revocations()).toEqual([])
})

it('C11 ends the session at the next refresh when Discord no longer knows the user', async () => {
  const tokens = await login(server)
  server.discord.users.delete(fakeUsers.nelly.id)
  expect(outcome(await refresh(server, tokens.client, tokens.refresh_token))).toBe('400 invalid_grant')
  expect(outcome(await callMCP(server, tokens.access_token))).toBe('401 invalid_token')
  expect(revocations()).toEqual(['upstream_revoked'])
})

it('C11 ends the session when the tokens turn out to be somebody else’s', async () => {
  const tokens = await login(server)
  server.discord.users.set(fakeUsers.nelly.id, { ...fakeUsers.nelly, id: fakeUsers.wumpus.id })
  expect(outcome(await refresh(server, tokens.client, tokens.refresh_token))).toBe('400 invalid_grant')
  expect(outcome(await callMCP(server, tokens.access_token))).toBe('401 invalid_token')
  expect(revocations()).toEqual(['subject_changed'])
})

it.each([
  ['still alive', () => {}],
  ['expired', () => server.clock.advance(upstreamSeconds)],
  ['dropped by Discord', () => server.discord.dropAccessTokens()],
])('C11 asks anew who the user is at every refresh, with a token of Discord that is %s', async (_case, prepare) => {
  const tokens = await login(server)
  expect((await callMCP(server, tokens.access_token)).json()['username']).toBe('nelly')
  server.discord.users.set(fakeUsers.nelly.id, { ...fakeUsers.nelly, username: 'nelly.renamed' })
  prepare()
  const refreshed = await refresh(server, tokens.client, tokens.refresh_token)
  const call = await callMCP(server, String(refreshed.json()['access_token']))
  expect(call.json()).toMatchObject({ status: 200, username: 'nelly.renamed' })
})

it('C11 notices another user also when Discord had dropped the token that would have told', async () => {
  const tokens = await login(server)
  server.discord.dropAccessTokens()
  server.discord.users.set(fakeUsers.nelly.id, { ...fakeUsers.nelly, id: fakeUsers.wumpus.id })
  expect(outcome(await refresh(server, tokens.client, tokens.refresh_token))).toBe('400 invalid_grant')
  expect(revocations()).toEqual(['subject_changed'])
})
