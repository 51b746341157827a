/** The MCP endpoint of the Descope examples. @module */
import { createDescopeTools } from './descope-tools.ts'
import { createToolEndpoint, type MCPEndpoint, type ToolEndpointOptions } from './mcp/endpoint.ts'
import type { ServerStart } from './server-start.ts'

/** What the endpoint needs. */
export interface DescopeEndpointOptions {
  readonly start: Pick<ServerStart, 'audit' | 'environment'>
  readonly auth: ToolEndpointOptions['auth']
}

/** Creates the endpoint: three tools, on both wires. */
export function createDescopeEndpoint({ start, auth }: DescopeEndpointOptions): MCPEndpoint {
  const { audit, environment } = start
  return createToolEndpoint({ auth, tools: createDescopeTools({ audit }), secret: environment.secret })
}
