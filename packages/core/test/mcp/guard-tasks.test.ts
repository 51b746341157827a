import { describe, expect, it } from 'vitest'
import type { MCPAccessRules } from '../../src/access/mcp-rules.ts'
import { requireAuth, requireRole, requireScopes } from '../../src/access/predicates.ts'
import type { TaskOwners } from '../../src/mcp/task-owners.ts'
import type { AuthSession } from '../../src/session.ts'
import { aliceSession, bobSession } from '../access/sessions.ts'
import { type Connection, connect, type Message, newTasks, outcomes, settle } from './connection.ts'

const rules: MCPAccessRules = {
  tools: { report: requireAuth, admin: requireRole('admin'), scoped: requireScopes('reports') },
  otherwise: () => true,
}
const relatedTask = 'io.modelcontextprotocol/related-task'
const result = (id: unknown, value: unknown): unknown => ({ jsonrpc: '2.0', id, result: value })
const admin = aliceSession({ roles: ['admin'], scopes: ['reports'] })

/** How each wire says that a task was created. */
const wires = [
  { wire: '2025-11-25', created: (taskId: string) => ({ task: { taskId, status: 'working', ttl: 60_000 } }) },
  {
    wire: '2026-07-28',
    created: (taskId: string) => ({ resultType: 'task', taskId, status: 'working', ttlMs: 60_000 }),
  },
]

/** A connection on which somebody has created a task. */
async function withTask(
  tasks: TaskOwners,
  session: AuthSession | null,
  { taskId = 'task-1', tool = 'report', created = wires[0]?.created } = {},
): Promise<Connection> {
  const connection = connect(rules, { tasks })
  connection.request('create', 'tools/call', { name: tool, arguments: {}, task: {} }, session)
  await settle()
  await connection.answer(result('create', created?.(taskId)))
  connection.seen.splice(0)
  connection.sent.splice(0)
  connection.events.splice(0)
  return connection
}

/** What the server is asked when a client asks for a task. */
async function askedId(connection: Connection, method: string, params: unknown, session?: AuthSession | null) {
  const before = connection.seen.length
  connection.request(`${method} ${before}`, method, params, session)
  await settle()
  const asked = connection.seen[before]?.['params'] as Readonly<Record<string, unknown>> | undefined
  return asked?.['taskId']
}

const methods = ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/update', 'tasks/later'] as const
const marker = /^[\w-]{22}$/

describe.each(wires)('A037 a task of the $wire wire', ({ created }) => {
  it.each(methods)('is its owner’s, on every connection: %s', async (method) => {
    const tasks = newTasks()
    const first = await withTask(tasks, aliceSession(), { created })
    const second = connect(rules, { tasks })
    const later = aliceSession({ scopes: ['other'], roles: [] })
    expect(await askedId(first, method, { taskId: 'task-1', inputResponses: {} })).toBe('task-1')
    expect(await askedId(second, method, { taskId: 'task-1' }, later)).toBe('task-1')
  })

  it.each(methods)('is answered to everybody else like one that does not exist: %s', async (method) => {
    const tasks = newTasks()
    await withTask(tasks, aliceSession(), { created })
    const others = [
      bobSession(),
      aliceSession({ clientId: 'another' }),
      aliceSession({ extra: { iss: 'https://other.example' } }),
      aliceSession({ anonymous: true }),
      null,
    ]
    for (const other of others) {
      const connection = connect(rules, { tasks })
      const answers: string[] = []
      for (const taskId of ['task-1', 'nobody-s']) {
        const asked = await askedId(connection, method, { taskId }, other)
        expect(asked).toMatch(marker)
        const { id } = connection.seen.at(-1) ?? {}
        const error = { code: -32_602, message: `Task not found: ${String(asked)}` }
        await connection.answer({ jsonrpc: '2.0', id, error })
        answers.push(JSON.stringify({ ...connection.sent.at(-1), id: 0 }).replaceAll(taskId, 'ID'))
      }
      expect(answers[0]).toBe(answers[1])
    }
  })

  it('is created by the answer, and not by one that fails or repeats an id', async () => {
    const tasks = newTasks()
    await withTask(tasks, aliceSession(), { created })
    const bob = await withTask(tasks, bobSession(), { created })
    expect(await askedId(bob, 'tasks/get', { taskId: 'task-1' }, bobSession())).toMatch(marker)
    const connection = connect(rules, { tasks })
    connection.request(1, 'tools/call', { name: 'report' })
    await settle()
    await connection.answer({ jsonrpc: '2.0', id: 1, error: { code: 1, message: '', data: created('task-2') } })
    expect(tasks.find('task-2')).toBeUndefined()
  })

  it('is not created by what is answered in place of a hidden tool, or about another task', async () => {
    const tasks = newTasks()
    const connection = await withTask(tasks, aliceSession(), { created })
    connection.request(1, 'tools/call', { name: 'admin', task: {} })
    connection.request(2, 'tasks/get', { taskId: 'task-1' })
    connection.request(3, 'tasks/result', { taskId: 'task-1' })
    await settle()
    for (const id of [1, 2, 3]) await connection.answer(result(id, created(`answered to ${id}`)))
    for (const id of [1, 2, 3]) expect(tasks.find(`answered to ${id}`)).toBeUndefined()
  })

  it('is still its owner’s when the request was cancelled while it was created', async () => {
    const tasks = newTasks()
    const connection = connect(rules, { tasks })
    connection.request(1, 'tools/call', { name: 'report', task: {} })
    await settle()
    connection.receive({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } })
    await connection.answer(result(1, created('task-9')))
    expect(await askedId(connection, 'tasks/cancel', { taskId: 'task-9' })).toBe('task-9')
  })

  it.each(methods)('of a tool that is denied now is gone for its owner as well: %s', async (method) => {
    const tasks = newTasks()
    const connection = await withTask(tasks, admin, { tool: 'admin', created })
    const demoted = aliceSession({ roles: [] })
    expect(await askedId(connection, method, { taskId: 'task-1' }, admin)).toBe('task-1')
    expect(await askedId(connection, method, { taskId: 'task-1' }, demoted)).toMatch(marker)
    expect(await askedId(connection, method, { taskId: 'task-1' }, admin)).toBe('task-1')
    expect(outcomes(connection.events)).toEqual(['tool.denied role_missing'])
    expect(connection.events[0]).toMatchObject({ name: 'admin', subject: 'alice' })
  })

  it('of a tool for which a scope is missing now is refused with that scope', async () => {
    const tasks = newTasks()
    const connection = await withTask(tasks, admin, { tool: 'scoped', created })
    connection.request(1, 'tasks/result', { taskId: 'task-1' }, aliceSession())
    await settle()
    expect(connection.seen).toEqual([])
    const message = 'The access token lacks a required scope: reports'
    expect(connection.sent).toEqual([{ jsonrpc: '2.0', id: 1, error: { code: -32_600, message } }])
  })
})

