import { afterEach, beforeEach, expect, it } from 'vitest'
import { jwtPart, outcome } from './support/answers.ts'
import type { Answer } from './support/browser.ts'
import { authorize, callMCP, login, newClient, refresh, type TestTokens, tokenRequest } from './support/client.ts'
import { newForgeKey } from './support/forge.ts'
import { startTestServer, type TestServer } from './support/server.ts'

let server: TestServer
beforeEach(async () => {
  server = await startTestServer()
})
afterEach(async () => await server.close())

const day = 86_400
const accessTokenOf = (answer: Answer): string => String(answer.json()['access_token'])
const refreshTokenOf = (answer: Answer): string => String(answer.json()['refresh_token'])
const revocations = (): string[] =>
  server.events.flatMap((event) => (event.type === 'grant.revoked' ? [event.reason] : []))

/** What the gate says to access tokens. */
async function callAll(...tokens: readonly string[]): Promise<string[]> {
  const outcomes: string[] = []
  for (const token of tokens) outcomes.push(outcome(await callMCP(server, token)))
  return outcomes
}

/** A session that was refreshed once, with the answer to that. */
async function refreshedOnce(): Promise<{ tokens: TestTokens; answer: Answer }> {
  const tokens = await login(server)
  return { tokens, answer: await refresh(server, tokens.client, tokens.refresh_token) }
}

it.each(['none', 'client_secret_post'])('A091 rotates the refresh token of a client with method %s', async (method) => {
  const client = await newClient(server, { token_endpoint_auth_method: method })
  const tokens = await login(server, { client })
  const seen = [tokens.refresh_token]
  for (let round = 0; round < 3; round += 1) {
    const answer = await refresh(server, client, seen.at(-1) ?? '')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(outcome(await callMCP(server, accessTokenOf(answer)))).toBe('200')
    seen.push(refreshTokenOf(answer))
  }
  expect(new Set(seen).size).toBe(4)
})

it('A091 leaves older access tokens of the session alive until they expire', async () => {
  const { tokens, answer } = await refreshedOnce()
  expect(await callAll(tokens.access_token, accessTokenOf(answer))).toEqual(['200', '200'])
})

it('A092 A093 C3 ends the whole session when a refresh token is used again after the grace', async () => {
  const { tokens, answer } = await refreshedOnce()
  server.clock.advance(30)
  expect(outcome(await refresh(server, tokens.client, tokens.refresh_token))).toBe('400 invalid_grant')
  expect(outcome(await refresh(server, tokens.client, refreshTokenOf(answer)))).toBe('400 invalid_grant')
  const dead = '401 invalid_token'
  expect(await callAll(tokens.access_token, accessTokenOf(answer))).toEqual([dead, dead])
  expect(revocations()).toEqual(['refresh_token_reused'])
})

it('A093 C3 ends the session also when the oldest of many refresh tokens is used again', async () => {
  const { tokens, answer } = await refreshedOnce()
  const third = await refresh(server, tokens.client, refreshTokenOf(answer))
  const fourth = await refresh(server, tokens.client, refreshTokenOf(third))
  server.clock.advance(20 * day)
  expect(outcome(await refresh(server, tokens.client, tokens.refresh_token))).toBe('400 invalid_grant')
  expect(outcome(await refresh(server, tokens.client, refreshTokenOf(fourth)))).toBe('400 invalid_grant')
  expect(revocations()).toEqual(['refresh_token_reused'])
})

it('A093 C3 ends the session at once when a refresh token is used again after its successor was', async () => {
  const { tokens, answer } = await refreshedOnce()
  const third = await refresh(server, tokens.client, refreshTokenOf(answer))
  expect(third.status).toBe(200)
  expect(outcome(await refresh(server, tokens.client, tokens.refresh_token))).toBe('400 invalid_grant')
  expect(outcome(await refresh(server, tokens.client, refreshTokenOf(third)))).toBe('400 invalid_grant')
  expect(await callAll(accessTokenOf(third))).toEqual(['401 invalid_token'])
})

it('A093 C3 leaves the other sessions of the same user and client alone', async () => {
  const { tokens } = await refreshedOnce()
  const other = await login(server, { client: tokens.client })
  server.clock.advance(30)
  await refresh(server, tokens.client, tokens.refresh_token)
  expect(await callAll(other.access_token)).toEqual(['200'])
  expect((await refresh(server, tokens.client, other.refresh_token)).status).toBe(200)
})

