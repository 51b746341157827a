/** Descope as the authorization server of an MCP server. @module */
export { type DescopeClaims, type DescopeSession, type DescopeTenant, readDescopeClaims } from './claims.ts'
export { descope } from './descope.ts'
export { classifyDescopeError } from './errors.ts'
export type { TenantIssuers } from './locations.ts'
export type { DescopeOptions } from './options.ts'