describe('A037 whoever asks for a task', () => {
  it('of somebody else is in the audit log, with the tool that created it', async () => {
    const tasks = newTasks()
    await withTask(tasks, aliceSession())
    const connection = connect(rules, { tasks })
    await askedId(connection, 'tasks/get', { taskId: 'task-1' }, bobSession())
    await askedId(connection, 'tasks/get', { taskId: 'nobody-s' }, bobSession())
    expect(connection.events).toMatchObject([{ type: 'tool.denied', name: 'report', subject: 'bob' }])
  })

  it('of their own makes no further call in the audit log', async () => {
    const connection = await withTask(newTasks(), aliceSession())
    connection.request(1, 'tasks/result', { taskId: 'task-1' })
    await settle()
    await connection.answer(result(1, { content: [], isError: true }))
    expect(connection.events).toEqual([])
  })

  it.each([undefined, null, 5, {}, ['task-1'], '', '__proto__', 'x'.repeat(100_000)])(
    'by what is no id of a task gets nothing: %j',
    async (taskId) => {
      const connection = await withTask(newTasks(), aliceSession())
      expect(await askedId(connection, 'tasks/get', { taskId })).toMatch(marker)
    },
  )

  it.each([undefined, null, [], 'task-1', ['task-1']])('may send parameters of any form: %j', async (params) => {
    const connection = await withTask(newTasks(), aliceSession())
    expect(await askedId(connection, 'tasks/result', params)).toMatch(marker)
  })

  it('is let alone with methods of a server’s own that name no task', async () => {
    const connection = await withTask(newTasks(), aliceSession())
    connection.request(1, 'tasks/statistics', { of: 'today' })
    expect(connection.seen).toMatchObject([{ method: 'tasks/statistics', params: { of: 'today' } }])
  })

  it('without a login has the tasks of the own connection only, since nothing else tells such callers apart', async () => {
    const anonymous = aliceSession({ anonymous: true, subject: '', clientId: '', extra: {} })
    for (const session of [anonymous, null]) {
      const tasks = newTasks()
      const first = connect({ otherwise: () => true }, { tasks })
      first.request(1, 'tools/call', { name: 'open' }, session)
      await settle()
      await first.answer(result(1, { task: { taskId: 'task-1' } }))
      const second = connect({ otherwise: () => true }, { tasks })
      expect(await askedId(first, 'tasks/result', { taskId: 'task-1' }, session)).toBe('task-1')
      expect(await askedId(second, 'tasks/result', { taskId: 'task-1' }, session)).toMatch(marker)
    }
  })

  it('as a part of somebody else’s task is refused, and would otherwise write into what its owner reads', async () => {
    const tasks = newTasks()
    await withTask(tasks, aliceSession())
    const connection = connect(rules, { tasks })
    const ids: unknown[] = ['task-1', 'nobody-s', undefined, {}]
    for (const [id, taskId] of ids.entries()) {
      connection.request(id, 'tools/call', { name: 'report', _meta: { [relatedTask]: { taskId } } }, bobSession())
    }
    connection.request(10, 'ping', { _meta: { [relatedTask]: 'task-1' } }, bobSession())
    connection.request(11, 'tools/list', { _meta: { [relatedTask]: null } }, bobSession())
    await settle()
    expect(connection.seen).toEqual([])
    const error = { code: -32_602, message: 'Task not found' }
    expect(connection.sent).toEqual([0, 1, 2, 3, 10, 11].map((id) => ({ jsonrpc: '2.0', id, error })))
  })

  it('may call a tool as a part of the own task', async () => {
    const connection = await withTask(newTasks(), aliceSession())
    const params = { name: 'report', _meta: { [relatedTask]: { taskId: 'task-1' } } }
    connection.request(1, 'tools/call', params)
    await settle()
    expect(connection.seen).toMatchObject([{ id: 1, params }])
  })
})

