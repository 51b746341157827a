/** The MCP endpoint behind the gate: both wires at one URL, on `Request` and `Response` only. @module */
import { randomUUID } from 'node:crypto'
import { type AuthSession, createMCPAccess, type MCPAccess, type McpAuth, sessionOwner } from '@mcp-auth/core'
import {
  createMcpHandler,
  isJsonContentType,
  isLegacyRequest,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import { guardStream } from './guarded-stream.ts'
import { createToolServer } from './mcp-server.ts'
import { isInitialize, readMessages, rpcError } from './messages.ts'
import { createSessions, type SessionLimits } from './sessions.ts'
import type { Tool } from './tools.ts'

/** What an endpoint needs. */
export interface MCPEndpointOptions {
  readonly auth: Pick<McpAuth, 'metadata'>
  readonly access: MCPAccess
  /** A server for one request, or for one session. */
  readonly createServer: () => McpServer
  readonly sessions?: SessionLimits
}

/** What {@link createToolEndpoint} needs. */
export interface ToolEndpointOptions extends Pick<MCPEndpointOptions, 'sessions'> {
  readonly auth: Pick<McpAuth, 'decide' | 'metadata' | 'refuseAccess' | 'report'>
  readonly tools: readonly Tool[]
}

/** The endpoint. */
export interface MCPEndpoint {
  /** Its public URL, as it was configured. */
  readonly resource: string
  readonly origin: string
  readonly pathname: string
  /** Answers a request that passed the gate. Serves 2026-07-28, which is stateless, and 2025-11-25 with sessions. */
  readonly fetch: (request: Request, session: AuthSession) => Promise<Response>
  /** Ends the streams on which the server would speak first. */
  readonly endStreams: () => void
  readonly close: () => Promise<void>
}

/** Creates the endpoint of a server that has nothing but tools, each with its rule. */
export function createToolEndpoint({ auth, tools, sessions = {} }: ToolEndpointOptions): MCPEndpoint {
  const access = createMCPAccess(auth, { tools: Object.fromEntries(tools.map((tool) => [tool.name, tool])) })
  return createMCPEndpoint({ auth, access, sessions, createServer: () => createToolServer(tools) })
}

/** Creates the endpoint. */
export function createMCPEndpoint({ auth, access, createServer, ...options }: MCPEndpointOptions): MCPEndpoint {
  const { resource } = auth.metadata.protectedResource
  const { origin, pathname } = new URL(resource)
  const newServer = (): McpServer => access.protect(createServer())
  const stateless = createMcpHandler(newServer, { legacy: 'reject' })
  const sessions = createSessions<WebStandardStreamableHTTPServerTransport>(options.sessions)

  /** Opens a session: the first request of the stateful wire. An id is no proof: a session keeps its owner. */
  const open = async (request: Request, session: AuthSession, body: unknown): Promise<Response> => {
    const owner = sessionOwner(session)
    const user = sessionOwner({ ...session, clientId: '' })
    if (!sessions.makeRoom(owner, user)) return rpcError(503, -32_000, 'Too many sessions', { 'retry-after': '5' })
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void sessions.add(id, owner, transport, user),
      onsessionclosed: (id) => sessions.remove(id),
    })
    await newServer().connect(transport)
    const answer = await transport.handleRequest(request, { authInfo: session, parsedBody: body })
    if (transport.sessionId === undefined) await transport.close()
    return answer
  }

  const stateful = async (request: Request, session: AuthSession, body: unknown): Promise<Response> => {
    const id = request.headers.get('mcp-session-id')
    if (id === null) {
      if (request.method === 'POST' && isInitialize(body)) return await open(request, session, body)
      return rpcError(400, -32_000, 'Bad Request: Mcp-Session-Id header is required')
    }
    const found = sessions.find(id, sessionOwner(session))
    if (!found) return rpcError(404, -32_001, 'Session not found')
    const denied = await access.refuse(request, session, body)
    if (denied) return denied
    const answer = await found.connection.handleRequest(request, {
      authInfo: session,
      ...(body === undefined ? {} : { parsedBody: body }),
    })
    found.open += 1
    return guardStream(answer, { endsAt: session.expiresAt, onEnd: () => void (found.open -= 1) })
  }

  return {
    resource,
    origin,
    pathname,
    async fetch(request, session) {
      const { method, headers } = request
      if (!['GET', 'POST', 'DELETE'].includes(method)) {
        return rpcError(405, -32_000, 'Method not allowed', { allow: 'GET, POST, DELETE' })
      }
      if (method === 'POST' && !isJsonContentType(headers.get('content-type'))) {
        return rpcError(415, -32_000, 'Unsupported Media Type: Content-Type must be application/json')
      }
      const { body, refused } = method === 'POST' ? await readMessages(request) : { body: undefined }
      if (refused) return refused
      if (await isLegacyRequest(request, body)) return await stateful(request, session, body)
      const denied = await access.refuse(request, session, body)
      if (denied) return denied
      const answer = await stateless.fetch(request, {
        authInfo: session,
        ...(body === undefined ? {} : { parsedBody: body }),
      })
      return guardStream(answer, { endsAt: session.expiresAt, onEnd() {} })
    },
    endStreams() {
      for (const transport of sessions.connections()) transport.closeStandaloneSSEStream()
    },
    async close() {
      sessions.stop()
      await Promise.all([stateless.close(), ...sessions.connections().map((transport) => transport.close())])
    },
  }
}