it('A098 C3 repeats the answer to the byte while the grace lasts and the successor is unused', async () => {
  const { tokens, answer } = await refreshedOnce()
  server.clock.advance(29)
  const again = await refresh(server, tokens.client, tokens.refresh_token)
  expect([again.status, again.text]).toEqual([200, answer.text])
  expect((await refresh(server, tokens.client, refreshTokenOf(again))).status).toBe(200)
})

it('A098 C3 repeats the tokens of an answer whose signature is another one each time', async () => {
  const signer = await startTestServer({ signingKeys: [newForgeKey('ES256').privateJwk] })
  const tokens = await login(signer)
  const answers = [1, 2].map(async () => await refresh(signer, tokens.client, tokens.refresh_token))
  const [first, again] = (await Promise.all(answers)) as [Answer, Answer]
  expect(jwtPart(accessTokenOf(again), 'payload')).toEqual(jwtPart(accessTokenOf(first), 'payload'))
  const { access_token: _first, ...others } = first.json()
  expect(again.json()).toEqual({ ...others, access_token: accessTokenOf(again) })
  expect((await callMCP(signer, accessTokenOf(again))).status).toBe(200)
  expect((await refresh(signer, tokens.client, refreshTokenOf(again))).status).toBe(200)
  await signer.close()
})

it('A098 C3 does not prolong the grace with every retry', async () => {
  const { tokens } = await refreshedOnce()
  server.clock.advance(29)
  await refresh(server, tokens.client, tokens.refresh_token)
  server.clock.advance(1)
  expect(outcome(await refresh(server, tokens.client, tokens.refresh_token))).toBe('400 invalid_grant')
  expect(revocations()).toEqual(['refresh_token_reused'])
})

it.each([
  ['a narrower scope', 'identify', { scope: 'identify' }],
  ['a wider scope', 'email', { scope: 'identify guilds email' }],
])('C3 gives %s no part in the grace, and ends nothing', async (_case, _scope, over) => {
  const tokens = await login(server, { over: { scope: 'identify guilds' } })
  const answer = await refresh(server, tokens.client, tokens.refresh_token)
  const other = await refresh(server, tokens.client, tokens.refresh_token, over)
  expect(other.status).toBe(400)
  expect((await refresh(server, tokens.client, refreshTokenOf(answer))).status).toBe(200)
})

it('C3 repeats no answer to another client inside the grace, and ends nothing', async () => {
  const { tokens, answer } = await refreshedOnce()
  const stranger = await refresh(server, await newClient(server), tokens.refresh_token)
  expect(outcome(stranger)).toBe('400 invalid_grant')
  expect((await refresh(server, tokens.client, tokens.refresh_token)).text).toBe(answer.text)
})

it('C3 treats the second use as reuse at once where the grace is configured to 0', async () => {
  await server.close()
  server = await startTestServer({ lifetimes: { refreshGrace: 0 } })
  const { tokens, answer } = await refreshedOnce()
  expect(outcome(await refresh(server, tokens.client, tokens.refresh_token))).toBe('400 invalid_grant')
  expect(await callAll(accessTokenOf(answer))).toEqual(['401 invalid_token'])
})

it.each(['none', 'client_secret_post'])(
  'A094 C4 refuses a refresh token of another client with method %s, and nothing changes',
  async (method) => {
    const client = await newClient(server, { token_endpoint_auth_method: method })
    const stranger = await newClient(server, { token_endpoint_auth_method: method })
    const tokens = await login(server, { client })
    expect(outcome(await refresh(server, stranger, tokens.refresh_token))).toBe('400 invalid_grant')
    expect(await callAll(tokens.access_token)).toEqual(['200'])
    expect((await refresh(server, client, tokens.refresh_token)).status).toBe(200)
    expect(revocations()).toEqual([])
  },
)

it('A094 C4 lets no other client end a session by showing a refresh token that was rotated away', async () => {
  const { tokens, answer } = await refreshedOnce()
  server.clock.advance(31)
  const stranger = await refresh(server, await newClient(server), tokens.refresh_token)
  expect(outcome(stranger)).toBe('400 invalid_grant')
  expect(await callAll(accessTokenOf(answer))).toEqual(['200'])
  expect((await refresh(server, tokens.client, refreshTokenOf(answer))).status).toBe(200)
})

