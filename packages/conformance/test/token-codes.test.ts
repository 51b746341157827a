import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { outcome } from './support/answers.ts'
import { authorize, callMCP, newClient, newPKCE, redeem, redirectURI, refresh } from './support/client.ts'
import { startTestServer, type TestServer } from './support/server.ts'

let server: TestServer
beforeEach(async () => {
  server = await startTestServer()
})
afterEach(async () => await server.close())

const revocations = (): string[] =>
  server.events.flatMap((event) => (event.type === 'grant.revoked' ? [event.reason] : []))

it.each([
  ['no code_verifier', undefined, '400 invalid_request'],
  ['an empty code_verifier', '', '400 invalid_request'],
  ['a code_verifier of 42 characters', 'a'.repeat(42), '400 invalid_grant'],
  ['a code_verifier of 129 characters', 'a'.repeat(129), '400 invalid_grant'],
  ['a code_verifier with a character that is not allowed', `${'a'.repeat(42)}+`, '400 invalid_grant'],
  ['a code_verifier outside ASCII', `${'a'.repeat(42)}é`, '400 invalid_grant'],
  ['the verifier of another flow', newPKCE().verifier, '400 invalid_grant'],
])('A022 refuses a code with %s', async (_case, verifier, refused) => {
  const authorization = await authorize(server)
  expect(outcome(await redeem(server, authorization, { code_verifier: verifier }))).toBe(refused)
})

it('A022 refuses the code_challenge in place of the verifier', async () => {
  const { challenge } = newPKCE()
  const authorization = await authorize(server, { over: { code_challenge: challenge } })
  expect(outcome(await redeem(server, { ...authorization, verifier: challenge }))).toBe('400 invalid_grant')
})

it.each([
  ['43', 'v'.repeat(43)],
  ['128', '-._~'.repeat(32)],
])('A022 accepts a code_verifier of %s characters', async (_length, verifier) => {
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const authorization = await authorize(server, { over: { code_challenge: challenge } })
  expect((await redeem(server, { ...authorization, verifier })).status).toBe(200)
})

it('A022 burns the code of a client that sent a wrong verifier', async () => {
  const authorization = await authorize(server)
  await redeem(server, authorization, { code_verifier: newPKCE().verifier })
  expect(outcome(await redeem(server, authorization))).toBe('400 invalid_grant')
  expect(revocations()).toEqual(['code_verifier_mismatch'])
})

it('A022 C4 lets no other client burn a code with a wrong verifier', async () => {
  const authorization = await authorize(server)
  const stranger = { ...authorization, client: await newClient(server) }
  const wrong = await redeem(server, stranger, { code_verifier: newPKCE().verifier })
  expect(outcome(wrong)).toBe('400 invalid_grant')
  expect((await redeem(server, authorization)).status).toBe(200)
  expect(revocations()).toEqual([])
})

it('A023 redeems a code once', async () => {
  const authorization = await authorize(server)
  const outcomes: string[] = []
  for (let attempt = 0; attempt < 3; attempt += 1) outcomes.push(outcome(await redeem(server, authorization)))
  expect(outcomes).toEqual(['200', '400 invalid_grant', '400 invalid_grant'])
})

it('A105 C4 refuses a code of another client, and nothing changes for its owner', async () => {
  const authorization = await authorize(server)
  const stranger = { ...authorization, client: await newClient(server) }
  expect(outcome(await redeem(server, stranger))).toBe('400 invalid_grant')
  const own = await redeem(server, authorization)
  expect(own.status).toBe(200)
  expect((await callMCP(server, String(own.json()['access_token']))).status).toBe(200)
})

it('A105 C4 refuses a code of another confidential client, and nothing changes for its owner', async () => {
  const confidential = { token_endpoint_auth_method: 'client_secret_post' }
  const authorization = await authorize(server, { client: await newClient(server, confidential) })
  const stranger = { ...authorization, client: await newClient(server, confidential) }
  expect(outcome(await redeem(server, stranger))).toBe('400 invalid_grant')
  expect((await redeem(server, authorization)).status).toBe(200)
})

