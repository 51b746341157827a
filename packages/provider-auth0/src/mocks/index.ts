/** An Auth0 for tests. @module */
export { leakMarker } from '@mcp-auth/core/mocks'
export { createFakeAuth0, type FakeAuth0, type FakeAuth0Options } from './fake-auth0.ts'
export { auth0Handlers } from './handlers.ts'
export { fakeAuth0Users } from './users.ts'
