/** OAuth for MCP servers on Fastify: core, and three functions. @module */
export * from '@mcp-auth/core'
export { mcpAuth } from './mcp-auth.ts'
export { readAuthSession } from './read-auth-session.ts'
export { requireBearerAuth } from './require-bearer-auth.ts'
