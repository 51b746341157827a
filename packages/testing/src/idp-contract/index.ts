/** The contract of identity provider (IdP) packages. @module */
export { describeIdPContract } from './describe.ts'
export type {
  CreateIdP,
  IdPExpectations,
  IdPFake,
  IdPFakeSettings,
  IdPFault,
  IdPFixture,
  IdPSurroundings,
} from './fixture.ts'
