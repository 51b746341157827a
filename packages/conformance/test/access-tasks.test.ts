import { requireRole, requireScopes } from '@mcp-auth/express'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { CallToolResultSchema, CreateTaskResultSchema } from '@modelcontextprotocol/sdk/types.js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { messageOf, tokenOf } from './support/access-caller.ts'
import { send } from './support/browser.ts'
import { startTaskServer, type TaskServer } from './support/task-server.ts'

const rules = { tools: { audit: requireRole('moderator'), scoped: requireScopes('guilds') } }
const unknown = '0123456789abcdef0123456789abcdef'
const meta = 'io.modelcontextprotocol/related-task'

interface User {
  /** Creates a task. */
  create(tool: string, content: string, meta?: Readonly<Record<string, unknown>>): Promise<string>
  /** What each method answers about a task; an error as its message, without the id. */
  ask(method: 'get' | 'result' | 'cancel', taskId: string): Promise<string>
  list(): Promise<string[]>
}

/** Opens an MCP session with a token: with the same one again it is the same user of the same client. */
async function connectUser(server: TaskServer, token: string): Promise<User> {
  const client = new Client({ name: 'conformance', version: '1.0.0' })
  const headers = { authorization: `Bearer ${token}` }
  await client.connect(new StreamableHTTPClientTransport(new URL(server.mcpURL), { requestInit: { headers } }))
  onTestFinished(async () => await client.close())
  const { tasks } = client.experimental
  const methods = {
    get: async (taskId: string): Promise<unknown> => await tasks.getTask(taskId),
    result: async (taskId: string): Promise<unknown> => await tasks.getTaskResult(taskId, CallToolResultSchema),
    cancel: async (taskId: string): Promise<unknown> => await tasks.cancelTask(taskId),
  }
  return {
    async create(tool, content, _meta = {}) {
      const params = { name: tool, arguments: { content }, task: { ttl: 60_000 }, _meta }
      return (await client.request({ method: 'tools/call', params }, CreateTaskResultSchema)).task.taskId
    },
    async ask(method, taskId) {
      const answer = await methods[method](taskId).then(
        (value) => JSON.stringify(value),
        (error: unknown) => String(error),
      )
      return answer.replaceAll(taskId, 'ID')
    },
    list: async () => (await tasks.listTasks()).tasks.map(({ taskId }) => taskId),
  }
}

describe('A037 A120 tasks of the SDK v1, in one store for all sessions', () => {
  it('are their owner’s in every session, and like unknown ones to everybody else', async () => {
    const server = await startTaskServer('v1', rules)
    const token = await tokenOf(server, 'nelly')
    const nelly = await connectUser(server, token)
    const again = await connectUser(server, token)
    const wumpus = await connectUser(server, await tokenOf(server, 'wumpus'))
    const done = await nelly.create('report', 'the report of nelly')
    const later = await nelly.create('report', 'later')
    const other = await wumpus.create('report', 'the report of wumpus')
    for (const method of ['get', 'result', 'cancel'] as const) {
      const refused = await wumpus.ask(method, done)
      expect([method, refused]).toEqual([method, await wumpus.ask(method, unknown)])
      expect(refused).toMatch(/^McpError: .*-32602.*not found/i)
      expect(await wumpus.ask(method, later)).toBe(refused)
    }
    expect([await nelly.list(), await wumpus.list()]).toEqual([[done, later], [other]])
    expect(await nelly.ask('result', done)).toContain('the report of nelly')
    expect(await nelly.ask('get', later)).toContain('"status":"working"')
    expect(await again.ask('cancel', later)).toContain('"status":"cancelled"')
    expect(await again.list()).toEqual([done, later])
    expect(server.events).toContainEqual(expect.objectContaining({ type: 'tool.denied', name: 'report' }))
  })

  it('are not reached by a request that claims to be a part of them', async () => {
    const server = await startTaskServer('v1', rules)
    const nelly = await connectUser(server, await tokenOf(server, 'nelly'))
    const wumpus = await connectUser(server, await tokenOf(server, 'wumpus'))
    const later = await nelly.create('report', 'later')
    await expect(wumpus.create('report', 'mine', { [meta]: { taskId: later } })).rejects.toThrow('Task not found')
    expect(await wumpus.list()).toEqual([])
    expect(await nelly.ask('get', later)).toContain('"status":"working"')
  })

  it('give nothing to an owner who may not use their tool any more', async () => {
    const server = await startTaskServer('v1', rules)
    server.roles.set('nelly', ['moderator'])
    const nelly = await connectUser(server, await tokenOf(server, 'nelly'))
    const audit = await nelly.create('audit', 'what only moderators read')
    expect(await nelly.ask('result', audit)).toContain('what only moderators read')
    server.roles.clear()
    for (const method of ['get', 'result', 'cancel'] as const) {
      expect(await nelly.ask(method, audit)).toBe(await nelly.ask(method, unknown))
    }
    expect(await nelly.list()).toEqual([])
    server.roles.set('nelly', ['moderator'])
    expect(await nelly.ask('result', audit)).toContain('what only moderators read')
  })

  it('belong to nobody where nobody has seen how they were created', async () => {
    const server = await startTaskServer('v1', rules)
    const token = await tokenOf(server, 'nelly')
    const nelly = await connectUser(server, token)
    const done = await nelly.create('report', 'the report of nelly')
    server.replaceAccess()
    const elsewhere = await connectUser(server, token)
    expect(await elsewhere.ask('result', done)).toBe(await elsewhere.ask('result', unknown))
    expect(await elsewhere.list()).toEqual([])
    expect(await nelly.ask('result', done)).toContain('the report of nelly')
  })
})

describe('A037 A120 tasks of the 2026-07-28 wire', () => {
  it('are their owner’s in every request, and like unknown ones to everybody else', async () => {
    const server = await startTaskServer('v2', rules)
    const nelly = await tokenOf(server, 'nelly')
    const wumpus = await tokenOf(server, 'wumpus')
    const ask = async (token: string, method: string, name: string, params: object): Promise<string> => {
      const _meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
        'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
      }
      const { text } = await send(server.mcpURL, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': method,
          'mcp-name': name,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } }),
      })
      return text
    }
    server.roles.set('nelly', ['moderator'])
    const answer = await ask(nelly, 'tools/call', 'audit', { name: 'audit', arguments: { content: 'the audit' } })
    const { result } = messageOf({ status: 200, challenge: null, body: answer })
    expect(result?.['resultType']).toBe('task')
    const taskId = String(result?.['taskId'])
    const about = async (token: string, method: string, id: string): Promise<string> =>
      (await ask(token, method, id, { taskId: id })).replaceAll(id, 'ID')
    for (const method of ['tasks/get', 'tasks/cancel']) {
      const refused = await about(wumpus, method, taskId)
      expect(refused).toContain('Task not found: ID')
      expect(refused).toBe(await about(wumpus, method, unknown))
    }
    expect(await about(nelly, 'tasks/get', taskId)).toContain('the audit')
    server.roles.clear()
    expect(await about(nelly, 'tasks/get', taskId)).toBe(await about(nelly, 'tasks/get', unknown))
    const mismatch = await ask(wumpus, 'tasks/get', unknown, { taskId })
    expect(mismatch).toContain('-32020')
  })
})