it.each(['identify guilds email', 'email', 'identify guilds admin', 'offline_access'])(
  'A092 C8 refuses to widen the scope to "%s", and the refresh token stays good',
  async (scope) => {
    const tokens = await login(server, { over: { scope: 'identify guilds' } })
    expect(outcome(await refresh(server, tokens.client, tokens.refresh_token, { scope }))).toBe('400 invalid_scope')
    expect((await refresh(server, tokens.client, tokens.refresh_token)).json()['scope']).toBe('identify guilds')
  },
)

it('A092 C8 narrows the scope of one access token and leaves the grant as it was', async () => {
  const tokens = await login(server, { over: { scope: 'identify guilds' } })
  const narrow = await refresh(server, tokens.client, tokens.refresh_token, { scope: 'identify' })
  expect(narrow.json()['scope']).toBe('identify')
  expect(jwtPart(accessTokenOf(narrow), 'payload')['scope']).toBe('identify')
  expect((await callMCP(server, accessTokenOf(narrow))).json()['scopes']).toEqual(['identify'])
  const whole = await refresh(server, tokens.client, refreshTokenOf(narrow))
  expect(whole.json()['scope']).toBe('identify guilds')
})

it('A092 refuses a scope with a character that is not allowed', async () => {
  const tokens = await login(server)
  const refused = await refresh(server, tokens.client, tokens.refresh_token, { scope: 'identify"' })
  expect(outcome(refused)).toBe('400 invalid_scope')
})

it('A091 lets a refresh token that is not used die after 30 days', async () => {
  const tokens = await login(server)
  const other = await login(server)
  server.clock.advance(30 * day - 1)
  expect((await refresh(server, tokens.client, tokens.refresh_token)).status).toBe(200)
  server.clock.advance(1)
  expect(outcome(await refresh(server, other.client, other.refresh_token))).toBe('400 invalid_grant')
})

it('A091 lets a refresh token that is used live on, but not beyond the end of the grant', async () => {
  await server.close()
  server = await startTestServer({ lifetimes: { accessToken: 60, refreshToken: 100, grant: 250 } })
  const tokens = await login(server)
  let token = tokens.refresh_token
  const lifetimes: unknown[] = []
  for (const pause of [90, 90, 50]) {
    server.clock.advance(pause)
    const answer = await refresh(server, tokens.client, token)
    lifetimes.push(answer.json()['expires_in'])
    token = refreshTokenOf(answer)
  }
  // After 230 of 250 seconds no access token may outlive the grant.
  expect(lifetimes).toEqual([60, 60, 20])
  server.clock.advance(20)
  expect(outcome(await refresh(server, tokens.client, token))).toBe('400 invalid_grant')
})

it.each<[string, (tokens: TestTokens) => string]>([
  ['an access token', ({ access_token }) => access_token],
  ['a code', ({ authorization }) => authorization.code],
  ['words', () => 'refresh-token'],
  ['a token with another signature', ({ refresh_token }) => refresh_token.replace(/[^.]{43}$/, 'A'.repeat(43))],
  ['a token with another secret', ({ refresh_token }) => refresh_token.replace(/\.[^.]{43}\./, `.${'A'.repeat(43)}.`)],
  ['a token without its end', ({ refresh_token }) => refresh_token.slice(0, -1)],
  ['a token with something behind it', ({ refresh_token }) => `${refresh_token}A`],
])('A092 refuses %s where a refresh token belongs, and the session goes on', async (_case, forge) => {
  const tokens = await login(server)
  expect(outcome(await refresh(server, tokens.client, forge(tokens)))).toBe('400 invalid_grant')
  expect(await callAll(tokens.access_token)).toEqual(['200'])
  expect((await refresh(server, tokens.client, tokens.refresh_token)).status).toBe(200)
})

it('A092 refuses a refresh token where a code or an access token belongs', async () => {
  const tokens = await login(server)
  const parameters = {
    grant_type: 'authorization_code',
    code: tokens.refresh_token,
    code_verifier: tokens.authorization.verifier,
  }
  expect(outcome(await tokenRequest(server, tokens.client, parameters))).toBe('400 invalid_grant')
  expect(await callAll(tokens.refresh_token, tokens.authorization.code)).toEqual([
    '401 invalid_token',
    '401 invalid_token',
  ])
})

it('A092 refuses the refresh token of a code that was never redeemed', async () => {
  const { code, client } = await authorize(server)
  const forged = `${code}.${'A'.repeat(43)}`
  expect(outcome(await refresh(server, client, forged))).toBe('400 invalid_grant')
})
