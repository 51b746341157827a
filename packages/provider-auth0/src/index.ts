/** Auth0 as the identity provider of an MCP server. @module */
export { auth0 } from './auth0.ts'
export { auth0Roles } from './claims.ts'
export type { Auth0ClaimOptions } from './common-options.ts'
export type { Auth0Claims, Auth0Identity, Auth0Session } from './identity.ts'
export type { Auth0Options } from './options.ts'
export { type RemoteAuth0Options, remoteAuth0 } from './remote-auth0.ts'
