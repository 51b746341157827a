import { describe, expect, it } from 'vitest'
import { outage, tryLater } from './support/answers.ts'
import { callMCP } from './support/client.ts'
import { createClock } from './support/clock.ts'
import { newForgeKey } from './support/forge.ts'
import { accepted, judgeToken, refused } from './support/gate.ts'
import { createTestIdP, type RemoteServer, startRemote } from './support/remote.ts'

const tokens = (server: RemoteServer, count: number): string[] =>
  Array.from({ length: count }, (_, index) => server.mint({ payload: { jti: `token ${index}` } }))

it('A063 asks for the keys once, however many tokens come, at the same time or later', async () => {
  const server = await startRemote()
  const verdicts = await Promise.all(tokens(server, 20).map(async (token) => await judgeToken(server, token)))
  expect(new Set(verdicts.map(({ outcome }) => outcome))).toEqual(new Set(['200']))
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  expect(server.idp.requests.filter((url) => url === server.idp.jwksURI)).toHaveLength(1)
  expect(server.idp.requests.filter((url) => url.includes('.well-known'))).toHaveLength(1)
})

it('A063 takes a token of a new key without a restart, by one request for the keys', async () => {
  const server = await startRemote()
  const former = server.mint()
  expect(await judgeToken(server, former)).toEqual(accepted)
  server.idp.rotate(true)
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  expect(await judgeToken(server, former)).toEqual(accepted)
  expect(server.idp.keyRequests()).toBe(2)
})

it('A063 takes every token of a new key that comes while the keys are asked for', async () => {
  const server = await startRemote()
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  server.idp.rotate()
  const verdicts = await Promise.all(tokens(server, 20).map(async (token) => await judgeToken(server, token)))
  expect(new Set(verdicts.map(({ outcome }) => outcome))).toEqual(new Set(['200']))
  expect(server.idp.keyRequests()).toBe(2)
})

it('A063 C10 refuses a remembered token as soon as its key is seen to be gone', async () => {
  const server = await startRemote()
  const former = server.mint()
  expect(await judgeToken(server, former)).toEqual(accepted)
  server.idp.rotate()
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  expect(await judgeToken(server, former)).toEqual(refused)
})

it('A063 C10 refuses a remembered token that names no key as soon as the one that signed it is gone', async () => {
  const server = await startRemote()
  const former = server.mint({ header: { kid: undefined } })
  expect(await judgeToken(server, former)).toEqual(accepted)
  expect(await judgeToken(server, former)).toEqual(accepted)
  server.idp.rotate()
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  expect(await judgeToken(server, former)).toEqual(refused)
})

it('A063 C10 refuses a remembered token as soon as its key is seen to be replaced under the same name', async () => {
  const server = await startRemote()
  const former = server.mint()
  expect(await judgeToken(server, former)).toEqual(accepted)
  server.idp.rotate(false, server.idp.key.kid)
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  expect(await judgeToken(server, former)).toEqual(refused)
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
})

it('A063 sees within the time the provider says that a key is gone, although no token of a new one came', async () => {
  const server = await startRemote()
  server.idp.headers['cache-control'] = 'max-age=120'
  const token = server.mint({ payload: { exp: server.clock.now() + 86_400 } })
  expect(await judgeToken(server, token)).toEqual(accepted)
  server.idp.rotate()
  server.clock.advance(119)
  expect(await judgeToken(server, token)).toEqual(accepted)
  server.clock.advance(1)
  expect(await judgeToken(server, token)).toEqual(refused)
})

it('A063 asks at most once in ten seconds for the keys that strangers invent, and counts', async () => {
  const server = await startRemote()
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  const stranger = newForgeKey()
  const flood = async (): Promise<void> => {
    const invented = Array.from({ length: 20 }, () => server.mint({ header: { kid: crypto.randomUUID() } }, stranger))
    const verdicts = await Promise.all(invented.map(async (token) => await judgeToken(server, token)))
    expect(new Set(verdicts.map(({ outcome }) => outcome))).toEqual(new Set(['401 invalid_token']))
  }
  await flood()
  await flood()
  expect(server.idp.keyRequests()).toBe(2)
  server.clock.advance(9.9)
  await flood()
  expect(server.idp.keyRequests()).toBe(2)
  server.clock.advance(0.1)
  await flood()
  expect(server.idp.keyRequests()).toBe(3)
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
})

it('A063 counts forgeries under a known kid like inventions: no request for each', async () => {
  const server = await startRemote()
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  const stranger = newForgeKey()
  for (let count = 0; count < 10; count += 1) {
    expect(await judgeToken(server, server.mint({ payload: { jti: String(count) } }, stranger))).toEqual(refused)
  }
  expect(server.idp.keyRequests()).toBeLessThanOrEqual(2)
})

it('A063 takes a new key ten seconds after strangers used up the request, at the latest', async () => {
  const server = await startRemote()
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  await judgeToken(server, server.mint({ header: { kid: 'invented' } }, newForgeKey()))
  server.idp.rotate()
  server.clock.advance(10)
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  expect(server.idp.keyRequests()).toBe(3)
})

it('A014 A063 D9 does not call a token bad whose key cannot be looked up now', async () => {
  const server = await startRemote()
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  server.idp.rotate(true)
  server.idp.fail('keys', '503')
  const token = server.mint()
  for (let call = 0; call < 3; call += 1) {
    expect(tryLater(await callMCP(server, token))).toEqual(outage)
    server.clock.advance(1)
  }
  server.idp.recover()
  server.clock.advance(10)
  expect(await judgeToken(server, token)).toEqual(accepted)
})

describe('A063 D2 keeps to what is a set of public keys:', () => {
  const publish = async (keys: (server: RemoteServer) => unknown): Promise<RemoteServer> => {
    const clock = createClock()
    const idp = createTestIdP(clock)
    const server: RemoteServer = await startRemote({
      clock,
      idp,
      fetch: async (url, init) => (url === idp.jwksURI ? Response.json(keys(server)) : await idp.fetch(url, init)),
    })
    return server
  }
  const publicKey = (server: RemoteServer): Record<string, unknown> => {
    const { publicJwk, kid } = server.idp.key
    return { ...publicJwk, kid, alg: 'EdDSA', use: 'sig' }
  }

  it('leaves out keys for encryption and of kinds it does not know', async () => {
    const server = await publish((one) => ({ keys: [{ kty: 'AKP', kid: 'x' }, publicKey(one)] }))
    expect(await judgeToken(server, server.mint())).toEqual(accepted)
  })

  it('does not verify with a key for encryption', async () => {
    const server = await publish((one) => ({ keys: [{ ...publicKey(one), use: 'enc' }] }))
    expect(tryLater(await callMCP(server, server.mint()))).toEqual(outage)
  })

  it.each<[string, Record<string, unknown>]>([
    ['a private key', { d: 'AAAA' }],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }],
  ])('believes no set with %s in it', async (_case, members) => {
    const server = await publish((one) => ({ keys: [publicKey(one), { ...publicKey(one), kid: 'other', ...members }] }))
    expect(tryLater(await callMCP(server, server.mint()))).toEqual(outage)
  })
})
