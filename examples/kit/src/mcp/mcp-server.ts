/** Tools as a server of the official SDK, for one request or for one session. @module */
import { type AuthSession, getAuthSession } from '@mcp-auth/core'
import { McpServer } from '@modelcontextprotocol/server'
import type { Tool, ToolAnswer } from './tools.ts'

/** Creates a server. Who sees and calls which of its tools is not decided here. */
export function createToolServer(tools: readonly Tool[]): McpServer {
  const server = new McpServer(
    { name: 'mcp-auth-example', version: '0.0.0' },
    { capabilities: { tools: {} }, cacheHints: { 'tools/list': { cacheScope: 'private', ttlMs: 0 } } },
  )
  registerTools(server, tools)
  return server
}

/** Registers tools with a server of the official SDK. */
export function registerTools(server: McpServer, tools: readonly Tool[]): void {
  for (const tool of tools) {
    const { name, title, description } = tool
    server.registerTool(name, { title, description, annotations: { readOnlyHint: true } }, async (context) => {
      const answer = await runTool(tool, getAuthSession(context), context.mcpReq.signal)
      return { content: [{ type: 'text', text: answer.text }], ...(answer.isError ? { isError: true } : {}) }
    })
  }
}

/** A tool that throws has a fault of its own; what it threw is for the operator only. */
export async function runTool(tool: Tool, session: AuthSession, signal: AbortSignal): Promise<ToolAnswer> {
  try {
    return await tool.run(session, signal)
  } catch (error) {
    console.error(`the tool ${tool.name} failed: ${error instanceof Error ? error.name : typeof error}`)
    return { text: 'The tool failed.', isError: true }
  }
}
