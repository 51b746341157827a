import { requireScopes } from '@mcp-auth/express'
import { fakeUsers } from '@mcp-auth/provider-discord/mocks'
import { describe, expect, it } from 'vitest'
import { type Caller, connectCaller, messageOf, servers, tokenOf } from './support/access-caller.ts'
import { startAccessServer } from './support/access-mcp.ts'
import { type Answer, send } from './support/browser.ts'
import { login } from './support/client.ts'
import type { TestServer } from './support/server.ts'

const rules = { tools: { list_guilds: requireScopes('guilds') } }
const notFound = { jsonrpc: '2.0', id: null, error: { code: -32_001, message: 'Session not found' } }

/** A request by hand with the headers of a caller, but with another token. */
async function as(
  server: TestServer,
  caller: Caller,
  token: string,
  options: { readonly method?: string; readonly body?: unknown; readonly over?: Record<string, string> } = {},
): Promise<Answer> {
  const { method = 'POST', body, over = {} } = options
  const headers = { ...Object.fromEntries(caller.headers()), ...over, authorization: `Bearer ${token}` }
  return await send(server.mcpURL, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

const call = (name: string, id = 'of bob'): unknown => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: {} },
})

describe.each(servers.filter(({ server }) => server !== 'v2 stateless'))('A037 $title', ({ server: kind, client }) => {
  it('serves an MCP session to the user who opened it, and to nobody else who has its id', async () => {
    const server = await startAccessServer(kind, { rules })
    const nelly = await connectCaller(server, client, await tokenOf(server, 'nelly'))
    await nelly.client.callTool({ name: 'whoami' })
    expect(nelly.headers().get('mcp-session-id')).toMatch(/^[\w-]{36}$/)
    const stranger = await tokenOf(server, 'wumpus')

    const bodies = [
      call('whoami'),
      { jsonrpc: '2.0', id: 1, method: 'tools/list' },
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 1, result: {} },
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
    ]
    for (const body of bodies) {
      const answer = await as(server, nelly, stranger, { body })
      expect([answer.status, answer.json()]).toEqual([404, notFound])
    }
    for (const method of ['GET', 'DELETE']) {
      const answer = await as(server, nelly, stranger, { method, over: { accept: 'text/event-stream' } })
      expect([method, answer.status, answer.json()]).toEqual([method, 404, notFound])
    }
    expect([...server.runs]).toEqual([['whoami', 1]])
    expect(JSON.stringify(await nelly.client.callTool({ name: 'whoami' }))).toContain(fakeUsers.nelly.id)
  })

  it('goes on for the same user and client with a new token, and not with another client', async () => {
    const server = await startAccessServer(kind, { rules })
    const { access_token: token, client: registered } = await login(server)
    const nelly = await connectCaller(server, client, token)
    await nelly.client.callTool({ name: 'whoami' })
    const { access_token: renewed } = await login(server, { client: registered, over: { scope: 'identify guilds' } })
    const { access_token: ofAnotherClient } = await login(server)
    expect((await as(server, nelly, renewed, { body: call('list_guilds') })).text).toContain('list_guilds for')
    expect((await as(server, nelly, ofAnotherClient, { body: call('whoami') })).status).toBe(404)
  })

  it('does not let its owner take the answer to one request for the answer to another', async () => {
    const server = await startAccessServer(kind, { rules: { tools: { ban: () => false } } })
    const nelly = await connectCaller(server, client, await tokenOf(server, 'nelly'))
    await nelly.client.callTool({ name: 'whoami' })
    // Both official servers apply this cancellation to the second request, and answer the first.
    const batch = [
      { jsonrpc: '2.0', id: 77, method: 'tools/list' },
      { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 77 } },
      { jsonrpc: '2.0', id: 77, method: 'ping' },
    ]
    const answer = await as(server, nelly, nelly.token, { body: batch })
    expect(answer.status).toBe(200)
    expect(answer.text).not.toContain('"ban"')
  })
})

describe('A037 a state handle of the 2026-07-28 wire', () => {
  it('is taken from the user it was made for, and from nobody else', async () => {
    const server = await startAccessServer('v2 stateless', { rules })
    const nelly = await connectCaller(server, { pin: '2026-07-28' }, await tokenOf(server, 'nelly'))
    const wumpus = await connectCaller(server, { pin: '2026-07-28' }, await tokenOf(server, 'wumpus'))
    await nelly.client.callTool({ name: 'whoami' })
    const envelope = { _meta: nelly.sent().params?._meta }
    const flow = (requestState?: unknown): unknown => ({
      jsonrpc: '2.0',
      id: 5,
      method: 'tools/call',
      params: { name: 'flow', arguments: {}, ...envelope, ...(requestState === undefined ? {} : { requestState }) },
    })
    const over = { 'mcp-name': 'flow', 'mcp-method': 'tools/call' }
    const { text } = await as(server, nelly, nelly.token, { body: flow(), over })
    const handle = messageOf({ status: 200, challenge: null, body: text }).result?.['requestState']
    expect(handle).toMatch(/^v1\./)
    const stolen = await as(server, wumpus, wumpus.token, { body: flow(handle), over })
    expect(stolen.text).toContain('-32602')
    expect([...server.runs].filter(([name]) => name === 'flow')).toEqual([])
    const own = await as(server, nelly, nelly.token, { body: flow(handle), over })
    expect(own.text).toContain(`step 2 for ${fakeUsers.nelly.id}`)
  })
})
