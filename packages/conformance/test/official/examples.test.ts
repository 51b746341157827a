import { describe, expect, it, onTestFinished } from 'vitest'
import { type Example, examples, runServer } from '../../../../examples/kit/test/servers/support/server.ts'
import { freePort } from '../../../store-redis/test/support/free-port.ts'
import { walk } from '../clients/person.ts'
import { createV2Application } from '../clients/sdk-v2.ts'
import { send } from '../support/browser.ts'
import { addressOf, openDoor } from './door.ts'
import { limitMilliseconds, runSuite, signInAt } from './suite.ts'

/** Starts an example; resolves to its MCP URL and its metadata. */
async function start(example: Example): Promise<{ mcpURL: string; metadata: Record<string, string> }> {
  const server = await runServer(example)
  onTestFinished(async () => await server.stop())
  const { origin } = new URL(server.mcpURL)
  const document = await send(`${origin}/.well-known/oauth-authorization-server`)
  return { mcpURL: server.mcpURL, metadata: document.json() as Record<string, string> }
}

async function register(endpoint: string, redirectURI: string): Promise<string> {
  const answer = await send(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: [redirectURI], token_endpoint_auth_method: 'none', client_name: 'Suite' }),
  })
  return String(answer.json()['client_id'])
}

describe.each(examples)('%s', (example) => {
  it.each(['2025-11-25', '2026-07-28'])(
    'A057 A069 passes the official suite for authorization servers without a warning, revision %s',
    { timeout: limitMilliseconds },
    async (version) => {
      const { mcpURL, metadata } = await start(example)
      const { issuer = '', authorization_endpoint: endpoint = '', registration_endpoint: registration = '' } = metadata
      const port = String(await freePort())
      const clientId = await register(registration, `http://127.0.0.1:${port}/callback`)
      const options = ['--url', issuer, '--client-id', clientId, '-p', port, '--resource', mcpURL]
      const result = await runSuite(['authorization', ...options, '--spec-version', version], signInAt(endpoint))
      expect(result.checks.map(({ id, status }) => [id, status])).toEqual([
        ['authorization-server-metadata', 'SUCCESS'],
        ['authorization-server-metadata-cimd', 'SUCCESS'],
        ['authorization-code-grant', 'SUCCESS'],
      ])
      expect(result.code).toBe(0)
    },
  )

  it.each(['2025-11-25', '2026-07-28'])(
    'A035 A036 D5 passes the official check against DNS rebinding, revision %s',
    { timeout: limitMilliseconds },
    async (version) => {
      const { mcpURL } = await start(example)
      const application = createV2Application('auto', { mcpURL, person: walk })
      await application.connect()
      await application.close()
      const door = await openDoor(mcpURL, application.wallet.kept?.access_token ?? '')
      onTestFinished(() => {
        door.closeAllConnections()
        door.close()
      })
      const options = ['--url', addressOf(door), '--scenario', 'dns-rebinding-protection', '--spec-version', version]
      const result = await runSuite(['server', ...options])
      expect(result.checks.map(({ id, status }) => [id, status])).toEqual([
        ['localhost-host-rebinding-rejected', 'SUCCESS'],
        ['localhost-host-valid-accepted', 'SUCCESS'],
      ])
      expect(result.code).toBe(0)
    },
  )
})
