/** A Descope for tests and demos. @module */
export { leakMarker } from '@mcp-auth/core/mocks'
export {
  type FakeDescopeUser,
  fakeUsers,
  type MetadataRequest,
  metadataBody,
  registrationBody,
  userinfoBody,
} from './bodies.ts'
export {
  buildErrorResponse,
  type DescopeErrorAnswer,
  type DescopeErrorName,
  descopeErrorAnswers,
} from './error-answers.ts'
export { createFakeDescope, type FakeDescope, type FakeDescopeOptions } from './fake-descope.ts'
export type { FakeDescopeFault } from './faults.ts'
export { descopeHandlers } from './handlers.ts'
export type { FakeKey } from './signer.ts'
export type {
  FakeDescopeClient,
  FakeDescopeEndpoint,
  FakeDescopeGrant,
  FakeDescopeRequest,
  FakeDescopeSettings,
} from './state.ts'
export type { FakeDescopeTokens, MintOptions } from './tokens.ts'
