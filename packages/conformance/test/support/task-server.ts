/** MCP servers whose tools answer later, with tasks, of both official SDKs: all sessions share their tasks. */
import { randomUUID } from 'node:crypto'
import { toRequestHead, toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import { createMCPAccess, type MCPAccess, type MCPAccessOptions } from '@mcp-auth/express'
import {
  InMemoryTaskMessageQueue,
  InMemoryTaskStore,
  type TaskStore,
} from '@modelcontextprotocol/sdk/experimental/tasks'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import * as z from 'zod/mini'
import { type Exchange, mcpHost, type Serve } from './access-hosts.ts'
import type { TestServer } from './server.ts'
import { startServer } from './start.ts'

/** The server. */
export interface TaskServer extends TestServer {
  readonly roles: Map<string, readonly string[]>
  /** Another process, with the same store, that has not seen how tasks were created. */
  readonly replaceAccess: () => void
}

/** What is to be said about a tool. */
const tools = ['report', 'audit'] as const

const text = (value: string): CallToolResult => ({ content: [{ type: 'text', text: value }] })

/** A store that leaves it to others whose a task is. */
function sharedStore(): TaskStore {
  const inner = new InMemoryTaskStore()
  return {
    createTask: async (parameters, id, request) => await inner.createTask(parameters, id, request),
    getTask: async (taskId) => await inner.getTask(taskId),
    storeTaskResult: async (taskId, status, result) => await inner.storeTaskResult(taskId, status, result),
    getTaskResult: async (taskId) => await inner.getTaskResult(taskId),
    updateTaskStatus: async (taskId, status, message) => await inner.updateTaskStatus(taskId, status, message),
    listTasks: async (cursor) => await inner.listTasks(cursor),
  }
}

function createV1(taskStore: TaskStore, taskMessageQueue: InMemoryTaskMessageQueue): McpServerV1 {
  const capabilities = { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } }
  const server = new McpServerV1({ name: 'tasks', version: '1.0.0' }, { capabilities, taskStore, taskMessageQueue })
  for (const name of tools) {
    server.experimental.tasks.registerToolTask(
      name,
      { inputSchema: { content: z.string() }, execution: { taskSupport: 'required' } },
      {
        async createTask({ content }, { taskStore: store, taskRequestedTtl }) {
          const task = await store.createTask({ ttl: taskRequestedTtl ?? null, pollInterval: 1 })
          // What says "later" stays unfinished.
          if (content !== 'later') await store.storeTaskResult(task.taskId, 'completed', text(content))
          return { task }
        },
        getTask: async (_parameters, { taskId, taskStore: store }) => await store.getTask(taskId),
        getTaskResult: async (_parameters, { taskId, taskStore: store }) =>
          (await store.getTaskResult(taskId)) as CallToolResult,
      },
    )
  }
  return server
}

/** The SDK v2 knows tasks as an extension only: its handlers are the server's own. */
function createV2(results: Map<string, string>): McpServer {
  const mcp = new McpServer({ name: 'tasks', version: '1.0.0' }, { capabilities: { tools: {} } })
  const stored = (taskId: string): string => {
    const content = results.get(taskId)
    if (content === undefined) throw new Error(`Task not found: ${taskId}`)
    return content
  }
  const state = { createdAt: '2026-11-21T00:00:00Z', lastUpdatedAt: '2026-11-21T00:00:00Z', ttlMs: 60_000 }
  mcp.server.setRequestHandler('tools/call', ({ params }) => {
    const taskId = randomUUID()
    results.set(taskId, String(params.arguments?.['content']))
    return { resultType: 'task', taskId, status: 'working', ...state, content: [] }
  })
  const ofTask = { params: z.looseObject({ taskId: z.string() }) }
  mcp.server.setRequestHandler('tasks/get', ofTask, ({ taskId }) => {
    const result = text(stored(taskId))
    return { taskId, status: 'completed', result, ...state }
  })
  mcp.server.setRequestHandler('tasks/cancel', ofTask, ({ taskId }) => {
    stored(taskId)
    results.delete(taskId)
    return {}
  })
  return mcp
}

type Endpoint = (access: () => MCPAccess) => Serve

const endpoints: Readonly<Record<'v1' | 'v2', () => Endpoint>> = {
  v1() {
    const store = sharedStore()
    const queue = new InMemoryTaskMessageQueue()
    const transports = new Map<string, StreamableHTTPServerTransport>()
    return (access) => async (exchange) => {
      const known = transports.get(String(exchange.incoming.headers['mcp-session-id']))
      const transport =
        known ??
        new StreamableHTTPServerTransport({
          sessionIdGenerator: () => randomUUID(),
          onsessioninitialized: (id) => void transports.set(id, transport),
        })
      if (!known) await access().protect(createV1(store, queue)).connect(transport)
      const { incoming, outgoing, session, body } = exchange
      await transport.handleRequest(Object.assign(incoming, { auth: session }), outgoing, body)
    }
  },
  v2() {
    const results = new Map<string, string>()
    return (access) => {
      const handler = createMcpHandler(() => access().protect(createV2(results)), { legacy: 'reject' })
      return async (exchange: Exchange) => {
        const { incoming, outgoing, session, body } = exchange
        const request = toWebRequest(incoming, session.resource.origin, incoming.url ?? '/', body)
        await writeWebResponse(
          incoming,
          outgoing,
          await handler.fetch(request, { authInfo: session, parsedBody: body }),
        )
      }
    }
  },
}

/** Starts it for the running test. */
export async function startTaskServer(kind: 'v1' | 'v2', rules: MCPAccessOptions): Promise<TaskServer> {
  const roles = new Map<string, readonly string[]>()
  const made: { replace: () => void } = { replace() {} }
  const server = await startServer({
    discordScopes: ['identify'],
    roles: ({ username = '' }) => roles.get(username) ?? [],
    listener: (auth) => {
      let access = createMCPAccess(auth, rules)
      made.replace = () => {
        access = createMCPAccess(auth, rules)
      }
      const serve = endpoints[kind]()(() => access)
      const { origin } = new URL(auth.metadata.protectedResource.resource)
      return mcpHost()(auth, {}, async (exchange) => {
        const { incoming, outgoing, session, body } = exchange
        const refusal = await access.refuse(toRequestHead(incoming, origin, incoming.url ?? '/'), session, body)
        await (refusal ? writeWebResponse(incoming, outgoing, refusal) : serve(exchange))
      })
    },
  })
  return { ...server, roles, replaceAccess: () => made.replace() }
}
