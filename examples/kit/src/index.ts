/** What the example servers share. Private: examples are made of it, nothing is published. @module */
export { discordVariables, readDiscordSettings } from './discord-settings.ts'
export { createDiscordTools } from './discord-tools.ts'
export { isStoreReady } from './health.ts'
export { createMCPEndpoint } from './mcp/endpoint.ts'
export { runServer } from './run-server.ts'
