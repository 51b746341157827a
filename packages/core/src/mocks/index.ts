/** An identity provider (IdP) for tests and demos, whose habits a profile decides. @module */
export { createFakeIdP, type FakeIdP, type FakeIdPGrantRequest, type FakeIdPOptions } from './fake-idp.ts'
export type { FakeIdPFault } from './faults.ts'
export { idpHandlers } from './handlers.ts'
export type { FakeIdPAlgorithm, FakeIdPKeyChoice, FakeIdPKeys } from './keys.ts'
export type {
  FakeIdPApiCall,
  FakeIdPApiEndpoint,
  FakeIdPClientAuthentication,
  FakeIdPEndpointName,
  FakeIdPObjection,
  FakeIdPProfile,
  FakeIdPRefusal,
  FakeIdPTokenContext,
} from './profile.ts'
export { leakMarker } from './refusals.ts'
export {
  type FakeIdPCall,
  type FakeIdPGrant,
  type FakeIdPRequest,
  type FakeIdPSettings,
  type FakeIdPState,
  type FakeIdPTokens,
  type FakeIdPUser,
  findGrant,
} from './state.ts'
export type { FakeIdPOverrides } from './tokens.ts'
export { fakeIdPUsers } from './users.ts'
