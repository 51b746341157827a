import { fakeUsers } from '@mcp-auth/provider-discord/mocks'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { holdDeadlines } from '../../testing/src/support/deadlines.ts'
import { outcome } from './support/answers.ts'
import { send } from './support/browser.ts'
import { authorize, callMCP, encode, login, newClient, redeem, refresh, type TestTokens } from './support/client.ts'
import { revoke } from './support/revocation.ts'
import { startTestServer, type TestServer } from './support/server.ts'
import { discordTool } from './support/tool.ts'

let server: TestServer
beforeEach(async () => {
  server = await startTestServer({ mcp: discordTool })
})
afterEach(async () => await server.close())

const revocations = (): string[] =>
  server.events.flatMap((event) => (event.type === 'grant.revoked' ? [event.reason] : []))

/** What is left of a session: the gate's and the token endpoint's word. Using the refresh token comes last. */
async function state(tokens: TestTokens): Promise<string[]> {
  const call = outcome(await callMCP(server, tokens.access_token))
  return [call, outcome(await refresh(server, tokens.client, tokens.refresh_token))]
}

const alive = ['200', '200']
const dead = ['401 invalid_token', '400 invalid_grant']

it.each([
  ['refresh token', ({ refresh_token }: TestTokens) => refresh_token],
  ['access token', ({ access_token }: TestTokens) => access_token],
])('A119 ends the whole session with its %s', async (_kind, tokenOf) => {
  const tokens = await login(server)
  const revoked = await revoke(server, tokens.client, tokenOf(tokens))
  expect(revoked.status).toBe(200)
  expect(revoked.headers.get('cache-control')).toBe('no-store')
  expect(await state(tokens)).toEqual(dead)
  expect(revocations()).toEqual(['client_request'])
})

it.each(['refresh_token', 'access_token', 'id_token', ''])('A119 minds no token_type_hint "%s"', async (hint) => {
  const tokens = await login(server)
  const other = await login(server)
  await revoke(server, tokens.client, tokens.access_token, { token_type_hint: hint })
  await revoke(server, other.client, other.refresh_token, { token_type_hint: hint })
  expect(await state(tokens)).toEqual(dead)
  expect(await state(other)).toEqual(dead)
})

it('A119 ends the session with a refresh token that was rotated away', async () => {
  const tokens = await login(server)
  const next = (await refresh(server, tokens.client, tokens.refresh_token)).json()
  expect((await revoke(server, tokens.client, tokens.refresh_token)).status).toBe(200)
  expect(outcome(await callMCP(server, String(next['access_token'])))).toBe('401 invalid_token')
  expect(outcome(await refresh(server, tokens.client, String(next['refresh_token'])))).toBe('400 invalid_grant')
})

it('A119 answers 200 as well when the session is over already', async () => {
  const tokens = await login(server)
  const answers = [
    await revoke(server, tokens.client, tokens.refresh_token),
    await revoke(server, tokens.client, tokens.refresh_token),
    await revoke(server, tokens.client, tokens.access_token),
  ]
  expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(['200 {}', '200 {}', '200 {}'])
  expect(revocations()).toEqual(['client_request'])
})

it.each<[string, (tokens: TestTokens) => string]>([
  ['words', () => 'no-token'],
  ['a forged refresh token', ({ refresh_token }) => refresh_token.replace(/[^.]{43}$/, 'A'.repeat(43))],
  ['a forged access token', ({ access_token }) => access_token.replace(/[^.]{86}$/, 'A'.repeat(86))],
  ['a spent code', ({ authorization }) => authorization.code],
  ['a token of Discord', () => server.discord.secrets.at(-1) ?? ''],
])('A119 answers 200 to %s, and nothing happens', async (_case, tokenOf) => {
  const tokens = await login(server)
  const answer = await revoke(server, tokens.client, tokenOf(tokens))
  expect([answer.status, answer.text]).toEqual([200, '{}'])
  expect(await state(tokens)).toEqual(alive)
})

it('A119 answers 200 to an access token that has expired, and nothing happens', async () => {
  const tokens = await login(server)
  server.clock.advance(3600)
  expect((await revoke(server, tokens.client, tokens.access_token)).status).toBe(200)
  expect((await refresh(server, tokens.client, tokens.refresh_token)).status).toBe(200)
})

it.each(['none', 'client_secret_post'])(
  'A119 C4 lets a client with method %s revoke no token of another',
  async (method) => {
    const metadata = { token_endpoint_auth_method: method }
    const tokens = await login(server, { client: await newClient(server, metadata) })
    const stranger = await newClient(server, metadata)
    const answers = [
      await revoke(server, stranger, tokens.refresh_token),
      await revoke(server, stranger, tokens.access_token),
    ]
    expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(['200 {}', '200 {}'])
    expect(await state(tokens)).toEqual(alive)
    expect(revocations()).toEqual([])
    expect(server.discord.requestsTo('revoke')).toEqual([])
  },
)

