/** An MCP server of the official SDK for real clients: stateful 2025-11-25 and stateless 2026-07-28 at one URL. */
import { randomUUID } from 'node:crypto'
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import { type AuthSession, readAuthSession } from '@mcp-auth/express'
import {
  createMcpHandler,
  isLegacyRequest,
  McpServer,
  requireScopes,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import type { RequestHandler } from 'express'

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] })

/** `whoami` is for everybody, `list_guilds` needs the scope `guilds`. Both know the caller from the SDK's `AuthInfo` only. */
function createTools(): McpServer {
  const server = new McpServer({ name: 'conformance', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Who is signed in' }, ({ http }) => {
    const { clientId, scopes, extra } = http?.authInfo ?? {}
    return text(JSON.stringify({ sub: extra?.['sub'], client_id: clientId, scopes, username: extra?.['username'] }))
  })
  server.registerTool(
    'list_guilds',
    { description: 'Servers the user is in', scopeChallenge: requireScopes('identify', 'guilds') },
    ({ http }) => text(`guilds of ${String(http?.authInfo?.extra?.['sub'])}`),
  )
  return server
}

/** What answers behind the gate. A transport outlives its request in the stateful wire only, and belongs to one user. */
export function createMCPEndpoint(): RequestHandler {
  const transports = new Map<string, WebStandardStreamableHTTPServerTransport>()
  const stateless = createMcpHandler(createTools, { legacy: 'reject' })

  const stateful = async (request: Request, session: AuthSession): Promise<Response> => {
    const owned = (id: string): string => `${session.subject} ${id}`
    const known = transports.get(owned(request.headers.get('mcp-session-id') ?? ''))
    if (known) return await known.handleRequest(request, { authInfo: session })
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => void transports.set(owned(id), transport),
      onsessionclosed: (id) => void transports.delete(owned(id)),
    })
    await createTools().connect(transport)
    return await transport.handleRequest(request, { authInfo: session })
  }

  return async (request, response) => {
    const session = readAuthSession(request)
    const incoming = toWebRequest(request, session.resource.origin, request.originalUrl)
    const answer = (await isLegacyRequest(incoming))
      ? await stateful(incoming, session)
      : await stateless.fetch(incoming, { authInfo: session })
    await writeWebResponse(request, response, answer)
  }
}
