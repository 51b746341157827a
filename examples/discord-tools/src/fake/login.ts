/** Which requests are the login's, and what it knows of the servers. @module */
import type { FakeDiscord, FakeDiscordGuild } from '@mcp-auth/provider-discord/mocks'
import { permissionsInGuild } from './permission-rules.ts'
import { formatTime } from './snowflakes.ts'
import type { FakeDiscordWorld } from './state.ts'

/** Whether OAuth is meant, or what a user's access token is good for. */
export function isLoginRequest(request: Request): boolean {
  const { pathname } = new URL(request.url)
  if (/\/oauth2\/|\/\.well-known\//.test(pathname)) return true
  const isByUser = /^bearer /i.test(request.headers.get('authorization') ?? '')
  return isByUser && /\/users\/@me(\/guilds(\/\d+\/member)?)?$/.test(decodePath(pathname))
}

function decodePath(path: string): string {
  return path.replaceAll('%40', '@')
}

/** Tells the login which servers its users are in and what they may do there: bot and users see the same members. */
export function shareMembers(world: FakeDiscordWorld, login: FakeDiscord): void {
  for (const [id, user] of login.users) login.users.set(id, { ...user, guilds: guildsOf(world, id) })
}

function guildsOf(world: FakeDiscordWorld, userId: string): FakeDiscordGuild[] {
  return [...world.guilds.values()].flatMap((guild) => {
    const member = guild.members.get(userId)
    if (member === undefined) return []
    const { nick, roles, timedOutUntil } = member
    return [
      {
        id: guild.id,
        name: guild.name,
        owner: guild.ownerId === userId,
        permissions: String(permissionsInGuild(world, guild, userId)),
        nick,
        roles,
        communication_disabled_until: timedOutUntil === undefined ? null : formatTime(timedOutUntil),
      },
    ]
  })
}
