/** The world the fake starts with; the table in `fake-discord-bot.ts` describes it. @module */
import { generateSecret } from '@mcp-auth/core/mocks'
import { type FakeDiscordUser, fakeUsers } from '@mcp-auth/provider-discord/mocks'
import { createChannels } from './channels.ts'
import { fakeBotId, fakeChannelIds, fakeGuildIds, fakeRoleIds, fakeUserIds } from './ids.ts'
import { fakePermissions } from './permission-rules.ts'
import { createIdIssuer } from './snowflakes.ts'
import type {
  FakeBot,
  FakeBotSettings,
  FakeDiscordWorld,
  FakeGuild,
  FakeMember,
  FakeMessage,
  FakeRole,
} from './state.ts'

/** Names of the messages the world starts with. */
export type FakeMessageName =
  | 'welcome'
  | 'almostTwoWeeks'
  | 'question'
  | 'answer'
  | 'muted'
  | 'bot'
  | 'announcement'
  | 'secret'
  | 'threadStart'
  | 'threadReply'
  | 'lounge'
  | 'directMessage'
  | 'seedlings'

/** A new world. */
export interface NewWorld {
  readonly world: FakeDiscordWorld
  readonly messages: Readonly<Record<FakeMessageName, string>>
  /** The first bot; it has no token yet. */
  readonly bot: FakeBot
}

const minute = 60
const hour = 60 * minute
const day = 24 * hour

/** Author, channel, text, and how many seconds ago. */
const firstMessages: Readonly<Record<FakeMessageName, readonly [string, string, string, number]>> = {
  welcome: [fakeUserIds.clyde, fakeChannelIds.general, 'Welcome to the testers!', 20 * day],
  almostTwoWeeks: [fakeUserIds.nelly, fakeChannelIds.general, 'Please read the rules.', 14 * day - hour],
  question: [fakeUserIds.rosie, fakeChannelIds.general, 'When is the release?', 3 * day],
  answer: [fakeUserIds.nelly, fakeChannelIds.general, 'The release is on Friday.', 2 * day],
  muted: [fakeUserIds.marvin, fakeChannelIds.general, 'Buy cheap followers here', 3 * hour],
  bot: [fakeBotId, fakeChannelIds.general, 'I am a bot.', 5 * minute],
  announcement: [fakeUserIds.clyde, fakeChannelIds.announcements, 'Version 2 is out.', 2 * day],
  secret: [fakeUserIds.nelly, fakeChannelIds.moderators, 'Only moderators may read about the release party.', day],
  threadStart: [fakeUserIds.nelly, fakeChannelIds.thread, '', 2 * day],
  threadReply: [fakeUserIds.rosie, fakeChannelIds.thread, 'Thanks for the notes.', hour],
  lounge: [fakeUserIds.rosie, fakeChannelIds.lounge, 'Anyone here?', 2 * hour],
  directMessage: [fakeUserIds.nelly, fakeChannelIds.directMessage, 'Hello bot, this is private.', 30 * minute],
  seedlings: [fakeUserIds.nelly, fakeChannelIds.seedlings, 'Tomatoes are up.', day],
}

/** Creates the world. */
export function createWorld(
  now: () => number,
  applicationId: string,
  users: FakeDiscordWorld['users'],
  settings: Partial<FakeBotSettings> = {},
): NewWorld {
  const issueId = createIdIssuer(now)
  const world: FakeDiscordWorld = {
    users,
    guilds: new Map([createTesters(now()), createGardenClub()].map((guild) => [guild.id, guild])),
    channels: new Map(createChannels().map((channel) => [channel.id, channel])),
    messages: new Map(),
    bots: new Map(),
    auditLog: [],
    settings: { ...createSettings(), ...settings },
    now,
    issueId,
  }
  const bot: FakeBot = {
    applicationId,
    userId: fakeBotId,
    username: 'mcp-bot',
    messageContent: true,
    redirectUris: [],
  }
  return { world, messages: addFirstMessages(world), bot }
}

/** A token in the form of Discord's: the bot's id can be read from it. */
export function issueBotToken(userId: string): string {
  return `${btoa(userId).replace(/=+$/, '')}.${generateSecret(6)}.${generateSecret(38)}`
}

