/** Tools under access rules, on the wire without sessions, for clients at the level of single requests. */
import { toWebRequest, writeWebResponse } from '@mcp-auth/core/node'
import {
  createMCPAccess,
  type McpAuth,
  type ParameterRules,
  readAuthSession,
  requireRole,
  requireScopes,
} from '@mcp-auth/express'
import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import type { RequestHandler } from 'express'
import { callMCP } from './client.ts'
import type { TestServer } from './server.ts'

/** Tools that take anything; what is in the audit log of it says {@link shownParameters}. */
const toolNames = ['echo', 'broken', 'guilds_only', 'admins_only'] as const

const shownParameters: ParameterRules = { topic: 'keep', text: 'length' }

function createTools(): McpServer {
  const server = new McpServer({ name: 'tools', version: '1.0.0' })
  for (const name of toolNames) {
    const inputSchema = fromJsonSchema<Record<string, unknown>>({ type: 'object' })
    server.registerTool(name, { description: name, inputSchema }, () => {
      if (name === 'broken') throw new Error('broken')
      return { content: [{ type: 'text', text: 'done' }] }
    })
  }
  return server
}

/** What answers behind the gate of the adapter for Express. */
export function createToolServer(auth: McpAuth): RequestHandler {
  const access = createMCPAccess(auth, {
    tools: { guilds_only: requireScopes('guilds'), admins_only: requireRole('admin') },
    parameters: Object.fromEntries(toolNames.map((name) => [name, shownParameters])),
  })
  const handler = createMcpHandler(() => access.protect(createTools()), { legacy: 'reject' })
  return async (request, response) => {
    const session = readAuthSession(request)
    const incoming = toWebRequest(request, session.resource.origin, request.originalUrl)
    const body: unknown = await incoming.json()
    const answer =
      (await access.refuse(incoming, session, body)) ??
      (await handler.fetch(incoming, { authInfo: session, parsedBody: body }))
    await writeWebResponse(request, response, answer)
  }
}

/** Calls a tool; any header may be added. */
export async function callTool(
  server: Pick<TestServer, 'mcpURL'>,
  accessToken: string | undefined,
  name: string,
  parameters: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): ReturnType<typeof callMCP> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  return await callMCP(server, accessToken, {
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name, arguments: parameters, _meta },
    }),
    headers: {
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': name,
      ...headers,
    },
  })
}
