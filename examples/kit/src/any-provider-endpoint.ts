/** The MCP endpoint of a server that does not know beforehand where its users sign in. @module */
import { createToolEndpoint, type MCPEndpoint, type ToolEndpointOptions } from './mcp/endpoint.ts'
import type { ServerStart } from './server-start.ts'
import { createServerStats, whoami } from './usual-tools.ts'

/** What the endpoint needs. */
export interface AnyProviderEndpointOptions {
  readonly start: Pick<ServerStart, 'audit' | 'environment'>
  readonly auth: ToolEndpointOptions['auth']
}

/** Creates the endpoint: the two tools that need nothing of an identity provider, on both wires. */
export function createAnyProviderEndpoint({ start, auth }: AnyProviderEndpointOptions): MCPEndpoint {
  const { audit, environment } = start
  return createToolEndpoint({ auth, tools: [whoami, createServerStats(audit)], secret: environment.secret })
}
