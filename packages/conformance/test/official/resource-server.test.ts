import { once } from 'node:events'
import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { login } from '../support/client.ts'
import { createMCPEndpoint } from '../support/mcp-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { limitMilliseconds, runSuite } from './suite.ts'

let server: TestServer
let door: Server
beforeAll(async () => {
  server = await startTestServer({ mcp: createMCPEndpoint() })
  door = await openDoor((await login(server)).access_token)
})
afterAll(async () => {
  door.closeAllConnections()
  door.close()
  await server.close()
})

/** The suite cannot send a token: this adds one, and leaves all else, Host and Origin too, as it came. */
async function openDoor(token: string): Promise<Server> {
  const target = new URL(server.mcpURL)
  const opened = createServer((incoming, response) => {
    const outgoing = httpRequest({
      host: target.hostname,
      port: target.port,
      path: incoming.url,
      method: incoming.method,
      setHost: false,
      headers: { ...incoming.headers, authorization: `Bearer ${token}` },
    })
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(outgoing)
  })
  opened.listen(0, '127.0.0.1')
  await once(opened, 'listening')
  return opened
}

it.each(['2025-11-25', '2026-07-28'])(
  'A035 A036 D5 passes the official check against DNS rebinding, revision %s',
  { timeout: limitMilliseconds },
  async (version) => {
    const url = `http://127.0.0.1:${(door.address() as AddressInfo).port}/mcp`
    const options = ['--url', url, '--scenario', 'dns-rebinding-protection', '--spec-version', version]
    const result = await runSuite(['server', ...options])
    expect(result.checks).toEqual([
      expect.objectContaining({ id: 'localhost-host-rebinding-rejected', status: 'SUCCESS' }),
      expect.objectContaining({ id: 'localhost-host-valid-accepted', status: 'SUCCESS' }),
    ])
    expect(result.code).toBe(0)
  },
)
