/** A Google for tests and demos. @module */
export {
  type FakeIdPFault as FakeGoogleFault,
  type FakeIdPUser as FakeGoogleUser,
  leakMarker,
} from '@mcp-auth/core/mocks'
export { fakeGoogleUsers } from './claims.ts'
export { createFakeGoogle, type FakeGoogle, type FakeGoogleOptions, googleHandlers } from './fake-google.ts'
