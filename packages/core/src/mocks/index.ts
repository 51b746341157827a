/** An identity provider (IdP) for tests and demos, whose habits a profile decides, and the parts to make another fake of. @module */
export { buildEmptyAnswer, buildPageAnswer, buildTruncatedAnswer, leakMarker } from './broken-answers.ts'
export { parseBasicCredentials } from './client.ts'
export {
  createFakeDesk,
  type FakeControls,
  type FakeDesk,
  type FakeExchange,
  type FakeOptions,
  type FakeSettings,
} from './controls.ts'
export { createFakeIdP, type FakeIdP, type FakeIdPGrantRequest, type FakeIdPOptions } from './fake-idp.ts'
export type { FakeFault, FakeFaultWord } from './fault-plan.ts'
export type { FakeIdPFault } from './faults.ts'
export { idpHandlers } from './handlers.ts'
export type { FakeIdPAlgorithm, FakeIdPKeyChoice, FakeIdPKeys } from './keys.ts'
export { type LoginPage, type LoginPageUser, renderLoginPage } from './login-page.ts'
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
export {
  describeRequest,
  distinguishRefresh,
  type LoggedRequest,
  type ReceivedRequest,
  receiveRequest,
} from './received-request.ts'
export { generateSecret } from './secrets.ts'
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
export { calculateCodeChallenge } from './token.ts'
export type { FakeIdPOverrides } from './tokens.ts'
export { fakeIdPUsers } from './users.ts'
