/** Discord as the identity provider of an MCP server. @module */
export { discord } from './discord.ts'
export type { DiscordClaims, DiscordIdentity, DiscordSession } from './identity.ts'
export type { DiscordOptions } from './options.ts'
