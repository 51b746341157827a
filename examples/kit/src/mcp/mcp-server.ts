/** Tools as a server of the official SDK, for one request or for one session. @module */
import type { AuthSession } from '@mcp-auth/core'
import { McpServer, ProtocolError, ProtocolErrorCode, type ServerContext } from '@modelcontextprotocol/server'
import type { AuditLog } from '../audit-log.ts'
import { isVisible, missingToolScopes, type Tool, type ToolAnswer } from './tools.ts'

/** What a server serves. */
export interface McpServerOptions {
  readonly tools: readonly Tool[]
  readonly audit: AuditLog
}

/**
 * Creates a server. Which tools there are is decided anew for every request, by the session of that request: a
 * connection may live longer than a role or a token.
 */
export function createMCPServer({ tools, audit }: McpServerOptions): McpServer {
  const mcp = new McpServer(
    { name: 'mcp-auth-example', version: '0.0.0' },
    { cacheHints: { 'tools/list': { cacheScope: 'private', ttlMs: 0 } } },
  )
  mcp.server.registerCapabilities({ tools: {} })
  mcp.server.setRequestHandler('tools/list', (_request, context) => {
    const session = sessionOf(context)
    return { tools: tools.filter((tool) => isVisible(tool, session)).map(describe) }
  })
  mcp.server.setRequestHandler('tools/call', async (request, context) => {
    const { name } = request.params
    const session = sessionOf(context)
    const tool = tools.find((candidate) => candidate.name === name)
    const write = (event: string, outcome: string): void =>
      audit.write({
        event,
        subject: session.subject,
        clientId: session.clientId,
        tool: tool?.name,
        details: { outcome },
      })
    if (!tool || !isVisible(tool, session)) {
      // The same answer for both, or it would tell what exists.
      write('tool.denied', tool ? 'role_missing' : 'tool_unknown')
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${name}`)
    }
    if (missingToolScopes(tool, session).length > 0) {
      // The endpoint has answered 403 before: this is for whoever uses this server without that endpoint.
      write('tool.denied', 'scope_insufficient')
      throw new ProtocolError(ProtocolErrorCode.InvalidRequest, 'The access token lacks a required scope')
    }
    const answer = await run(tool, session, context.mcpReq.signal)
    write('tool.called', answer.isError ? 'error' : 'ok')
    return { content: [{ type: 'text' as const, text: answer.text }], ...(answer.isError ? { isError: true } : {}) }
  })
  return mcp
}

/** A tool that throws has a fault of its own; what it threw is for the operator only. */
async function run(tool: Tool, session: AuthSession, signal: AbortSignal): Promise<ToolAnswer> {
  try {
    return await tool.run(session, signal)
  } catch (error) {
    console.error(`the tool ${tool.name} failed: ${error instanceof Error ? error.name : typeof error}`)
    return { text: 'The tool failed.', isError: true }
  }
}

function describe({ name, title, description }: Tool): {
  name: string
  title: string
  description: string
  inputSchema: { type: 'object'; properties: Record<string, never> }
  annotations: { readOnlyHint: boolean }
} {
  return {
    name,
    title,
    description,
    inputSchema: { type: 'object', properties: {} },
    annotations: { readOnlyHint: true },
  }
}

/** The session of this request: the endpoint hands it to the SDK, which hands it on untouched. */
function sessionOf(context: ServerContext): AuthSession {
  const info: unknown = context.http?.authInfo
  if (!isAuthSession(info)) throw new ProtocolError(ProtocolErrorCode.InternalError, 'The request has no session')
  return info
}

function isAuthSession(info: unknown): info is AuthSession {
  return typeof info === 'object' && info !== null && 'getUpstreamAccessToken' in info && 'subject' in info
}
