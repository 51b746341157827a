/** Microsoft Entra ID as the identity provider of an MCP server. @module */
export type { EntraClaims } from './claims.ts'
export { entra } from './entra.ts'
export type { EntraIdentity, EntraSession, GroupsOverage, GroupsResolver } from './identity.ts'
export type { EntraOptions } from './options.ts'
export { remoteEntra } from './remote-entra.ts'
export type { RemoteEntraOptions } from './remote-options.ts'
export { type EntraRolesOptions, entraRoles } from './roles.ts'
export type { EntraTenantOptions } from './tenants.ts'
