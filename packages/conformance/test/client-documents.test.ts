/** Clients whose id is the URL of their metadata, over real TLS: the happy path, and what the document may say. */
import { expect, it } from 'vitest'
import { callMCP, login, refresh } from './support/client.ts'
import { publishClient, startDocumentHost } from './support/document-host.ts'
import { startServer } from './support/start.ts'

it('A070 works', async () => {
  const host = await startDocumentHost()
  const server = await startServer({
    httpsHosts: ['localhost'],
    clientIdMetadata: { dangerouslyAllowedHosts: [host.authority] },
  })
  const client = publishClient(host)
  const tokens = await login(server, { client })
  expect((await callMCP(server, tokens.access_token)).status).toBe(200)
  expect((await refresh(server, client, tokens.refresh_token)).status).toBe(200)
  expect(host.requests).toEqual(['/client.json'])
})
