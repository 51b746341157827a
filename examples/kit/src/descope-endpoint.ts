/** The MCP endpoint of the Descope examples. @module */
import type { McpAuth } from '@mcp-auth/core'
import { createDescopeTools } from './descope-tools.ts'
import { createMCPEndpoint, type MCPEndpoint } from './mcp/endpoint.ts'
import type { ServerStart } from './server-start.ts'

/** What the endpoint needs. */
export interface DescopeEndpointOptions {
  readonly start: Pick<ServerStart, 'audit'>
  readonly auth: Pick<McpAuth, 'insufficientScope' | 'metadata'>
}

/** Creates the endpoint: three tools, on both wires. */
export function createDescopeEndpoint({ start, auth }: DescopeEndpointOptions): MCPEndpoint {
  const { audit } = start
  return createMCPEndpoint({ auth, tools: createDescopeTools({ audit }), audit })
}
