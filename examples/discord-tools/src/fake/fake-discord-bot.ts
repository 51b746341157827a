/**
 * A Discord with a login and a bot API, as one function from request to response: no token, no network.
 *
 * The world it starts with, times before its clock's now:
 *
 * | Kind | Name | Id | |
 * | --- | --- | --- | --- |
 * | server | Discord Testers | 197038439483310086 | the bot is a member |
 * | server | Garden Club | 41771983423143937 | the bot is not; nelly owns it |
 * | role | @everyone | 197038439483310086 | reads and writes, threads too |
 * | role | moderator | 197038439483310087 | manages messages, mentions everyone; may be mentioned |
 * | role | muted | 197038439483310088 | grants nothing; general and announcements deny it writing |
 * | role | mcp-bot | 197038439483310089 | the bot's: as @everyone, manages messages, mentions everyone |
 * | category | Text channels | 197038439483310100 | holds no messages |
 * | channel | general | 197038439483310101 | open to all; four people and the bot wrote, one message is 20 days old |
 * | channel | announcements | 197038439483310102 | @everyone reads only; the moderators and the bot write |
 * | channel | moderators | 197038439483310103 | hidden from @everyone; moderators and the bot see it |
 * | thread | release notes | 197038439483310104 | of general; its first message cannot be deleted |
 * | channel | lounge | 197038439483310105 | a voice channel with its text |
 * | DM | | 197038439483310106 | the bot's with nelly |
 * | channel | seedlings | 41771983423143938 | of Garden Club |
 * | user | clyde | 155149108183695360 | owner |
 * | user | nelly | 80351110224678912 | moderator; signed in unless told otherwise |
 * | user | rosie | 82198898841029460 | no role |
 * | user | marvin | 104360151208706048 | muted |
 * | user | tim | 53905483156684800 | no role, timed out for an hour |
 * | user | wumpus | 53908232506183680 | not a member |
 * | bot | mcp-bot | 268473310986240001 | its application is the one of the login |
 *
 * What Discord documents is done as documented. Where the documentation names a status and no code, the answer is an
 * assumption and a comment says so.
 * @see [API reference](https://docs.discord.com/developers/reference)
 * @module
 */
import { createFakeDiscord, type FakeDiscord, type FakeDiscordSettings } from '@mcp-auth/provider-discord/mocks'
import { type BotControls, createBotControls } from './controls.ts'
import { type BotDesk, createBotDesk, type FakeBotFaults } from './desk.ts'
import { isLoginRequest, shareMembers } from './login.ts'
import { answerBotRequest } from './routes.ts'
import type { FakeBotRequest, FakeBotRoute, FakeBotSettings, FakeDiscordWorld } from './state.ts'
import { createUsers, createWorld, type FakeMessageName, issueBotToken } from './world.ts'

/** Options of {@link createFakeDiscordTools}. */
export interface FakeDiscordToolsOptions {
  /** Seconds since the epoch, later than 2015. Default: the clock of the machine. */
  readonly now?: () => number
  /** Changes the world before the first request. */
  readonly seed?: (world: FakeDiscordWorld) => void
  /** First values of the bot API's settings. */
  readonly settings?: Partial<FakeBotSettings>
  /** First values of the login's settings. */
  readonly login?: Partial<FakeDiscordSettings>
  /** Token of the first bot. Default: a random one. */
  readonly botToken?: string
  /** Application of login and bot. */
  readonly clientId?: string
  readonly clientSecret?: string
  /** Redirect URIs of the application, compared exactly. Default: any. */
  readonly redirectUris?: readonly string[]
  /**
   * How many requests {@link FakeDiscordTools.received} keeps. Default: 1000. The log of the login has no such bound: with
   * 0 it keeps nothing either, which is for servers that run for long.
   */
  readonly keep?: number
}

/** The fake and its controls. */
export interface FakeDiscordTools extends BotControls {
  readonly clientId: string
  readonly clientSecret: string
  /** The current token of the first bot; with its token revoked, the last one. */
  readonly botToken: string
  /** User id of the first bot. */
  readonly botId: string
  /** OAuth and what a user's access token is good for, with controls of its own. Its users are those of {@link world}. */
  readonly login: FakeDiscord
  readonly world: FakeDiscordWorld
  /** Same as `world.settings`. */
  readonly settings: FakeBotSettings
  /** Ids of the messages the world starts with. */
  readonly messages: Readonly<Record<FakeMessageName, string>>
  readonly faults: FakeBotFaults
  /** The last requests to the bot API, in order of arrival. */
  readonly received: readonly FakeBotRequest[]
  /** Those to one route. */
  receivedOn(route: FakeBotRoute): FakeBotRequest[]
  /** Every bot token, code and user token so far: none of them may turn up where a client can see it. */
  readonly secrets: readonly string[]
  /** Discord's answer. Rejects with a `TypeError` when the connection is to break. */
  fetch(request: Request): Promise<Response>
}

/**
 * Creates the fake.
 * @throws TypeError when the clock is before 2015, for which there are no ids.
 * @example
 * const fake = createFakeDiscordTools()
 * fake.setRoles(fakeUserIds.nelly, [])
 * fake.faults.fail('createMessage', '502', 1)
 */
export function createFakeDiscordTools(options: FakeDiscordToolsOptions = {}): FakeDiscordTools {
  const { now = () => Date.now() / 1000, keep = 1000, clientId = '157730590492196864' } = options
  const login = createFakeDiscord({
    ...pickLoginOptions(options),
    clientId,
    now,
    users: createUsers(),
    record: keep > 0,
  })
  const { world, messages, bot } = createWorld(now, clientId, login.users, options.settings)
  const secrets: string[] = []
  const controls = createBotControls(world, bot, (token) => secrets.push(token))
  controls.registerBot(bot, options.botToken ?? issueBotToken(bot.userId))
  options.seed?.(world)
  const desk: BotDesk = createBotDesk(world, keep)
  return {
    ...controls,
    clientId: login.clientId,
    clientSecret: login.clientSecret,
    get botToken(): string {
      return controls.tokenOf(bot.userId)
    },
    botId: bot.userId,
    login,
    world,
    settings: world.settings,
    messages,
    faults: desk.faults,
    received: desk.received,
    receivedOn: (route) => desk.received.filter((request) => request.route === route),
    get secrets(): readonly string[] {
      return [...secrets, ...login.secrets]
    },
    fetch: async (request) => {
      if (!isLoginRequest(request)) return await desk.handle(request, (call) => answerBotRequest(call, world))
      shareMembers(world, login)
      return await login.fetch(request)
    },
  }
}

function pickLoginOptions(options: FakeDiscordToolsOptions): Parameters<typeof createFakeDiscord>[0] {
  const { login, clientSecret, redirectUris } = options
  return {
    ...(login === undefined ? {} : { settings: login }),
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(redirectUris === undefined ? {} : { redirectUris }),
  }
}
