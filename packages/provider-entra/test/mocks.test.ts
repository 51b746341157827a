import type { FixedProvider, OAuthProxyProvider } from '@mcp-auth/core'
import { entra } from '@mcp-auth/provider-entra'
import {
  createFakeEntra,
  entraHandlers,
  type FakeEntra,
  fakeTenantId,
  leakMarker,
} from '@mcp-auth/provider-entra/mocks'
import { createTestClock, type TestClock } from '@mcp-auth/testing'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createServer, type TestServer } from '../../testing/test/support/sign-in.ts'

const start = 1_795_168_800
let clock: TestClock
let fake: FakeEntra
const network = setupServer()
beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
beforeEach(() => {
  clock = createTestClock(start)
  fake = createFakeEntra({ now: clock.now })
  network.resetHandlers(...entraHandlers(fake))
})
afterAll(() => network.close())

/** A server whose provider does not know something about Entra. */
function ignorantServer(change: Partial<FixedProvider>): TestServer {
  const { clientId, clientSecret } = fake
  const provider = entra({ tenant: fakeTenantId, clientId, clientSecret, scopes: ['mcp.read'] })
  const changed: OAuthProxyProvider = { ...provider, ...change }
  return createServer(changed, clock)
}

async function form(endpoint: string, fields: Record<string, string>): Promise<readonly [number, unknown]> {
  const { clientId: client_id, clientSecret: client_secret } = fake
  const body = new URLSearchParams({ client_id, client_secret, ...fields })
  const response = await fetch(`https://login.microsoftonline.com/${fakeTenantId}${endpoint}`, { method: 'POST', body })
  return [response.status, await response.json()]
}

describe('the fake Entra ID refuses what Entra ID refuses', () => {
  it('the parameter resource at the authorization page', async () => {
    const server = ignorantServer({ authorizationParameters: { resource: 'https://mcp.example/mcp' } })
    expect((await server.authorize()).parameters.get('code')).toBeNull()
    expect(fake.requestsTo('token')).toEqual([])
  })

  it('scopes of two resources', async () => {
    const server = ignorantServer({
      toUpstreamScope: (scope) =>
        scope === 'mcp.read' ? `api://${fake.clientId}/mcp.read https://graph.microsoft.com/User.Read` : scope,
    })
    expect((await server.authorize()).parameters.get('code')).toBeNull()
  })

  it('a refresh that names no scope', async () => {
    const server = ignorantServer({ refreshSendsScope: false })
    const client = await server.signIn()
    clock.advance(3600)
    expect((await server.refresh(client)).status).toBe(503)
  })

  it('everything in its own words, with the number in three places and a text that must not leak', async () => {
    const { refresh_token = '' } = await fake.issueTokens({ scopes: ['openid', 'offline_access'] })
    const grant = { grant_type: 'refresh_token', refresh_token }
    const answers = [
      await form('/oauth2/v2.0/token', { ...grant, resource: 'x' }),
      await form('/oauth2/v2.0/token', grant),
      await form('/oauth2/v2.0/token', { ...grant, client_secret: 'wrong' }),
      await form('/oauth2/v2.0/token', { ...grant, refresh_token: 'unknown', scope: 'openid' }),
    ]
    const numbers = [901002, 90009, 7000215, 70008]
    const statuses = [400, 400, 401, 400]
    expect(answers).toEqual(
      numbers.map((number, n) => [
        statuses[n],
        expect.objectContaining({
          error_codes: [number],
          error_description: expect.stringMatching(new RegExp(`^AADSTS${number}: .*${leakMarker}`)),
          error_uri: expect.stringContaining(String(number)),
        }),
      ]),
    )
  })

  it('nothing else: no revocation, no metadata by RFC 8414', async () => {
    const paths = [
      `/${fakeTenantId}/revoke`,
      `/.well-known/oauth-authorization-server/${fakeTenantId}/v2.0`,
      `/.well-known/openid-configuration/${fakeTenantId}/v2.0`,
    ]
    const statuses = paths.map(async (path) => (await fetch(`https://login.microsoftonline.com${path}`)).status)
    expect(await Promise.all(statuses)).toEqual([404, 404, 404])
  })
})
