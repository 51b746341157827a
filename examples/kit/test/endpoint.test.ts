import type { AuthSession } from '@mcp-auth/core'
import { afterEach, expect, it, vi } from 'vitest'
import { type AuditEntry, openAuditLog } from '../src/audit-log.ts'
import { createMCPEndpoint, type MCPEndpoint } from '../src/mcp/endpoint.ts'
import type { SessionLimits } from '../src/mcp/sessions.ts'
import type { Tool } from '../src/mcp/tools.ts'
import { newSession } from './session.ts'

const url = 'https://mcp.example.com/mcp'

function newTool(over: Partial<Tool>): Tool {
  return { name: 'tool', title: 'Tool', description: 'A tool', access: {}, run: () => ({ text: 'done' }), ...over }
}

let endpoint: MCPEndpoint
let entries: AuditEntry[] = []
afterEach(async () => await endpoint.close())

function start(tools: readonly Tool[], sessions: SessionLimits = {}): void {
  entries = []
  endpoint = createMCPEndpoint({
    auth: {
      insufficientScope: (scopes) => new Response(scopes.join(' '), { status: 403 }),
      metadata: {
        protectedResource: {
          resource: url,
          authorization_servers: [],
          bearer_methods_supported: ['header'],
          scopes_supported: ['identify'],
        },
      },
    },
    tools,
    audit: { ...openAuditLog(undefined), write: (entry) => void entries.push(entry) },
    sessions,
  })
}

async function post(body: unknown, headers: Record<string, string> = {}, session?: AuthSession): Promise<Response> {
  const request = new Request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(body),
  })
  return await endpoint.fetch(request, session ?? newSession())
}

async function call(name: string, session?: AuthSession): Promise<Response> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  return await post(
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, _meta } },
    { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': name },
    session,
  )
}

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1.0.0' } },
}

it('does not tell by a 403 that a hidden tool exists, even if a scope is missing as well', async () => {
  const run = vi.fn<Tool['run']>(() => ({ text: 'done' }))
  start([newTool({ name: 'both', access: { role: 'admin', scopes: ['guilds', 'email'] }, run })])
  const stranger = await call('both')
  expect(stranger.status).toBe(200)
  expect(await stranger.json()).toMatchObject({ error: { code: -32_602, message: 'Unknown tool: both' } })
  const admin = await call('both', newSession({ roles: ['admin'] }))
  expect([admin.status, await admin.text()]).toEqual([403, 'identify guilds email'])
  expect(run).not.toHaveBeenCalled()
  expect(entries.map(({ tool, details }) => [tool, details])).toEqual([
    ['both', { outcome: 'role_missing' }],
    ['both', { outcome: 'scope_insufficient' }],
  ])
})

it('says that a tool failed, and nothing of why', async () => {
  const errors = vi.spyOn(console, 'error').mockReturnValue()
  start([newTool({ run: () => Promise.reject(new TypeError('secret')) })])
  const answer = await (await call('tool')).text()
  expect(answer).toContain('The tool failed.')
  expect(answer + errors.mock.calls.join()).not.toContain('secret')
  expect(entries).toMatchObject([{ event: 'tool.called', tool: 'tool', details: { outcome: 'error' } }])
})

it('takes no more sessions than it has room for', async () => {
  start([newTool({})], { total: 1 })
  const first = await post(initialize)
  const headers = { 'mcp-session-id': first.headers.get('mcp-session-id') ?? '', accept: 'text/event-stream' }
  const stream = await endpoint.fetch(new Request(url, { headers }), newSession())
  expect(stream.status).toBe(200)
  const refused = await post(initialize, {}, newSession({ subject: 'another' }))
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  await stream.body?.cancel()
  expect((await post(initialize, {}, newSession({ subject: 'another' }))).status).toBe(200)
})

it('ends its streams when the server wants to end', async () => {
  start([newTool({})])
  const opened = await post(initialize)
  const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '', accept: 'text/event-stream' }
  const stream = await endpoint.fetch(new Request(url, { headers }), newSession())
  const text = stream.text()
  endpoint.endStreams()
  expect(await text).toBe('')
})

it('ends a stream together with the access token that opened it', async () => {
  start([newTool({})])
  const opened = await post(initialize)
  const headers = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '', accept: 'text/event-stream' }
  const session = newSession({ expiresAt: Date.now() / 1000 + 0.1 })
  const stream = await endpoint.fetch(new Request(url, { headers }), session)
  expect([stream.status, await stream.text()]).toEqual([200, ''])
})
