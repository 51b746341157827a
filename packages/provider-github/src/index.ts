/** GitHub as the identity provider of an MCP server. @module */
export { github } from './github.ts'
export type { GitHubClaims, GitHubIdentity, GitHubSession } from './identity.ts'
export type { GitHubMembership } from './memberships.ts'
export type { GitHubOptions } from './options.ts'
