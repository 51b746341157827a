/** MCP servers of the official SDK, one request long. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuthSession } from '@mcp-auth/core'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server'

/** The SDK's transport on Node. */
export async function answerAsSDK(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void> {
  const transport = new NodeStreamableHTTPServerTransport(stateless)
  await whoAmI().connect(transport)
  await transport.handleRequest(request, response, body)
}

/** The SDK's transport on fetch. */
export async function answerAsWebSDK(request: Request, authInfo: AuthSession): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport(stateless)
  await whoAmI().connect(transport)
  return await transport.handleRequest(request, { authInfo })
}

const stateless = { enableJsonResponse: true }

function whoAmI(): McpServer {
  const server = new McpServer({ name: 'contract', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Who is signed in' }, ({ http }) => ({
    content: [{ type: 'text', text: `sub ${String(http?.authInfo?.extra?.['sub'])}` }],
  }))
  return server
}