it.each([
  ['no secret', { client_secret: undefined }, '401 invalid_client'],
  ['a wrong secret', { client_secret: 'x'.repeat(43) }, '401 invalid_client'],
  ['another id', { client_id: 'nobody', client_secret: undefined }, '401 invalid_client'],
  ['no id', { client_id: undefined, client_secret: undefined }, '400 invalid_request'],
])('A119 C4 refuses a confidential client with %s, and nothing happens', async (_case, over, refused) => {
  const client = await newClient(server, { token_endpoint_auth_method: 'client_secret_post' })
  const tokens = await login(server, { client })
  expect(outcome(await revoke(server, client, tokens.refresh_token, over))).toBe(refused)
  expect(await state(tokens)).toEqual(alive)
})

it('A119 takes Basic credentials, and challenges wrong ones', async () => {
  const client = await newClient(server, { token_endpoint_auth_method: 'client_secret_basic' })
  const tokens = await login(server, { client })
  const basic = (secret: string): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(`${client.client_id}:${secret}`).toString('base64')}`,
  })
  const over = { client_id: undefined, client_secret: undefined }
  const refused = await revoke(server, client, tokens.refresh_token, over, basic('wrong'))
  expect(outcome(refused)).toBe('401 invalid_client')
  expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /)
  const revoked = await revoke(server, client, tokens.refresh_token, over, basic(String(client.client_secret)))
  expect(revoked.status).toBe(200)
  expect(await state(tokens)).toEqual(dead)
})

it.each([
  ['no token', { token: undefined }],
  ['an empty token', { token: '' }],
  ['a token twice', { token: ['a', 'b'] }],
])('A119 refuses a request with %s', async (_case, over) => {
  expect(outcome(await revoke(server, await newClient(server), 'token', over))).toBe('400 invalid_request')
})

it('A119 takes revocations by POST of a form only', async () => {
  const tokens = await login(server)
  const url = String(server.auth.metadata.authorizationServer.revocation_endpoint)
  const query = encode({ client_id: tokens.client.client_id, token: tokens.refresh_token })
  const answer = await send(`${url}?${query}`)
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  const json = await send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: tokens.client.client_id, token: tokens.refresh_token }),
  })
  expect(outcome(json)).toBe('400 invalid_request')
  expect(await state(tokens)).toEqual(alive)
})

it('A119 leaves the user’s other sessions alone, also at Discord, where one revocation would end them all', async () => {
  const tokens = await login(server)
  const other = await login(server)
  await revoke(server, tokens.client, tokens.refresh_token)
  expect(server.discord.requestsTo('revoke')).toEqual([])
  expect((await callMCP(server, other.access_token)).json()).toMatchObject({ status: 200 })
  expect(await state(other)).toEqual(alive)
})

it('A119 A016 ends the tokens at Discord together with the user’s last session, and shows only Discord’s own', async () => {
  const sessions = [await login(server), await login(server)]
  server.discord.settings.user = fakeUsers.wumpus.id
  const somebody = await login(server)
  for (const { client, refresh_token } of sessions) await revoke(server, client, refresh_token)
  const sent = server.discord.requestsTo('revoke').map(({ form }) => form['token'])
  expect(sent).toHaveLength(1)
  expect(server.discord.secrets).toContain(sent[0])
  expect((await callMCP(server, somebody.access_token)).json()).toMatchObject({ status: 200 })
})

it('A119 counts a sign-in whose code is not redeemed yet as a session of the user', async () => {
  const tokens = await login(server)
  const pending = await authorize(server)
  await revoke(server, tokens.client, tokens.refresh_token)
  const redeemed = await redeem(server, pending)
  expect(redeemed.status).toBe(200)
  expect((await callMCP(server, String(redeemed.json()['access_token']))).json()).toMatchObject({ status: 200 })
})

it.each(['500', '429', 'hang', 'html', '401'] as const)(
  'A119 revokes on our side whatever Discord says to it: %s',
  async (fault) => {
    await server.close()
    const deadlines = holdDeadlines()
    server = await startTestServer({ mcp: discordTool, upstreamTimeoutSeconds: 7 })
    const tokens = await login(server)
    server.discord.fail('revoke', fault)
    if (fault === 'hang') deadlines.endWhenAsked(server.discord, 'revoke')
    const answer = await revoke(server, tokens.client, tokens.refresh_token)
    expect([answer.status, answer.text]).toEqual([200, '{}'])
    expect(server.discord.requestsTo('revoke')).toHaveLength(1)
    expect(new Set(deadlines.limits)).toEqual(new Set([7000]))
    expect(await state(tokens)).toEqual(dead)
  },
)

it('A119 revokes a whole session even while 20 refreshes of it are under way', async () => {
  const tokens = await login(server)
  const refreshes = Array.from({ length: 20 }, () => refresh(server, tokens.client, tokens.refresh_token))
  const [revoked, ...answers] = await Promise.all([revoke(server, tokens.client, tokens.refresh_token), ...refreshes])
  expect(revoked.status).toBe(200)
  const issued = answers.filter(({ status }) => status === 200).map((answer) => String(answer.json()['access_token']))
  const outcomes = [tokens.access_token, ...issued].map(async (token) => outcome(await callMCP(server, token)))
  expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['401 invalid_token']))
})
