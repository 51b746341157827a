/** What tests change in the fake's world while it runs. @module */
import { fakeGuildIds } from './ids.ts'
import { allFakePermissions, isThread } from './permission-rules.ts'
import type { FakeBot, FakeDiscordWorld, FakeGuild, FakeMember, FakeOverwrite } from './state.ts'
import { issueBotToken } from './world.ts'

/** The controls. Members are those of Discord Testers. */
export interface BotControls {
  /** Gives a bot one more token, and an application to a new bot. It is a member of nothing until {@link join}. */
  registerBot(bot: FakeBot, token?: string): string
  /** Current token of a bot, or its last one when it has none any more. */
  tokenOf(userId: string): string
  /** From now on every token of the bot, the first one unless named, is answered with 401. */
  revokeBotToken(userId?: string): void
  /** As "reset token" in the developer portal: a new one, and the old ones are dead. */
  replaceBotToken(userId?: string): string
  /** Makes somebody a member, with the roles of these ids. */
  join(userId: string, roles?: readonly string[]): void
  /** Takes a member away: kicked, or left. */
  removeMember(userId: string): void
  /** @throws TypeError when not a member; so do the others. */
  setRoles(userId: string, roles: readonly string[]): void
  /** Until then, in seconds since the epoch; `undefined` ends it. */
  timeOut(userId: string, until: number | undefined): void
  /** Sets or replaces the overwrite of a role or a member. @throws TypeError for an unknown channel. */
  setOverwrite(channelId: string, overwrite: FakeOverwrite): void
  /** Exactly these permissions for the first bot: of its role and in every channel that has overwrites or none. */
  setBotPermissions(permissions: bigint): void
}

/** Creates the controls. */
export function createBotControls(
  world: FakeDiscordWorld,
  first: FakeBot,
  remember: (token: string) => void,
): BotControls {
  const lastTokens = new Map<string, string>()
  const registerBot = (bot: FakeBot, token = issueBotToken(bot.userId)): string => {
    world.bots.set(token, bot)
    lastTokens.set(bot.userId, token)
    remember(token)
    return token
  }
  const revokeBotToken = (userId = first.userId): FakeBot | undefined => {
    const tokens = [...world.bots].filter(([, bot]) => bot.userId === userId)
    for (const [token] of tokens) world.bots.delete(token)
    return tokens[0]?.[1]
  }
  return {
    registerBot,
    tokenOf: (userId) => lastTokens.get(userId) ?? '',
    revokeBotToken: (userId) => void revokeBotToken(userId),
    replaceBotToken: (userId) => registerBot(revokeBotToken(userId) ?? first),
    join: (userId, roles = []) => {
      testers(world).members.set(userId, { userId, nick: null, roles, timedOutUntil: undefined })
    },
    removeMember: (userId) => void testers(world).members.delete(userId),
    setRoles: (userId, roles) => {
      memberOf(world, userId).roles = roles
    },
    timeOut: (userId, until) => {
      memberOf(world, userId).timedOutUntil = until
    },
    setOverwrite: (channelId, overwrite) => {
      const channel = world.channels.get(channelId)
      if (channel === undefined) throw new TypeError(`no channel ${channelId}`)
      channel.overwrites.set(overwrite.id, overwrite)
    },
    setBotPermissions: (permissions) => setExactPermissions(world, first.userId, permissions),
  }
}

function testers(world: FakeDiscordWorld): FakeGuild {
  const guild = world.guilds.get(fakeGuildIds.testers)
  if (guild === undefined) throw new TypeError('Discord Testers is gone')
  return guild
}

function memberOf(world: FakeDiscordWorld, userId: string): FakeMember {
  const member = testers(world).members.get(userId)
  if (member === undefined) throw new TypeError(`${userId} is not a member`)
  return member
}

/** `@everyone` grants to the bot as well, which only an overwrite for the bot itself can take back. */
function setExactPermissions(world: FakeDiscordWorld, userId: string, permissions: bigint): void {
  const guild = testers(world)
  for (const role of guild.roles.values()) if (role.botId === userId) role.permissions = permissions
  for (const channel of world.channels.values()) {
    if (channel.guildId !== guild.id || isThread(channel)) continue
    const deny = allFakePermissions & ~permissions
    channel.overwrites.set(userId, { id: userId, type: 'member', allow: permissions, deny })
  }
}
