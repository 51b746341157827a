/** The MCP endpoint behind the gate: both wires at one URL, on `Request` and `Response` only. @module */
import { type AuthSession, createMCPAccess, type MCPAccess, type McpAuth, type RequestHead } from '@mcp-auth/core'
import { createMcpHandler, isJsonContentType, isLegacyRequest, type McpServer } from '@modelcontextprotocol/server'
import { guardStream } from './guarded-stream.ts'
import { createToolServer } from './mcp-server.ts'
import { readMessages, rpcError } from './messages.ts'
import type { ResumableLimits } from './resumable-sessions.ts'
import { createStatefulWire } from './stateful-wire.ts'
import type { Tool } from './tools.ts'

/** What an endpoint needs. */
export interface MCPEndpointOptions {
  readonly auth: Pick<McpAuth, 'authenticate' | 'metadata'>
  readonly access: MCPAccess
  /** A server for one request, or for one session. */
  readonly createServer: () => McpServer
  /** `MCP_AUTH_SECRET`: with it, sessions go on in another process that has it. */
  readonly secret?: string | undefined
  readonly sessions?: ResumableLimits
}

/** What {@link createToolEndpoint} needs. */
export interface ToolEndpointOptions extends Pick<MCPEndpointOptions, 'secret' | 'sessions'> {
  readonly auth: Pick<McpAuth, 'authenticate' | 'decide' | 'metadata' | 'refuseAccess' | 'report'>
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
  /** Ends everything: calls in progress are told to stop, are answered by an error, and are in the audit log. */
  readonly endCalls: () => Promise<void>
}

/** Creates the endpoint of a server that has nothing but tools, each with its rule. */
export function createToolEndpoint({ auth, tools, ...options }: ToolEndpointOptions): MCPEndpoint {
  const access = createMCPAccess(auth, { tools: Object.fromEntries(tools.map((tool) => [tool.name, tool])) })
  return createMCPEndpoint({ auth, access, createServer: () => createToolServer(tools), ...options })
}

/** Creates the endpoint. */
export function createMCPEndpoint({ auth, access, secret, sessions, ...options }: MCPEndpointOptions): MCPEndpoint {
  const { resource } = auth.metadata.protectedResource
  const { origin, pathname } = new URL(resource)
  const createServer = (): McpServer => access.protect(options.createServer())
  const isGood = async (request: RequestHead): Promise<boolean> => {
    const answer = await auth.authenticate(request)
    return !(answer instanceof Response) || answer.status >= 500
  }
  const stateful = createStatefulWire({ resource, access, createServer, isGood, secret, limits: sessions })
  const stateless = createMcpHandler(createServer, { legacy: 'reject' })
  let isEnding = false

  const serveStateless = async (request: Request, session: AuthSession, body: unknown): Promise<Response> => {
    const denied = await access.refuse(request, session, body)
    if (denied) return denied
    if (isEnding) return ending()
    const parsed = body === undefined ? {} : { parsedBody: body }
    const answer = await stateless.fetch(request, { authInfo: session, ...parsed })
    // What the SDK answers when its server was closed meanwhile.
    if (isEnding && answer.status === 499) return ending()
    return guardStream(answer, { endsAt: session.expiresAt, isGood: async () => await isGood(request), onEnd() {} })
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
      if (isEnding) return ending()
      if (await isLegacyRequest(request, body)) return await stateful.fetch(request, session, body)
      return await serveStateless(request, session, body)
    },
    endStreams: () => stateful.endStreams(),
    async endCalls() {
      isEnding = true
      await Promise.all([stateless.close(), stateful.close()])
    },
  }
}

function ending(): Response {
  return rpcError(503, -32_000, 'The server is shutting down', { 'retry-after': '1' })
}