it.each([
  ['another registered one', 'https://client.example/callback'],
  ['one that was never registered', 'https://evil.example/callback'],
  ['another port of the same loopback address', redirectURI.replace('32767', '40001')],
  ['one with a slash more', `${redirectURI}/`],
])('A106 C6 refuses a redirect_uri that is %s, and the code stays good', async (_case, uri) => {
  const client = await newClient(server, { redirect_uris: [redirectURI, 'https://client.example/callback'] })
  const authorization = await authorize(server, { client })
  expect(outcome(await redeem(server, authorization, { redirect_uri: uri }))).toBe('400 invalid_grant')
  expect((await redeem(server, authorization)).status).toBe(200)
  expect(revocations()).toEqual([])
})

it('A106 C6 compares with the port that was used, not with the registered one', async () => {
  const used = redirectURI.replace('32767', '40001')
  const authorization = await authorize(server, { over: { redirect_uri: used } })
  expect(outcome(await redeem(server, authorization, { redirect_uri: redirectURI }))).toBe('400 invalid_grant')
  expect((await redeem(server, authorization, { redirect_uri: used })).status).toBe(200)
})

it('A106 redeems a code without a redirect_uri, as OAuth 2.1 clients do', async () => {
  const authorization = await authorize(server)
  expect((await redeem(server, authorization, { redirect_uri: undefined })).status).toBe(200)
})

it.each([
  ['default of 60 seconds', 60, {}],
  ['configured lifetime', 600, { code: 600 }],
  ['end of a grant that is shorter than its code', 20, { grant: 20 }],
])('A107 lets a code die at the %s', async (_case, seconds, lifetimes) => {
  await server.close()
  server = await startTestServer({ lifetimes })
  const [early, late] = [await authorize(server), await authorize(server)]
  server.clock.advance(seconds - 1)
  const inTime = await redeem(server, early)
  expect([inTime.status, Number(inTime.json()['expires_in']) > 0]).toEqual([200, true])
  server.clock.advance(1)
  expect(outcome(await redeem(server, late))).toBe('400 invalid_grant')
})

it('A108 kills the access token and the refresh token of a code that is replayed', async () => {
  const authorization = await authorize(server)
  const tokens = (await redeem(server, authorization)).json()
  expect((await callMCP(server, String(tokens['access_token']))).status).toBe(200)
  expect(outcome(await redeem(server, authorization))).toBe('400 invalid_grant')
  expect(outcome(await callMCP(server, String(tokens['access_token'])))).toBe('401 invalid_token')
  const refreshed = await refresh(server, authorization.client, String(tokens['refresh_token']))
  expect(outcome(refreshed)).toBe('400 invalid_grant')
  expect(revocations()).toEqual(['code_replayed'])
})

it('A108 kills also what was refreshed since, when a code is replayed', async () => {
  const authorization = await authorize(server)
  const tokens = (await redeem(server, authorization)).json()
  const refreshed = (await refresh(server, authorization.client, String(tokens['refresh_token']))).json()
  await redeem(server, authorization)
  expect(outcome(await callMCP(server, String(refreshed['access_token'])))).toBe('401 invalid_token')
  const again = await refresh(server, authorization.client, String(refreshed['refresh_token']))
  expect(outcome(again)).toBe('400 invalid_grant')
})

it('A108 C4 lets no other client end a session by replaying its code', async () => {
  const authorization = await authorize(server)
  const tokens = (await redeem(server, authorization)).json()
  const stranger = { ...authorization, client: await newClient(server) }
  expect(outcome(await redeem(server, stranger))).toBe('400 invalid_grant')
  expect((await callMCP(server, String(tokens['access_token']))).status).toBe(200)
  expect((await refresh(server, authorization.client, String(tokens['refresh_token']))).status).toBe(200)
})

it.each([
  ['nothing a server would issue', () => 'code'],
  ['the grant of a code with another secret', (code: string) => `${code.split('.')[0]}.${'A'.repeat(43)}`],
  ['a code with something behind it', (code: string) => `${code}A`],
  ['a code without its end', (code: string) => code.slice(0, -1)],
])('A023 refuses %s, and the code stays good', async (_case, alter) => {
  const authorization = await authorize(server)
  const altered = { ...authorization, code: alter(authorization.code) }
  expect(outcome(await redeem(server, altered))).toBe('400 invalid_grant')
  expect((await redeem(server, authorization)).status).toBe(200)
})
