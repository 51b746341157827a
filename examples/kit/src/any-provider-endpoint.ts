/** The MCP endpoint of a server that does not know beforehand where its users sign in. @module */
import type { McpAuth } from '@mcp-auth/core'
import { createMCPEndpoint, type MCPEndpoint } from './mcp/endpoint.ts'
import type { ServerStart } from './server-start.ts'
import { createServerStats, whoami } from './usual-tools.ts'

/** What the endpoint needs. */
export interface AnyProviderEndpointOptions {
  readonly start: Pick<ServerStart, 'audit'>
  readonly auth: Pick<McpAuth, 'insufficientScope' | 'metadata'>
}

/** Creates the endpoint: the two tools that need nothing of an identity provider, on both wires. */
export function createAnyProviderEndpoint({ start, auth }: AnyProviderEndpointOptions): MCPEndpoint {
  const { audit } = start
  return createMCPEndpoint({ auth, tools: [whoami, createServerStats(audit)], audit })
}
