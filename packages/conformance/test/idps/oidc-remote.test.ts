import { createRemoteOAuth, mcpAuth, type RemoteOAuth, remoteOIDC, requireBearerAuth } from '@mcp-auth/express'
import express from 'express'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Application, ApplicationOptions } from '../clients/application.ts'
import { walk } from '../clients/person.ts'
import { createV1Application } from '../clients/sdk-v1.ts'
import { createV2Application } from '../clients/sdk-v2.ts'
import { jwtPart } from '../support/answers.ts'
import { type Listening, listen } from '../support/listen.ts'
import { createMCPEndpoint } from '../support/mcp-server.ts'
import { type OIDCServer, person, startOIDCServer } from './oidc-server.ts'

const kinds: readonly [string, (options: ApplicationOptions) => Application][] = [
  ['v1', createV1Application],
  ['v2 on 2025-11-25', (options) => createV2Application('legacy', options)],
  ['v2 on 2026-07-28', (options) => createV2Application({ pin: '2026-07-28' }, options)],
]

let here: Listening
let idp: OIDCServer
let auth: RemoteOAuth
let application: Application | undefined
let laterSeconds: number

beforeEach(async () => {
  // What it says about its pages being for development only.
  vi.spyOn(console, 'warn').mockReturnValue()
  vi.spyOn(console, 'info').mockReturnValue()
  laterSeconds = 0
  here = await listen()
  idp = await startOIDCServer({ resources: [`${here.origin}/mcp`, `${here.origin}/other`] })
  auth = createRemoteOAuth({
    baseUrl: here.origin,
    now: () => Date.now() / 1000 + laterSeconds,
    otherResources: [{ resource: `${here.origin}/other` }],
    provider: remoteOIDC({ issuer: idp.issuer, scopes: ['openid', 'read'] }),
  })
  const app = express()
  app.use(mcpAuth(auth))
  app.all(['/mcp', '/other'], requireBearerAuth(auth), createMCPEndpoint())
  here.answerWith(app)
})

afterEach(async () => {
  await application?.close()
  await here.close()
  await idp.close()
})

const open = (create: (options: ApplicationOptions) => Application): Application => {
  application = create({
    mcpURL: `${here.origin}/mcp`,
    person: async (url, redirectURI) => await walk(url, redirectURI, { typed: person }),
  })
  return application
}

it.each(kinds)('A028 the SDK %s registers at the provider itself, signs in and calls a tool', async (_kind, create) => {
  const client = open(create)
  await client.connect()
  const { access_token: token } = client.wallet.kept ?? {}
  expect(jwtPart(String(token), 'payload')).toMatchObject({
    iss: idp.issuer,
    aud: `${here.origin}/mcp`,
    sub: 'nelly',
  })
  expect(JSON.parse(await client.call('whoami'))).toMatchObject({
    sub: 'nelly',
    client_id: client.wallet.registration?.client_id,
    scopes: ['read'],
  })
  expect(client.wallet.sent[0]?.origin).toBe(idp.issuer)
  expect(idp.requests).toContain('POST /reg')
})

it('A012 refuses the token of the provider at the other resource of the same server', async () => {
  const client = open(createV1Application)
  await client.connect()
  const headers = { authorization: `Bearer ${client.wallet.kept?.access_token}` }
  const statuses = await Promise.all(
    ['/mcp', '/other'].map(async (path) => (await fetch(here.origin + path, { method: 'POST', headers })).status),
  )
  expect(statuses[0]).not.toBe(401)
  expect(statuses[1]).toBe(401)
})

it('A017 refuses the refresh token and the id token of the same sign-in', async () => {
  const client = open((options) => createV2Application('legacy', options))
  await client.connect()
  const kept: Readonly<Record<string, unknown>> = { ...client.wallet.kept }
  expect(kept).toMatchObject({ refresh_token: expect.any(String), id_token: expect.any(String) })
  await expect(auth.verifyAccessToken(String(kept['access_token']))).resolves.toMatchObject({ subject: 'nelly' })
  for (const kind of ['refresh_token', 'id_token']) {
    await expect(auth.verifyAccessToken(String(kept[kind]))).rejects.toMatchObject({ reason: 'token_invalid' })
  }
})

it('A013 A091 the SDK refreshes at the provider when its token has expired, and nobody has to sign in again', async () => {
  const client = open((options) => createV2Application({ pin: '2026-07-28' }, options))
  await client.connect()
  const before = client.wallet.kept
  idp.accessTokenSeconds = 3600
  laterSeconds = 700
  expect(JSON.parse(await client.call('whoami'))).toMatchObject({ sub: 'nelly' })
  expect(client.wallet.kept?.access_token).not.toBe(before?.access_token)
  expect(client.wallet.sent).toHaveLength(1)
})

it('A063 asks the provider for its metadata and its keys once, however many calls come', async () => {
  const client = open(createV1Application)
  await client.connect()
  for (let call = 0; call < 5; call += 1) await client.call('whoami')
  expect(idp.requests.filter((line) => line === 'GET /jwks')).toHaveLength(1)
})
