import { ConfigurationError } from '@mcp-auth/express'
import { describe, expect, it, onTestFinished } from 'vitest'
import { holdDeadlines } from '../../testing/src/support/deadlines.ts'
import { outage, outcome, tryLater, visible } from './support/answers.ts'
import { send } from './support/browser.ts'
import { startCanary } from './support/canary.ts'
import { callMCP } from './support/client.ts'
import { createClock } from './support/clock.ts'
import { tamper } from './support/forge.ts'
import { accepted, judgeToken, refused } from './support/gate.ts'
import { listen } from './support/listen.ts'
import { createTestIdP, elsewhere, type Fault, type RemoteServer, startRemote } from './support/remote.ts'

/** Nothing of an inside: no frame of a stack, no file, no address, no word of the provider. */
const inside = /\bat .+:\d+:\d+|node_modules|\.[tj]s\b|Error|ECONN|10\.0\.0\.7|Maintenance|oops/

const faults: readonly Fault[] = ['404', '429', '500', '503', 'html', 'garbage', 'empty', 'redirect', 'refused', 'hang']

/** The answer of an outage: come back soon, and nothing more. */
async function expectOutage(server: RemoteServer): Promise<void> {
  const before = server.calls.length
  const answer = await callMCP(server, server.mint())
  expect(tryLater(answer)).toEqual(outage)
  expect(answer.json()).toEqual({
    error: 'temporarily_unavailable',
    error_description: 'The identity provider is not reachable',
  })
  expect(visible(answer)).not.toMatch(inside)
  expect(server.calls).toHaveLength(before)
}

describe.each(['keys', 'metadata'] as const)('A014 D9 while the %s cannot be had', (what) => {
  it.each(faults)('answers 503 without a challenge or a stack, and works again by itself: %s', async (fault) => {
    const deadlines = holdDeadlines()
    const server = await startRemote()
    server.idp.fail(what, fault, deadlines.endSoon)
    for (let call = 0; call < 3; call += 1) {
      await expectOutage(server)
      server.clock.advance(1)
    }
    expect(server.idp.requests).not.toContain(elsewhere)
    server.idp.recover()
    server.clock.advance(10)
    expect(await judgeToken(server, server.mint())).toEqual(accepted)
    expect(new Set(deadlines.limits)).toEqual(new Set([5000]))
  })
})

it('A014 D9 answers at once while it waits with asking again, and does not hammer a provider that is down', async () => {
  const server = await startRemote()
  server.idp.fail('keys', '503')
  const start = performance.now()
  for (let call = 0; call < 20; call += 1) await expectOutage(server)
  // Twenty pauses would be forty seconds.
  expect(performance.now() - start).toBeLessThan(15_000)
  expect(server.idp.keyRequests()).toBe(1)
  server.clock.advance(2)
  await expectOutage(server)
  expect(server.idp.keyRequests()).toBe(2)
})

it('A014 asks a hanging provider once for all who wait at the same time', async () => {
  const deadlines = holdDeadlines()
  const server = await startRemote()
  server.idp.fail('keys', 'hang', deadlines.endSoon)
  await Promise.all(Array.from({ length: 10 }, async () => await expectOutage(server)))
  expect(server.idp.keyRequests()).toBe(1)
})

it.each(faults)('D9 goes on with the keys it has while they cannot be had anew, for a day: %s', async (fault) => {
  const deadlines = holdDeadlines()
  const server = await startRemote()
  const mint = (): string => server.mint()
  expect(await judgeToken(server, mint())).toEqual(accepted)
  server.idp.fail('*', fault, deadlines.endSoon)
  server.clock.advance(3600)
  expect(await judgeToken(server, mint())).toEqual(accepted)
  server.clock.advance(3600 * 22)
  expect(await judgeToken(server, mint())).toEqual(accepted)
  server.clock.advance(86_400 * 2)
  await expectOutage(server)
})

it('A014 decides about tokens that no key could make good while the provider is down', async () => {
  const server = await startRemote()
  server.idp.fail('*', 'refused')
  const hopeless = [
    'garbage',
    tamper(server.mint(), { header: { alg: 'none' }, signature: 'AAAA' }),
    server.mint({ payload: { aud: 'https://other.example/mcp' } }),
    server.mint({ payload: { iss: 'https://other.example' } }),
    server.mint({ payload: { exp: 1 } }),
  ]
  for (const token of hopeless) expect(await judgeToken(server, token)).toEqual(refused)
  expect((await callMCP(server)).status).toBe(401)
  expect(server.idp.requests).toEqual([])
})

it('A014 D9 starts while the provider is down, serves what does not need it, and works when it is there', async () => {
  const clock = createClock()
  const idp = createTestIdP(clock)
  idp.fail('*', 'refused')
  const server = await startRemote({ clock, idp })
  await server.auth.checkProvider()
  expect((await callMCP(server)).headers.get('www-authenticate')).toContain('resource_metadata=')
  const document = await send(`${server.origin}/.well-known/oauth-protected-resource/mcp`)
  expect([document.status, document.json()['authorization_servers']]).toEqual([200, [idp.issuer]])
  await expectOutage(server)
  idp.recover()
  clock.advance(10)
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
  await server.auth.checkProvider()
})

