import { randomBytes } from 'node:crypto'
import type { Store } from '@mcp-auth/express'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { jwtPart, outcome } from './support/answers.ts'
import { send } from './support/browser.ts'
import { authorize, callMCP, login, newClient, redeem, refresh } from './support/client.ts'
import { revoke } from './support/revocation.ts'
import { startTestServer, type TestServer, testSecret } from './support/server.ts'
import { discordTool } from './support/tool.ts'
import { startTwin } from './support/twin.ts'

const newSecret = randomBytes(32).toString('hex')

/** Before the rotation; with both secrets, the new one first; and when the old one is gone. */
let before: TestServer
let during: TestServer
let afterwards: TestServer
beforeEach(async () => {
  let store: Store | undefined
  before = await startTestServer({ mcp: discordTool, wrapStore: (inner) => (store = inner) })
  const shared = { mcp: discordTool, store: store as Store }
  during = await startTwin(before, { ...shared, secret: [newSecret, testSecret] })
  afterwards = await startTwin(before, { ...shared, secret: newSecret })
})
afterEach(async () => {
  await during.close()
  await afterwards.close()
  await before.close()
})

const confidential = { token_endpoint_auth_method: 'client_secret_post' }

it('C10 keeps an access token valid while both secrets are in the ring, and signs with the new one', async () => {
  const tokens = await login(before)
  expect((await callMCP(during, tokens.access_token)).json()).toMatchObject({ status: 200, username: 'nelly' })
  const renewed = String((await refresh(during, tokens.client, tokens.refresh_token)).json()['access_token'])
  const kids = [tokens.access_token, renewed].map((token) => jwtPart(token, 'header')['kid'])
  expect(kids[0]).not.toBe(kids[1])
  const { keys } = (await send(`${during.origin}/jwks`)).json() as { keys: { kid: string }[] }
  expect(keys.map(({ kid }) => kid)).toEqual([kids[1], kids[0]])
  expect((await callMCP(afterwards, renewed)).status).toBe(200)
})

it('C5 keeps a refresh token valid while both secrets are in the ring, and moves the session to the new one', async () => {
  const tokens = await login(before)
  const first = await refresh(during, tokens.client, tokens.refresh_token)
  expect(first.status).toBe(200)
  // The client's id stays under the secret it was made with; the grant does not.
  expect((await callMCP(afterwards, String(first.json()['access_token']))).status).toBe(200)
})

it('C3 knows a reused refresh token of the old secret, and repeats its answer inside the grace', async () => {
  const tokens = await login(before)
  const first = await refresh(during, tokens.client, tokens.refresh_token)
  const again = await refresh(during, tokens.client, tokens.refresh_token)
  expect(again.text).toBe(first.text)
  during.clock.advance(31)
  expect(outcome(await refresh(during, tokens.client, tokens.refresh_token))).toBe('400 invalid_grant')
  expect(outcome(await callMCP(during, String(first.json()['access_token'])))).toBe('401 invalid_token')
})

it.each(['none', 'client_secret_post'])('C5 keeps a code valid of a client with method %s', async (method) => {
  const client = await newClient(before, { token_endpoint_auth_method: method })
  const authorization = await authorize(before, { client })
  const answer = await redeem(during, authorization)
  expect(answer.status).toBe(200)
  expect((await callMCP(afterwards, String(answer.json()['access_token']))).status).toBe(200)
})

it('C5 keeps the id and the secret of a client valid', async () => {
  const client = await newClient(before, confidential)
  const tokens = await login(before, { client })
  const wrong = { ...client, client_secret: 'x'.repeat(43) }
  expect(outcome(await refresh(during, wrong, tokens.refresh_token))).toBe('401 invalid_client')
  expect((await refresh(during, client, tokens.refresh_token)).status).toBe(200)
})

it('C5 renews the tokens at Discord of a session under the old secret', async () => {
  before.discord.settings.expiresIn = 1000
  const tokens = await login(before)
  before.clock.advance(1000)
  expect((await callMCP(during, tokens.access_token)).json()).toMatchObject({ status: 200 })
  expect(before.discord.requestsTo('refresh')).toHaveLength(1)
})

it('A119 revokes tokens of the old secret', async () => {
  const tokens = await login(before)
  const other = await login(before)
  await revoke(during, tokens.client, tokens.refresh_token)
  await revoke(during, other.client, other.access_token)
  const calls = [await callMCP(during, tokens.access_token), await callMCP(before, other.access_token)]
  expect(calls.map(outcome)).toEqual(['401 invalid_token', '401 invalid_token'])
})

it('C5 registers new clients under the new secret only', async () => {
  const { client_id } = await newClient(during)
  const attempts = [before, during, afterwards].map(async (at) => outcome(await refresh(at, { client_id }, 'none')))
  expect(await Promise.all(attempts)).toEqual(['401 invalid_client', '400 invalid_grant', '400 invalid_grant'])
})

it('C5 accepts nothing of a secret that has left the ring', async () => {
  const client = await newClient(before, confidential)
  const tokens = await login(before, { client })
  const authorization = await authorize(before, { client })
  expect(outcome(await callMCP(afterwards, tokens.access_token))).toBe('401 invalid_token')
  expect(outcome(await refresh(afterwards, client, tokens.refresh_token))).toBe('401 invalid_client')
  expect(outcome(await redeem(afterwards, authorization))).toBe('401 invalid_client')
  const { client_id } = await newClient(afterwards)
  expect(outcome(await refresh(afterwards, { client_id }, tokens.refresh_token))).toBe('400 invalid_grant')
  // Nothing was harmed by asking.
  expect((await refresh(before, client, tokens.refresh_token)).status).toBe(200)
})
