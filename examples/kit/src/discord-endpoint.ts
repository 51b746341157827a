/** The MCP endpoint of the Discord examples. @module */
import type { DiscordSettings } from './discord-settings.ts'
import { createDiscordTools } from './discord-tools.ts'
import { createToolEndpoint, type MCPEndpoint, type ToolEndpointOptions } from './mcp/endpoint.ts'
import type { ServerStart } from './server-start.ts'

/** What the endpoint needs. */
export interface DiscordEndpointOptions {
  readonly start: Pick<ServerStart, 'audit' | 'environment'>
  readonly settings: Pick<DiscordSettings, 'apiUrl'>
  /** Whose headers calls to Discord carry. */
  readonly provider: { readonly headers?: Readonly<Record<string, string>> | undefined }
  readonly auth: ToolEndpointOptions['auth']
}

/** Creates the endpoint: three tools, on both wires. */
export function createDiscordEndpoint({ start, settings, provider, auth }: DiscordEndpointOptions): MCPEndpoint {
  const { audit, environment } = start
  const tools = createDiscordTools({ apiUrl: settings.apiUrl, headers: provider.headers, audit })
  return createToolEndpoint({ auth, tools, secret: environment.secret })
}
