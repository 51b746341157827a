/** The MCP endpoint behind the gate: both wires at one URL, on `Request` and `Response` only. @module */
import { randomUUID } from 'node:crypto'
import type { AuthSession, McpAuth } from '@mcp-auth/core'
import {
  createMcpHandler,
  isJsonContentType,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import type { AuditLog } from '../audit-log.ts'
import { guardStream } from './guarded-stream.ts'
import { createMCPServer } from './mcp-server.ts'
import { calledTools, isInitialize, readMessages, rpcError } from './messages.ts'
import { createSessions, type SessionLimits } from './sessions.ts'
import { isVisible, missingToolScopes, type Tool } from './tools.ts'

/** What an endpoint needs. */
export interface MCPEndpointOptions {
  readonly auth: Pick<McpAuth, 'insufficientScope' | 'metadata'>
  readonly tools: readonly Tool[]
  readonly audit: AuditLog
  readonly sessions?: SessionLimits
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

/** Creates the endpoint. */
export function createMCPEndpoint(options: MCPEndpointOptions): MCPEndpoint {
  const { resource } = options.auth.metadata.protectedResource
  const { origin, pathname } = new URL(resource)
  const newServer = (): ReturnType<typeof createMCPServer> => createMCPServer(options)
  const stateless = createMcpHandler(newServer, { legacy: 'reject' })
  const sessions = createSessions<WebStandardStreamableHTTPServerTransport>(options.sessions)

  /** Opens a session: the first request of the stateful wire. */
  const open = async (request: Request, session: AuthSession, body: unknown): Promise<Response> => {
    const owner = ownerOf(session)
    if (!sessions.makeRoom(owner)) return rpcError(503, -32_000, 'Too many sessions', { 'retry-after': '5' })
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void sessions.add(id, owner, transport),
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
    const found = sessions.find(id, ownerOf(session))
    if (!found) return rpcError(404, -32_001, 'Session not found')
    const denied = stepUp(request, session, body, options)
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
      const denied = stepUp(request, session, body, options)
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

/** An id is no proof of anything: a session belongs to the user and the client that opened it. */
function ownerOf({ subject, clientId }: AuthSession): string {
  return JSON.stringify([subject, clientId])
}

/**
 * The 403 with which a client can ask the user for more, before anything runs: `undefined` when nothing is missing.
 * It names all scopes of the calls together with those of every sign-in, since some clients ask for exactly what they read.
 */
function stepUp(
  request: Request,
  session: AuthSession,
  body: unknown,
  { auth, tools, audit }: MCPEndpointOptions,
): Response | undefined {
  const called = calledTools(body)
  const denied = tools.filter(
    (tool) => called.includes(tool.name) && isVisible(tool, session) && missingToolScopes(tool, session).length > 0,
  )
  if (denied.length === 0) return undefined
  const { subject, clientId } = session
  const details = { outcome: 'scope_insufficient' }
  for (const { name } of denied) audit.write({ event: 'tool.denied', subject, clientId, tool: name, details })
  const usual = auth.metadata.protectedResource.scopes_supported ?? []
  return auth.insufficientScope(
    [...new Set([...usual, ...denied.flatMap(({ access }) => access.scopes ?? [])])],
    request,
  )
}
