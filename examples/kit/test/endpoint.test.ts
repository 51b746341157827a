import {
  type AuthEvent,
  type AuthSession,
  createOAuthProxy,
  type McpAuth,
  requireAll,
  requireRole,
  requireScopes,
} from '@mcp-auth/core'
import { discord } from '@mcp-auth/provider-discord'
import { afterEach, expect, it, vi } from 'vitest'
import { createToolEndpoint, type MCPEndpoint } from '../src/mcp/endpoint.ts'
import type { SessionLimits } from '../src/mcp/sessions.ts'
import type { Tool } from '../src/mcp/tools.ts'
import { newSession } from './session.ts'

const url = 'https://mcp.example.com/mcp'

function newTool(over: Partial<Tool>): Tool {
  return { name: 'tool', title: 'Tool', description: 'A tool', run: () => ({ text: 'done' }), ...over }
}

let endpoint: MCPEndpoint
let events: AuthEvent[] = []
afterEach(async () => await endpoint.endCalls())

function start(tools: readonly Tool[], sessions: SessionLimits = {}, over: Partial<McpAuth> = {}): void {
  events = []
  const auth = createOAuthProxy({
    baseUrl: 'https://mcp.example.com',
    provider: discord({ clientId: '157730590492196864', clientSecret: 'secret', optionalScopes: ['guilds', 'email'] }),
    resource: url,
    onEvent: (event) => void events.push(event),
  })
  events = []
  endpoint = createToolEndpoint({ auth: { ...auth, ...over }, tools, sessions })
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
  start([newTool({ name: 'both', canAccess: requireAll(requireRole('admin'), requireScopes('guilds', 'email')), run })])
  const stranger = await call('both')
  expect(stranger.status).toBe(200)
  expect(await stranger.json()).toMatchObject({ error: { code: -32_602, message: 'Tool both not found' } })
  const admin = await call('both', newSession({ roles: ['admin'] }))
  expect([admin.status, admin.headers.get('www-authenticate')]).toEqual([
    403,
    expect.stringContaining('scope="identify guilds email"'),
  ])
  expect(run).not.toHaveBeenCalled()
  expect(events).toMatchObject([
    { type: 'tool.denied', name: 'both', reason: 'role_missing' },
    { type: 'tool.denied', name: 'both', reason: 'scope_missing', missingScopes: ['email'] },
    { type: 'request.refused', reason: 'scope_insufficient' },
  ])
})

it('says that a tool failed, and nothing of why', async () => {
  const errors = vi.spyOn(console, 'error').mockReturnValue()
  start([newTool({ run: () => Promise.reject(new TypeError('secret')) })])
  const answer = await (await call('tool')).text()
  expect(answer).toContain('The tool failed.')
  expect(answer + errors.mock.calls.join()).not.toContain('secret')
  expect(events).toMatchObject([{ type: 'tool.called', name: 'tool', outcome: 'error' }])
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

it('ends a stream within a minute when the gate lets its token pass no more, and not because of an outage', async () => {
  vi.useFakeTimers()
  const answers = [newSession(), new Response(null, { status: 503 }), new Response(null, { status: 401 })]
  const authenticate = vi.fn<McpAuth['authenticate']>(async () => answers.shift() ?? newSession())
  start([newTool({})], {}, { authenticate })
  const opened = await post(initialize)
  const headers = {
    'mcp-session-id': opened.headers.get('mcp-session-id') ?? '',
    accept: 'text/event-stream',
    authorization: 'Bearer of the stream',
  }
  const stream = await endpoint.fetch(new Request(url, { headers }), newSession())
  const ended = vi.fn<(text: string) => void>()
  void stream.text().then(ended)
  await vi.advanceTimersByTimeAsync(179_000)
  expect([authenticate.mock.calls.length, ended.mock.calls.length]).toEqual([2, 0])
  await vi.advanceTimersByTimeAsync(1000)
  expect(ended).toHaveBeenCalledOnce()
  const [asked] = authenticate.mock.calls[0] ?? []
  expect(asked?.headers.get('authorization')).toBe('Bearer of the stream')
  vi.useRealTimers()
})

it('answers what comes after the end, and what lasts until then, with 503', async () => {
  const signals: AbortSignal[] = []
  const run: Tool['run'] = async (_session, signal) => {
    signals.push(signal)
    return await new Promise<never>(() => {})
  }
  start([newTool({ run })])
  const opened = await post(initialize)
  const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' }
  const stateful = await post({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'tool' } }, session)
  const stateless = call('tool')
  await expect.poll(() => signals.length).toBe(2)
  await endpoint.endCalls()
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
  const message = 'The server is shutting down'
  expect(JSON.parse(/^data: (.*)$/m.exec(await stateful.text())?.[1] ?? '')).toEqual({
    jsonrpc: '2.0',
    id: 7,
    error: { code: -32_000, message },
  })
  const answers = [await stateless, await call('tool'), await post(initialize)]
  expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
    [503, '1'],
    [503, '1'],
    [503, '1'],
  ])
  expect(events).toMatchObject([
    { type: 'tool.called', name: 'tool', outcome: 'error' },
    { type: 'tool.called', name: 'tool', outcome: 'error' },
  ])
})
