/** The tools as a server of the official MCP SDK. @module */
import { getAuthSession } from '@mcp-auth/core'
import { registerTools, type Tool } from '@mcp-auth/example-kit'
import { McpServer } from '@modelcontextprotocol/server'
import type { DiscordTool, ToolInput } from '../tools/tool.ts'
import type { Invoke } from './invoke.ts'
import { toErrorObject, toFailure } from './service-error.ts'

/** What a server has. */
export interface ServerContents {
  readonly tools: readonly DiscordTool[]
  /** Tools without parameters that every example has. */
  readonly usualTools: readonly Tool[]
  readonly invoke: Invoke
}

/** Creates a server, for one request or for one session. Who sees and calls what is not decided here. */
export function createDiscordServer({ tools, usualTools, invoke }: ServerContents): McpServer {
  const server = new McpServer(
    { name: 'discord-tools', version: '0.0.0' },
    { capabilities: { tools: {} }, cacheHints: { 'tools/list': { cacheScope: 'private', ttlMs: 0 } } },
  )
  registerTools(server, usualTools)
  for (const tool of tools) {
    const { name, title, description, input, annotations } = tool
    server.registerTool(
      name,
      { title, description, annotations, inputSchema: described(input) },
      async (params, context) => {
        try {
          const result = await invoke(tool, params, getAuthSession(context), context.mcpReq.signal)
          return { content: [{ type: 'text', text: JSON.stringify(result) }], structuredContent: result }
        } catch (error) {
          const text = JSON.stringify({ error: toErrorObject(toFailure(error)) })
          return { content: [{ type: 'text', text }], isError: true }
        }
      },
    )
  }
  return server
}

/** Described to clients, and not checked by the SDK: `invoke` checks, counts and words it as it does over REST. */
function described(input: ToolInput<unknown>): ToolInput<unknown> {
  return { '~standard': { ...input['~standard'], validate: (value) => ({ value }) } }
}
