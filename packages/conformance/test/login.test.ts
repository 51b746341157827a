import { afterAll, beforeAll, expect, it } from 'vitest'
import { callMCP, login, refresh } from './support/client.ts'
import { startTestServer, type TestServer } from './support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => await server.close())

it('logs in with Discord, calls the MCP endpoint, refreshes and calls it again', async () => {
  const tokens = await login(server)
  expect(tokens.scope).toBe('identify')
  const first = await callMCP(server, tokens.access_token)
  expect([first.status, first.json()['subject']]).toEqual([200, '80351110224678912'])
  const refreshed = await refresh(server, tokens.client, tokens.refresh_token)
  expect(refreshed.status).toBe(200)
  const second = await callMCP(server, String(refreshed.json()['access_token']))
  expect(second.status).toBe(200)
})
