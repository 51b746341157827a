import type { Server } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { login } from '../support/client.ts'
import { createMCPEndpoint } from '../support/mcp-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { addressOf, openDoor } from './door.ts'
import { limitMilliseconds, runSuite } from './suite.ts'

let server: TestServer
let door: Server
beforeAll(async () => {
  server = await startTestServer({ mcp: createMCPEndpoint() })
  door = await openDoor(server.mcpURL, (await login(server)).access_token)
})
afterAll(async () => {
  door.closeAllConnections()
  door.close()
  await server.close()
})

it.each(['2025-11-25', '2026-07-28'])(
  'A035 A036 D5 passes the official check against DNS rebinding, revision %s',
  { timeout: limitMilliseconds },
  async (version) => {
    const options = ['--url', addressOf(door), '--scenario', 'dns-rebinding-protection', '--spec-version', version]
    const result = await runSuite(['server', ...options])
    expect(result.checks).toEqual([
      expect.objectContaining({ id: 'localhost-host-rebinding-rejected', status: 'SUCCESS' }),
      expect.objectContaining({ id: 'localhost-host-valid-accepted', status: 'SUCCESS' }),
    ])
    expect(result.code).toBe(0)
  },
)
