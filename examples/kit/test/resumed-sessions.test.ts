import { type AuthEvent, type AuthSession, createOAuthProxy, requireRole, requireScopes } from '@mcp-auth/core'
import { discord } from '@mcp-auth/provider-discord'
import type { McpServer } from '@modelcontextprotocol/server'
import { afterEach, expect, it, vi } from 'vitest'
import { createToolEndpoint, type MCPEndpoint } from '../src/mcp/endpoint.ts'
import { createToolServer } from '../src/mcp/mcp-server.ts'
import { createResumableSessions, type ResumableLimits } from '../src/mcp/resumable-sessions.ts'
import type { Tool } from '../src/mcp/tools.ts'
import { newSession } from './session.ts'

const url = 'https://mcp.example.com/mcp'
const secret = '11'.repeat(32)
const newer = '22'.repeat(32)
const notFound = { jsonrpc: '2.0', error: { code: -32_001, message: 'Session not found' }, id: null }

let endpoints: MCPEndpoint[] = []
let events: AuthEvent[] = []
afterEach(async () => {
  await Promise.all(endpoints.map(async (endpoint) => await endpoint.endCalls()))
  endpoints = []
  events = []
})

const run = vi.fn<Tool['run']>(({ subject }) => ({ text: subject }))
const tool = (name: string, over: Partial<Tool> = {}): Tool => ({ name, title: name, description: name, run, ...over })
const tools = [
  tool('whoami'),
  tool('guilds', { canAccess: requireScopes('guilds') }),
  tool('stats', { canAccess: requireRole('admin') }),
]

/** A process: nothing is shared with another one but the secret; `null` is none. */
function newProcess(given: string | null = secret, sessions: ResumableLimits = {}): MCPEndpoint {
  const auth = createOAuthProxy({
    baseUrl: 'https://mcp.example.com',
    provider: discord({ clientId: '157730590492196864', clientSecret: 'secret', optionalScopes: ['guilds'] }),
    resource: url,
    onEvent: (event) => void events.push(event),
  })
  const endpoint = createToolEndpoint({ auth, tools, secret: given ?? undefined, sessions })
  endpoints.push(endpoint)
  return endpoint
}

interface Asked {
  readonly method?: string
  readonly body?: unknown
  readonly id?: string
  readonly session?: AuthSession
}

async function ask(
  endpoint: MCPEndpoint,
  { method = 'POST', body, id, session = newSession() }: Asked,
): Promise<Response> {
  const headers = {
    accept: 'application/json, text/event-stream',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(id === undefined ? {} : { 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' }),
  }
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  return await endpoint.fetch(new Request(url, init), session)
}

async function open(endpoint: MCPEndpoint, session?: AuthSession): Promise<string> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1.0.0' } }
  const body = { jsonrpc: '2.0', id: 1, method: 'initialize', params }
  const answer = await ask(endpoint, { body, ...(session ? { session } : {}) })
  await answer.text()
  return answer.headers.get('mcp-session-id') ?? ''
}

const call = (name: string, id: number = 2): unknown => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } })

/** The message of an answer, whether it came as JSON or as an event. */
async function messageOf(answer: Response): Promise<unknown> {
  const text = await answer.text()
  return JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text)
}

it('goes on in a process that has never seen the session, and with every kind of request', async () => {
  const id = await open(newProcess())
  const other = newProcess()
  expect(await messageOf(await ask(other, { id, body: call('whoami') }))).toMatchObject({
    result: { content: [{ text: newSession().subject }] },
  })
  const third = newProcess()
  const notified = await ask(third, { id, body: { jsonrpc: '2.0', method: 'notifications/initialized' } })
  expect(notified.status).toBe(202)
  const stream = await ask(newProcess(), { id, method: 'GET' })
  expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  expect(stream.headers.get('mcp-session-id')).toBe(id)
  await stream.body?.cancel()
  expect((await ask(newProcess(), { id, method: 'DELETE' })).status).toBe(200)
})

it('is one session to requests that come at once', async () => {
  const id = await open(newProcess())
  const other = newProcess(secret, { total: 1 })
  const all = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => await ask(other, { id, body: call('whoami', index) })),
  )
  expect(all.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
})

it('makes one server for a session, however many requests bring it', async () => {
  const createServer = vi.fn<() => McpServer>(() => createToolServer([]))
  const sessions = createResumableSessions({ resource: url, createServer, secret })
  const id = await open(newProcess())
  const known = sessions.read(id, newSession()) ?? { protocolVersion: '' }
  const find = async (): Promise<unknown> => await sessions.find(id, known, newSession())
  const [first, ...others] = [...(await Promise.all([find(), find(), find()])), await find()]
  expect(first).toMatchObject({ id })
  for (const other of others) expect(other).toBe(first)
  expect(createServer).toHaveBeenCalledOnce()
  sessions.stop()
})

