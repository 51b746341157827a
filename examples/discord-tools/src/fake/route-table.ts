/** Which endpoint a path means. @module */
import type { FakeBotRoute } from './state.ts'

/** An endpoint and the ids in its path. */
export interface RouteMatch {
  readonly route: FakeBotRoute
  /** As they were sent, by name: they may not be ids at all. */
  readonly ids: Readonly<Record<string, string>>
  /** A path of the API that another method would have reached. */
  readonly isWrongMethod: boolean
  /** A version of the API that the fake does not play. */
  readonly isWrongVersion: boolean
}

/** Methods and paths, with the names that errors use for the ids. The first of a path is the top-level one. */
const routes: readonly (readonly [FakeBotRoute, string, string])[] = [
  ['currentUser', 'GET', '/users/@me'],
  ['currentApplication', 'GET', '/applications/@me'],
  ['channel', 'GET', '/channels/{channel_id}'],
  ['listMessages', 'GET', '/channels/{channel_id}/messages'],
  ['createMessage', 'POST', '/channels/{channel_id}/messages'],
  ['bulkDelete', 'POST', '/channels/{channel_id}/messages/bulk-delete'],
  ['getMessage', 'GET', '/channels/{channel_id}/messages/{message_id}'],
  ['deleteMessage', 'DELETE', '/channels/{channel_id}/messages/{message_id}'],
  ['threadMember', 'GET', '/channels/{channel_id}/thread-members/{user_id}'],
  ['guild', 'GET', '/guilds/{guild_id}'],
  ['guildRoles', 'GET', '/guilds/{guild_id}/roles'],
  ['guildChannels', 'GET', '/guilds/{guild_id}/channels'],
  ['guildMember', 'GET', '/guilds/{guild_id}/members/{user_id}'],
  ['searchMessages', 'GET', '/guilds/{guild_id}/messages/search'],
]

/** Finds the endpoint. */
export function findRoute(method: string, pathname: string): RouteMatch {
  const [, version, path = ''] = /^\/api\/v(\d+)(\/.*)$/.exec(pathname) ?? []
  const matches = routes.flatMap(([route, allowed, pattern]) => {
    const ids = matchPath(pattern, path)
    return ids === undefined ? [] : [{ route, allowed, ids }]
  })
  const match = matches.find(({ allowed }) => allowed === method)
  const isWrongVersion = version !== undefined && version !== '10'
  if (match === undefined || isWrongVersion) {
    return { route: 'unknown', ids: {}, isWrongMethod: matches.length > 0, isWrongVersion }
  }
  return { route: match.route, ids: match.ids, isWrongMethod: false, isWrongVersion }
}

function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const [wanted, sent] = [pattern.split('/'), path.split('/')]
  if (wanted.length !== sent.length) return undefined
  const ids: Record<string, string> = {}
  for (const [index, name] of wanted.entries()) {
    const part = decodePart(sent[index] ?? '')
    if (name.startsWith('{')) ids[name.slice(1, -1)] = part
    else if (name !== part) return undefined
  }
  return ids
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
