/** A Discord for tests and demos. @module */
export { leakMarker } from '@mcp-auth/core/mocks'
export {
  authorizationServerMetadataBody,
  currentAuthorizationBody,
  currentUserBody,
  type FakeDiscordGuild,
  type FakeDiscordTokens,
  type FakeDiscordUser,
  fakeUsers,
  guildBody,
  memberBody,
  openIdConfigurationBody,
  publicUserBody,
} from './bodies.ts'
export {
  buildErrorResponse,
  type DiscordErrorAnswer,
  type DiscordErrorName,
  discordErrorAnswers,
} from './error-answers.ts'
export { createFakeDiscord, type FakeDiscord, type FakeDiscordOptions } from './fake-discord.ts'
export type { FakeDiscordFault } from './faults.ts'
export { discordHandlers } from './handlers.ts'
export type { FakeDiscordEndpoint, FakeDiscordRequest, FakeDiscordSettings } from './state.ts'
