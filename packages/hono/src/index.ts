/** OAuth for MCP servers on Hono: core, and three functions. @module */
export * from '@mcp-auth/core'
export { type MCPAuthOptions, mcpAuth } from './mcp-auth.ts'
export { readAuthSession } from './read-auth-session.ts'
export { type AuthEnv, requireBearerAuth } from './require-bearer-auth.ts'