function createSettings(): FakeBotSettings {
  return {
    limits: { createMessage: { limit: 5, seconds: 5 } },
    otherLimit: { limit: 50, seconds: 1 },
    globalLimit: { limit: 50, seconds: 1 },
    invalidRequestLimit: { limit: 10_000, seconds: 600 },
    searchesToIndex: 0,
    searchRetryAfter: 2,
    nonceSeconds: 300,
    latency: undefined,
  }
}

/** The people. Which servers they are in is decided by the members of the servers. */
export function createUsers(): FakeDiscordUser[] {
  const { nelly, wumpus } = fakeUsers
  const others = (['clyde', 'rosie', 'marvin', 'tim'] as const).map((username) => ({
    ...wumpus,
    id: fakeUserIds[username],
    username,
  }))
  return [{ ...nelly, guilds: [] }, wumpus, ...others]
}

function createMember(userId: string, roles: readonly string[] = [], timedOutUntil?: number): FakeMember {
  return { userId, nick: userId === fakeUserIds.nelly ? 'Nel' : null, roles, timedOutUntil }
}

function createGuild(id: string, name: string, ownerId: string, roles: FakeRole[], members: FakeMember[]): FakeGuild {
  return {
    id,
    name,
    ownerId,
    roles: new Map(roles.map((role) => [role.id, role])),
    members: new Map(members.map((member) => [member.userId, member])),
  }
}

function createTesters(now: number): FakeGuild {
  const { clyde, nelly, rosie, marvin, tim } = fakeUserIds
  const { manageMessages, mentionEveryone } = fakePermissions
  const strong = everyonePermissions | manageMessages | mentionEveryone
  const roles: FakeRole[] = [
    createEveryone(fakeGuildIds.testers),
    { id: fakeRoleIds.moderator, name: 'moderator', permissions: strong, position: 2, mentionable: true },
    { id: fakeRoleIds.muted, name: 'muted', permissions: 0n, position: 1, mentionable: false },
    { id: fakeRoleIds.bot, name: 'mcp-bot', permissions: strong, position: 3, mentionable: false, botId: fakeBotId },
  ]
  const members = [
    createMember(clyde),
    createMember(nelly, [fakeRoleIds.moderator]),
    createMember(rosie),
    createMember(marvin, [fakeRoleIds.muted]),
    createMember(tim, [], now + hour),
    createMember(fakeBotId, [fakeRoleIds.bot]),
  ]
  return createGuild(fakeGuildIds.testers, 'Discord Testers', clyde, roles, members)
}

function createGardenClub(): FakeGuild {
  const { nelly } = fakeUserIds
  return createGuild(
    fakeGuildIds.gardenClub,
    'Garden Club',
    nelly,
    [createEveryone(fakeGuildIds.gardenClub)],
    [createMember(nelly)],
  )
}

const everyonePermissions =
  fakePermissions.createInstantInvite |
  fakePermissions.addReactions |
  fakePermissions.viewChannel |
  fakePermissions.sendMessages |
  fakePermissions.embedLinks |
  fakePermissions.attachFiles |
  fakePermissions.readMessageHistory |
  fakePermissions.connect |
  fakePermissions.sendMessagesInThreads

function createEveryone(id: string): FakeRole {
  return { id, name: '@everyone', permissions: everyonePermissions, position: 0, mentionable: false }
}

function addFirstMessages(world: FakeDiscordWorld): Readonly<Record<FakeMessageName, string>> {
  const start = world.now()
  const add = (name: FakeMessageName): string => {
    const [authorId, channelId, content, age] = firstMessages[name]
    const message: FakeMessage = {
      id: world.issueId(start - age),
      channelId,
      authorId,
      content,
      type: name === 'threadStart' ? 21 : 0,
      pings: { everyone: false, users: [], roles: [] },
    }
    world.messages.set(message.id, message)
    return message.id
  }
  return {
    welcome: add('welcome'),
    almostTwoWeeks: add('almostTwoWeeks'),
    question: add('question'),
    answer: add('answer'),
    muted: add('muted'),
    bot: add('bot'),
    announcement: add('announcement'),
    secret: add('secret'),
    threadStart: add('threadStart'),
    threadReply: add('threadReply'),
    lounge: add('lounge'),
    directMessage: add('directMessage'),
    seedlings: add('seedlings'),
  }
}
