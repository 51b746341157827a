/** Google as the identity provider of an MCP server. @module */
export type { GoogleEndpoints } from './endpoints.ts'
export { google } from './google.ts'
export type { GoogleClaims, GoogleIdentity, GoogleSession } from './identity.ts'
export type { GoogleOptions, GooglePrompt } from './options.ts'