it.each(faults)(
  'A014 answers 503 for the forwarded metadata while there are none, and then has them: %s',
  async (fault) => {
    const deadlines = holdDeadlines()
    const server = await startRemote()
    server.idp.fail('metadata', fault, deadlines.endSoon)
    const url = `${server.origin}/.well-known/oauth-authorization-server`
    const answer = await send(url)
    expect(tryLater(answer)).toEqual(outage)
    expect(outcome(answer)).toBe('503 temporarily_unavailable')
    expect(visible(answer)).not.toMatch(inside)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    server.idp.recover()
    server.clock.advance(10)
    expect((await send(url)).json()).toEqual(server.idp.metadata)
  },
)

it('A014 does not keep a client waiting for the resource metadata while the provider hangs', async () => {
  const server = await startRemote({ upstreamTimeoutSeconds: 5 })
  server.idp.fail('metadata', 'hang')
  const start = performance.now()
  const answer = await send(`${server.origin}/.well-known/oauth-protected-resource/mcp`)
  expect(performance.now() - start).toBeLessThan(4000)
  expect(answer.json()).toMatchObject({ resource: server.mcpURL, authorization_servers: [server.idp.issuer] })
})

describe('D2 believes no metadata of another issuer:', () => {
  const evil = { issuer: 'https://evil.example', jwks_uri: 'https://evil.example/keys' }

  it('asks for no key it names, calls no token bad, and says so to the operator', async () => {
    const server = await startRemote()
    Object.assign(server.idp.metadata, evil)
    await expectOutage(server)
    expect(server.idp.requests.every((url) => url.startsWith(`${server.idp.issuer}/.well-known/`))).toBe(true)
    const document = await send(`${server.origin}/.well-known/oauth-protected-resource/mcp`)
    expect(document.json()['authorization_servers']).toEqual([server.idp.issuer])
    expect((await send(`${server.origin}/.well-known/oauth-authorization-server`)).status).toBe(503)
    const check = server.auth.checkProvider()
    await expect(check).rejects.toThrow(ConfigurationError)
    await expect(check).rejects.toMatchObject({ option: 'provider', message: expect.stringContaining('Test IdP') })
  })

  it.each(['https://login.example/', 'https://LOGIN.example', 'http://login.example', 'https://login.example:443'])(
    'not even of %s',
    async (issuer) => {
      const server = await startRemote()
      Object.assign(server.idp.metadata, { issuer })
      await expectOutage(server)
      expect(server.idp.keyRequests()).toBe(0)
    },
  )

  it('and is well again when the document is', async () => {
    const server = await startRemote()
    const right = { ...server.idp.metadata }
    Object.assign(server.idp.metadata, evil)
    await expectOutage(server)
    Object.assign(server.idp.metadata, right)
    server.clock.advance(10)
    expect(await judgeToken(server, server.mint())).toEqual(accepted)
  })
})

it.each([
  ['http', 'http://login.example/keys'],
  ['a file', 'file:///etc/passwd'],
  ['a list of characters', 'data:application/json,{"keys":[]}'],
  ['nothing', undefined],
])('D1 fetches no keys from %s, whatever the metadata say', async (_case, jwksURI) => {
  const server = await startRemote()
  Object.assign(server.idp.metadata, { jwks_uri: jwksURI })
  await expectOutage(server)
  expect(server.idp.requests.every((url) => url.includes('/.well-known/'))).toBe(true)
})

it('D2 finds the metadata of a provider that publishes only what OpenID Connect asks for', async () => {
  const clock = createClock()
  const idp = createTestIdP(clock, { issuer: 'https://login.example/tenant', publishes: 'openid-configuration' })
  const server = await startRemote({ clock, idp })
  expect(await judgeToken(server, server.mint())).toEqual(accepted)
})

it.each(['keys', 'metadata'] as const)('A010 D1 follows no redirect of the %s, over sockets', async (what) => {
  const clock = createClock()
  const here = await listen()
  onTestFinished(async () => await here.close())
  const idp = createTestIdP(clock, { issuer: here.origin })
  const { publicJwk, kid } = idp.key
  const canary = await startCanary({ ...idp.metadata, keys: [{ ...publicJwk, kid, alg: 'EdDSA', use: 'sig' }] })
  onTestFinished(async () => await canary.close())
  here.answerWith((request, response) => {
    const isKeys = request.url === new URL(idp.jwksURI).pathname
    if (isKeys === (what === 'keys')) response.writeHead(302, { location: `${canary.origin}${request.url}` }).end()
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(idp.metadata))
  })
  const server = await startRemote({ clock, idp, fetch: async (url, init) => await fetch(url, init) })
  await expectOutage(server)
  expect(canary.connections()).toBe(0)
  expect((await send(canary.origin)).status).toBe(200)
})

it('A014 gives the three places of the metadata one time together, not each its own', async () => {
  const deadlines = holdDeadlines()
  const server = await startRemote({ upstreamTimeoutSeconds: 4 })
  server.idp.fail('metadata', 'hang', deadlines.endSoon)
  expect(tryLater(await callMCP(server, server.mint()))).toEqual(outage)
  expect(deadlines.limits).toEqual([4000])
  expect(server.idp.requests).toHaveLength(1)
})
