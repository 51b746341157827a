import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTestClock, type OIDCServer, type OIDCServerOptions, startOIDCServer } from '@mcp-auth/testing'
import { expect, it, onTestFinished } from 'vitest'
import { freePort } from '../../store-redis/test/support/free-port.ts'
import { contractCases } from '../src/idp-contract/cases/index.ts'
import { runCase } from '../src/idp-contract/contract-case.ts'
import { openIDProvider } from './idp/providers.ts'

async function start(options?: OIDCServerOptions): Promise<OIDCServer> {
  const server = await startOIDCServer(options)
  onTestFinished(async () => await server.close())
  return server
}

/** The server is asked as a browser asks it, instead of the fake inside. */
const overNetwork = async (request: Request): Promise<Response> => await fetch(request, { redirect: 'manual' })

/** Cases that together use every endpoint a proxy uses. */
const cases = contractCases.filter(({ name }) =>
  /^A016 signs a user in|^refreshes time and again|gives the IdP its own token back|id_token|its own 503$|^A026/.test(
    name,
  ),
)

it.each(['', '/realms/test'])('serves an OAuth proxy over its socket, with the path %j in its issuer', async (path) => {
  expect(cases.length).toBeGreaterThanOrEqual(7)
  for (const one of cases) {
    const omission = await runCase(one, async ({ now }) => {
      const server = await startOIDCServer({ now, path })
      const fake = { ...server.idp, fetch: overNetwork }
      return { fake, provider: openIDProvider(server), close: server.close }
    })
    expect([one.name, omission]).toEqual([one.name, undefined])
  }
})

it.each(['', '/realms/test'])('publishes metadata of the issuer it has, with the path %j', async (path) => {
  const { issuer } = await start({ path })
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
  expect(metadata).toMatchObject({ issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` })
  expect(issuer).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+${path}$`))
  const { keys } = await (await fetch(`${issuer}/jwks`)).json()
  expect(keys).toHaveLength(1)
})

it('shows a page on which a human chooses who to be', async () => {
  const server = await start({ interactive: true, redirectUris: ['https://client.example/cb'] })
  const url = new URL(`${server.issuer}/authorize`)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: server.clientId,
    redirect_uri: 'https://client.example/cb',
    scope: 'openid',
    state: 'xyz',
  }).toString()
  const page = await fetch(url)
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect(await page.text()).toContain('name="decision"')
  const body = new URLSearchParams({ user: 'user-wumpus', decision: 'approve' })
  const approved = await fetch(url, { method: 'POST', body, redirect: 'manual' })
  const { searchParams } = new URL(approved.headers.get('location') ?? '')
  expect([approved.status, searchParams.get('state'), searchParams.get('iss')]).toEqual([302, 'xyz', server.issuer])
  const credentials = { client_id: server.clientId, client_secret: server.clientSecret }
  const exchange = { grant_type: 'authorization_code', redirect_uri: 'https://client.example/cb', ...credentials }
  const code = searchParams.get('code') ?? ''
  const tokens = await fetch(`${server.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({ ...exchange, code }),
  })
  const { access_token } = await tokens.json()
  const userinfo = await fetch(`${server.issuer}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } })
  expect(await userinfo.json()).toMatchObject({ sub: 'user-wumpus' })
})

it('follows the clock it is given', async () => {
  const clock = createTestClock(1_700_000_000)
  const server = await start({ now: clock.now })
  const { access_token } = await server.idp.issueTokens()
  const ask = async (): Promise<number> =>
    (await fetch(`${server.issuer}/userinfo`, { headers: { authorization: `Bearer ${access_token}` } })).status
  expect(await ask()).toBe(200)
  clock.advance(3600)
  expect(await ask()).toBe(401)
})

it('closes while a request hangs, and frees its port', async () => {
  const port = await freePort()
  const server = await start({ port })
  server.idp.fail('jwks', 'hang')
  const hanging = fetch(`${server.issuer}/jwks`).catch(() => 'cut')
  await expect.poll(() => server.idp.requestsTo('jwks')).toHaveLength(1)
  await server.close()
  await hanging
  const again = await start({ port })
  expect(again.issuer).toBe(server.issuer)
})

it('says that a port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await expect.poll(() => other.listening).toBe(true)
  const { port } = other.address() as AddressInfo
  await expect(startOIDCServer({ port })).rejects.toThrow(/EADDRINUSE/)
})
