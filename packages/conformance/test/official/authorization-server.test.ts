import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { toDiscord, walk } from '../clients/person.ts'
import { send } from '../support/browser.ts'
import { newClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { limitMilliseconds, runSuite } from './suite.ts'

let server: TestServer
afterEach(async () => await server.close())

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Signs in at the URL that the suite prints for a person. */
function signInAt(authorizationEndpoint: string): (output: string) => Promise<void> | undefined {
  return (output) => {
    const printed = output.split(/\s/).find((word) => word.startsWith(`${authorizationEndpoint}?`))
    return printed === undefined || output.endsWith(printed) ? undefined : signIn(new URL(printed))
  }
}

async function signIn(url: URL): Promise<void> {
  const redirectURI = url.searchParams.get('redirect_uri') ?? ''
  const callback = await walk(url, redirectURI, { elsewhere: toDiscord(server) })
  await send(callback.href)
}

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
    const result = await runSuite(['authorization', ...options, '--spec-version', version], signInAt(endpoint))
    expect(result.checks).toEqual([
      expect.objectContaining({ id: 'authorization-server-metadata', status: 'SUCCESS' }),
      expect.objectContaining({
        id: 'authorization-server-metadata-cimd',
        status: expect.stringMatching(/^(SUCCESS|WARNING)$/),
      }),
      expect.objectContaining({ id: 'authorization-code-grant', status: 'SUCCESS' }),
    ])
    expect(result.code).toBe(0)
  },
)
