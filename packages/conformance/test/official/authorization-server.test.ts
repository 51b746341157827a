import { afterEach, expect, it } from 'vitest'
import { freePort } from '../../../store-redis/test/support/free-port.ts'
import { toDiscord } from '../clients/person.ts'
import { newClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { limitMilliseconds, runSuite, signInAt } from './suite.ts'

let server: TestServer
afterEach(async () => await server.close())

it.each([
  { path: '', version: '2025-11-25' },
  { path: '', version: '2026-07-28' },
  { path: '/team-a', version: '2026-07-28' },
])(
  'A057 A065 A066 passes the official suite for authorization servers, revision $version, base path "$path"',
  { timeout: limitMilliseconds },
  async ({ path, version }) => {
    server = await startTestServer({ path })
    const { issuer, authorization_endpoint: endpoint } = server.auth.metadata.authorizationServer
    const port = String(await freePort())
    const client = await newClient(server, { redirect_uris: [`http://127.0.0.1:${port}/callback`] })
    const options = ['--url', issuer, '--client-id', client.client_id, '-p', port, '--resource', server.mcpURL]
    const result = await runSuite(
      ['authorization', ...options, '--spec-version', version],
      signInAt(endpoint, toDiscord(server)),
    )
    expect(result.checks).toEqual([
      expect.objectContaining({ id: 'authorization-server-metadata', status: 'SUCCESS' }),
      expect.objectContaining({ id: 'authorization-server-metadata-cimd', status: 'SUCCESS' }),
      expect.objectContaining({ id: 'authorization-code-grant', status: 'SUCCESS' }),
    ])
    expect(result.code).toBe(0)
  },
)
