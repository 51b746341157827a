/** A GitHub for tests and demos. @module */
export { type FakeIdPFault as FakeGitHubFault, leakMarker } from '@mcp-auth/core/mocks'
export type { FakeGitHubPermission } from './api.ts'
export { createFakeGitHub, type FakeGitHub, type FakeGitHubOptions, githubHandlers } from './fake-github.ts'
export { type FakeGitHubUser, fakeGitHubUsers } from './users.ts'
