import {
  type AuthEvent,
  createOAuthProxy,
  mcpAuth,
  type OAuthProxy,
  type OIDCOptions,
  oidc,
  requireBearerAuth,
} from '@mcp-auth/express'
import express from 'express'
import { afterEach, expect, it, vi } from 'vitest'
import type { Application, ApplicationOptions } from '../clients/application.ts'
import { walk } from '../clients/person.ts'
import { createV1Application } from '../clients/sdk-v1.ts'
import { createV2Application } from '../clients/sdk-v2.ts'
import { jwtPart } from '../support/answers.ts'
import { type Listening, listen } from '../support/listen.ts'
import { createMCPEndpoint } from '../support/mcp-server.ts'
import { testSecret } from '../support/server.ts'
import { type OIDCServer, person, startOIDCServer } from './oidc-server.ts'

const kinds: readonly [string, (options: ApplicationOptions) => Application][] = [
  ['v1', createV1Application],
  ['v2 on 2025-11-25', (options) => createV2Application('legacy', options)],
  ['v2 on 2026-07-28', (options) => createV2Application({ pin: '2026-07-28' }, options)],
]

const ready = { clientId: 'proxy', clientSecret: 'the secret of the one ready client' }

let here: Listening
let idp: OIDCServer
let auth: OAuthProxy
let events: AuthEvent[]
let application: Application | undefined
let laterSeconds: number

/** Starts the provider with one ready client, the proxy in front of it, and the application. */
async function start(
  create: (options: ApplicationOptions) => Application = createV1Application,
  options: Partial<OIDCOptions> = {},
): Promise<Application> {
  // What it says about its pages being for development only.
  vi.spyOn(console, 'warn').mockReturnValue()
  vi.spyOn(console, 'info').mockReturnValue()
  laterSeconds = 0
  events = []
  here = await listen()
  const { tokenEndpointAuthMethod = 'client_secret_basic' } = options
  idp = await startOIDCServer({
    clients: [
      {
        client_id: ready.clientId,
        client_secret: ready.clientSecret,
        redirect_uris: [`${here.origin}/auth/callback`],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: tokenEndpointAuthMethod,
      },
    ],
  })
  auth = createOAuthProxy({
    baseUrl: here.origin,
    secret: testSecret,
    provider: oidc({
      issuer: idp.issuer,
      ...ready,
      scopes: ['openid', 'profile'],
      tokenEndpointAuthMethod,
      ...options,
    }),
    now: () => Date.now() / 1000 + laterSeconds,
    onEvent: (event) => events.push(event),
  })
  const app = express()
  app.use(mcpAuth(auth))
  app.all('/mcp', requireBearerAuth(auth), createMCPEndpoint())
  here.answerWith(app)
  application = create({
    mcpURL: `${here.origin}/mcp`,
    person: async (url, redirectURI) => await walk(url, redirectURI, { typed: person }),
  })
  return application
}

afterEach(async () => {
  await application?.close()
  await here.close()
  await idp.close()
})

const whoami = async (client: Application): Promise<unknown> => JSON.parse(await client.call('whoami'))

/** A provider that issues refresh tokens wants the person to agree to that each time. */
const withRefresh = { authorizationParameters: { prompt: 'consent' } }

it.each(kinds)(
  'A028 A081 the SDK %s signs in through the proxy at an OpenID Provider and calls a tool',
  async (_kind, create) => {
    const client = await start(create)
    await auth.checkProvider()
    await client.connect()
    const { access_token: token } = client.wallet.kept ?? {}
    expect(jwtPart(String(token), 'payload')).toMatchObject({
      iss: here.origin,
      aud: `${here.origin}/mcp`,
      sub: 'nelly',
    })
    expect(await whoami(client)).toMatchObject({ sub: 'nelly', client_id: client.wallet.registration?.client_id })
    expect(idp.requests).not.toContain('POST /reg')
    expect(events.filter(({ type }) => type === 'server.failed')).toEqual([])
  },
)

it.each(['client_secret_basic', 'client_secret_post'] as const)(
  'shows the OpenID Provider its client by %s, with a secret of several words',
  async (tokenEndpointAuthMethod) => {
    const client = await start(createV1Application, { tokenEndpointAuthMethod })
    await client.connect()
    expect(await whoami(client)).toMatchObject({ sub: 'nelly' })
  },
)

it('reads the name of the user from userinfo where it is told to', async () => {
  const client = await start(createV1Application, { userinfo: true })
  await client.connect()
  expect(await whoami(client)).toMatchObject({ sub: 'nelly', username: 'Name of nelly' })
  expect(idp.requests).toContain('GET /me')
})

it('A091 refreshes at the OpenID Provider as well, and nobody has to sign in again', async () => {
  const client = await start((options) => createV2Application({ pin: '2026-07-28' }, options), withRefresh)
  await client.connect()
  const tokenRequests = idp.requests.filter((line) => line === 'POST /token').length
  laterSeconds = 3700
  expect(await whoami(client)).toMatchObject({ sub: 'nelly' })
  laterSeconds = 7400
  expect(await whoami(client)).toMatchObject({ sub: 'nelly' })
  expect(client.wallet.sent).toHaveLength(1)
  expect(idp.requests.filter((line) => line === 'POST /token').length).toBeGreaterThan(tokenRequests)
})

it('A096 C11 ends the session when the OpenID Provider ended the grant, and signs in anew', async () => {
  const client = await start((options) => createV2Application({ pin: '2026-07-28' }, options), withRefresh)
  await client.connect()
  await idp.endGrants()
  laterSeconds = 3700
  await expect(whoami(client)).rejects.toThrow(client.UnauthorizedError)
  // The clock of the provider did not move: its id_tokens would be too old for ours.
  laterSeconds = 0
  await client.signIn()
  expect(await whoami(client)).toMatchObject({ sub: 'nelly' })
})

it('A097 D9 keeps the session through an outage of the OpenID Provider', async () => {
  const client = await start((options) => createV2Application({ pin: '2026-07-28' }, options), withRefresh)
  await client.connect()
  const { kept } = client.wallet
  laterSeconds = 3700
  idp.isDown = true
  await expect(whoami(client)).rejects.toThrow('The identity provider is not reachable')
  expect(client.wallet.kept).toEqual(kept)
  idp.isDown = false
  expect(await whoami(client)).toMatchObject({ sub: 'nelly' })
  expect(client.wallet.sent).toHaveLength(1)
})

it('A016 revokes at the OpenID Provider what the client gives back', async () => {
  const client = await start((options) => createV2Application('legacy', options), withRefresh)
  await client.connect()
  const { kept, registration } = client.wallet
  const answer = await fetch(`${here.origin}/revoke`, {
    method: 'POST',
    body: new URLSearchParams({ token: String(kept?.refresh_token), client_id: String(registration?.client_id) }),
  })
  expect(answer.status).toBe(200)
  await expect.poll(() => idp.requests).toContain('POST /token/revocation')
  await expect(auth.verifyAccessToken(String(kept?.access_token))).rejects.toMatchObject({ reason: 'grant_revoked' })
})
