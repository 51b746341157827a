/** What the example servers share. Private: examples are made of it, nothing is published. @module */
export { createDescopeEndpoint } from './descope-endpoint.ts'
export { descopeVariables, readDescopeSettings } from './descope-settings.ts'
export { createDiscordEndpoint } from './discord-endpoint.ts'
export { discordVariables, readDiscordSettings } from './discord-settings.ts'
export { notFound, toFailure } from './failure.ts'
export { readiness } from './health.ts'
export { runServer } from './run-server.ts'