describe('A120 a list of tasks', () => {
  it('holds the caller’s own tasks only, and of those none whose tool is denied now', async () => {
    const tasks = newTasks()
    await withTask(tasks, admin, { taskId: 'a', tool: 'report' })
    await withTask(tasks, admin, { taskId: 'b', tool: 'admin' })
    await withTask(tasks, admin, { taskId: 'c', tool: 'scoped' })
    await withTask(tasks, bobSession(), { taskId: 'd' })
    const all = ['a', 'b', 'c', 'd', 'unknown', undefined, 5].map((taskId) => ({ taskId, status: 'working' }))
    const listed = async (session: AuthSession | null): Promise<unknown> => {
      const connection = connect(rules, { tasks })
      connection.request(1, 'tasks/list', {}, session)
      await connection.answer(result(1, { tasks: [...all, null, 'a'], nextCursor: 'n', _meta: {} }))
      const { tasks: left, ...others } = (connection.sent[0] as { result: { tasks: Message[] } }).result
      expect(others).toEqual({ nextCursor: 'n', _meta: {} })
      return left.map(({ taskId }) => taskId)
    }
    expect(await listed(admin)).toEqual(['a', 'b', 'c'])
    expect(await listed(aliceSession())).toEqual(['a', 'c'])
    expect(await listed(bobSession())).toEqual(['d'])
    expect(await listed(null)).toEqual([])
  })

  it.each([{}, { tasks: 'none' }, null, []])('may have any other form: %j', async (value) => {
    const connection = connect(rules)
    connection.request(1, 'tasks/list')
    await connection.answer(result(1, value))
    expect(connection.sent).toEqual([result(1, value)])
  })
})

describe('A037 news about a task', () => {
  const news = (method: string, taskId: unknown): Message => ({ jsonrpc: '2.0', method, params: { taskId } })

  it.each(['notifications/tasks/status', 'notifications/tasks', 'notifications/tasks/later'])(
    'goes to its owner only: %s',
    async (method) => {
      const tasks = newTasks()
      const alice = await withTask(tasks, aliceSession())
      const bob = await withTask(tasks, bobSession(), { taskId: 'task-2' })
      for (const connection of [alice, bob]) {
        for (const taskId of ['task-1', 'task-2', 'unknown', undefined]) await connection.answer(news(method, taskId))
      }
      expect(alice.sent).toEqual([news(method, 'task-1')])
      expect(bob.sent).toEqual([news(method, 'task-2')])
    },
  )

  it('ends when the tool that created it is denied', async () => {
    const connection = await withTask(newTasks(), admin, { tool: 'admin' })
    await connection.answer(news('notifications/tasks/status', 'task-1'))
    connection.request(1, 'ping', {}, aliceSession({ roles: [] }))
    await connection.answer(news('notifications/tasks/status', 'task-1'))
    expect(connection.sent).toHaveLength(1)
  })

  it('cannot be listened to by others: their ids are left out, as of tasks that do not exist', async () => {
    const tasks = newTasks()
    await withTask(tasks, aliceSession())
    await withTask(tasks, bobSession(), { taskId: 'task-2' })
    const connection = connect(rules, { tasks })
    const listen = (id: number, taskIds: unknown): void =>
      connection.request(
        id,
        'subscriptions/listen',
        { notifications: { toolsListChanged: true, taskIds } },
        bobSession(),
      )
    listen(1, ['task-1', 'task-2', 'unknown', 5])
    listen(2, 'task-1')
    const wanted = connection.seen.map(({ params }) => (params as { notifications: unknown }).notifications)
    expect(wanted).toEqual([
      { toolsListChanged: true, taskIds: ['task-2'] },
      { toolsListChanged: true, taskIds: [] },
    ])
  })

  it('overtakes nothing else that the server sends', async () => {
    const connection = connect(rules)
    connection.request(1, 'ping')
    const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 1 } }
    void connection.answer(progress)
    void connection.answer(result(1, {}))
    expect(connection.sent).toEqual([progress, result(1, {})])
    await settle()
  })
})
