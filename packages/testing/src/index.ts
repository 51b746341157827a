/** Recorded clients, a clock and an OpenID Provider, for tests of MCP servers. @module */
export { type OIDCServer, type OIDCServerOptions, startOIDCServer } from './oidc-server.ts'
export { type ClientName, clientProfiles } from './profiles/index.ts'
export type { ClientFactConfidence, ClientProfile, ClientProfileMetadata, ClientResource } from './profiles/profile.ts'
export { createTestClock, type TestClock } from './support/clock.ts'