it.each([
  ['another user', { subject: '53908232506183680' }],
  ['another client of the same user', { clientId: 'another' }],
  ['the same subject of another issuer', { extra: { iss: 'https://other.example' } }],
])('A037 refuses the session to %s exactly as one that does not exist', async (_, over) => {
  const here = newProcess()
  const id = await open(here)
  const there = newProcess()
  const session = newSession(over)
  // Also when its owner has taken it up already.
  const known = newProcess()
  await (await ask(known, { id, body: call('whoami') })).text()
  run.mockClear()
  for (const endpoint of [here, there, known]) {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const body = method === 'POST' ? { body: call('whoami') } : {}
      const answer = await ask(endpoint, { id, method, session, ...body })
      expect([method, answer.status, await answer.json()]).toEqual([method, 404, notFound])
    }
  }
  expect(run).not.toHaveBeenCalled()
  expect((await ask(there, { id, body: call('whoami') })).status).toBe(200)
})

it('A037 refuses ids that were made up, changed, or made with another secret', async () => {
  const id = await open(newProcess())
  const foreign = await open(newProcess(newer))
  const random = await open(newProcess(null))
  const endpoint = newProcess()
  for (const one of [crypto.randomUUID(), `x${id}`, `${id}x`, id.replace(/\.\d/, '.9'), foreign, random]) {
    const answer = await ask(endpoint, { id: one, body: call('whoami') })
    expect([answer.status, await answer.json()]).toEqual([404, notFound])
  }
})

it('keeps sessions when the secret is rotated, and ends them with the secret', async () => {
  const id = await open(newProcess(secret))
  expect((await ask(newProcess(`${newer},${secret}`), { id, body: call('whoami') })).status).toBe(200)
  expect((await ask(newProcess(newer), { id, body: call('whoami') })).status).toBe(404)
})

it('ends a session after its life, in the process that opened it and in every other one', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const here = newProcess(secret, { lifeSeconds: 100 })
  const id = await open(here)
  vi.advanceTimersByTime(99_000)
  expect((await ask(here, { id, body: call('whoami') })).status).toBe(200)
  vi.advanceTimersByTime(1000)
  const answers = [await ask(here, { id, body: call('whoami') }), await ask(newProcess(), { id, body: call('whoami') })]
  expect(answers.map(({ status }) => status)).toEqual([404, 404])
  vi.useRealTimers()
})

it('does not take up a session that its client has ended', async () => {
  const endpoint = newProcess()
  const id = await open(endpoint)
  expect((await ask(endpoint, { id, method: 'DELETE' })).status).toBe(200)
  for (const method of ['GET', 'DELETE', 'POST']) {
    const body = method === 'POST' ? { body: call('whoami') } : {}
    expect([method, (await ask(endpoint, { id, method, ...body })).status]).toEqual([method, 404])
  }
})

it('takes up what it had to give up', async () => {
  const endpoint = newProcess(secret, { perOwner: 1 })
  const [first, second] = [await open(endpoint), await open(endpoint)]
  for (const id of [first, second, first]) {
    expect((await ask(endpoint, { id, body: call('whoami') })).status).toBe(200)
  }
})

it('takes up no more sessions than it has room for', async () => {
  const ids = [await open(newProcess()), await open(newProcess(), newSession({ subject: 'another' }))]
  const full = newProcess(secret, { total: 1 })
  const stream = await ask(full, { id: ids[0] ?? '', method: 'GET' })
  const other = newSession({ subject: 'another' })
  const refused = await ask(full, { id: ids[1] ?? '', body: call('whoami'), session: other })
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
  await stream.body?.cancel()
  expect((await ask(full, { id: ids[1] ?? '', body: call('whoami'), session: other })).status).toBe(200)
})

it('A120 A038 asks the rules in a session that was taken up as in any other one', async () => {
  const id = await open(newProcess(), newSession({ scopes: ['identify', 'guilds'], roles: ['admin'] }))
  const narrow = newSession({ scopes: ['identify'] })
  const other = newProcess()
  const denied = await ask(other, { id, body: call('guilds'), session: narrow })
  expect([denied.status, denied.headers.get('www-authenticate')]).toEqual([
    403,
    expect.stringContaining('error="insufficient_scope"'),
  ])
  run.mockClear()
  expect(await messageOf(await ask(other, { id, body: call('stats'), session: narrow }))).toMatchObject({
    error: { code: -32_602, message: 'Tool stats not found' },
  })
  const list = await messageOf(
    await ask(other, { id, body: { jsonrpc: '2.0', id: 3, method: 'tools/list' }, session: narrow }),
  )
  expect(list).toMatchObject({ result: { tools: [{ name: 'whoami' }, { name: 'guilds' }] } })
  expect(run).not.toHaveBeenCalled()
  expect(events.filter(({ type }) => type === 'tool.denied')).toMatchObject([
    { name: 'guilds', reason: 'scope_missing' },
    { name: 'stats', reason: 'role_missing' },
  ])
})
