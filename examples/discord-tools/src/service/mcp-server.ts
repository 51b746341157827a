/** The tools as a server of the official MCP SDK. @module */
import { explainFailure, getAuthSession } from '@mcp-auth/core'
import { registerTools, type Tool } from '@mcp-auth/example-kit'
import { type CallToolResult, McpServer, type ServerContext } from '@modelcontextprotocol/server'
import type { DiscordTool, ToolInput } from '../tools/tool.ts'
import type { Invoke } from './invoke.ts'
import type { GuildList } from './list-guilds.ts'
import { isDenial, toErrorObject, toFailure } from './service-error.ts'

/** What a server has. */
export interface ServerContents {
  readonly tools: readonly DiscordTool[]
  readonly guildList: GuildList
  /** Tools without parameters that every example has. */
  readonly usualTools: readonly Tool[]
  readonly invoke: Invoke
}

/** Creates a server, for one request or for one session. Who sees and calls what is not decided here. */
export function createDiscordServer({ tools, guildList, usualTools, invoke }: ServerContents): McpServer {
  const server = new McpServer(
    { name: 'discord-tools', version: '0.0.0' },
    { capabilities: { tools: {} }, cacheHints: { 'tools/list': { cacheScope: 'private', ttlMs: 0 } } },
  )
  registerTools(server, usualTools)
  const { name: listName, title: listTitle, description: about } = guildList
  server.registerTool(
    listName,
    { title: listTitle, description: about, annotations: { readOnlyHint: true } },
    async (context) =>
      await explained(context, async () => {
        const guilds = await guildList.run(getAuthSession(context), context.mcpReq.signal)
        return { content: [{ type: 'text', text: JSON.stringify(guilds) }] }
      }),
  )
  for (const tool of tools) {
    const { name, title, description, input, annotations } = tool
    server.registerTool(
      name,
      { title, description, annotations, inputSchema: described(input) },
      async (params, context) =>
        await explained(context, async () => {
          const result = await invoke(tool, params, getAuthSession(context), context.mcpReq.signal)
          return { content: [{ type: 'text', text: JSON.stringify(result) }], structuredContent: result }
        }),
    )
  }
  return server
}

/** What went wrong as the client reads it, and its code in the audit log. */
async function explained(context: ServerContext, work: () => Promise<CallToolResult>): Promise<CallToolResult> {
  try {
    return await work()
  } catch (error) {
    const failure = toFailure(error)
    explainFailure(context, { reason: failure.code, isDenial: isDenial(failure) })
    return { content: [{ type: 'text', text: JSON.stringify({ error: toErrorObject(failure) }) }], isError: true }
  }
}

/** Described to clients, and not checked by the SDK: `invoke` checks, counts and words it as it does over REST. */
function described(input: ToolInput<unknown>): ToolInput<unknown> {
  return { '~standard': { ...input['~standard'], validate: (value) => ({ value }) } }
}
