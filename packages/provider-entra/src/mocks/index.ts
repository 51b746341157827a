/** An Entra ID for tests. @module */
export { leakMarker } from '@mcp-auth/core/mocks'
export { createFakeEntra, type FakeEntra, type FakeEntraOptions } from './fake-entra.ts'
export { entraHandlers } from './handlers.ts'
export { fakeEntraUsers, fakeTenantId } from './users.ts'
