/** Discord's scopes: which make sense for signing a user in, and what they mean in plain words. @module */
import { ConfigurationError } from '@mcp-auth/core'

/**
 * The scopes an MCP server may ask for, as the consent page explains them.
 * @see [OAuth2 scopes](https://docs.discord.com/developers/topics/oauth2#shared-resources-oauth2-scopes)
 */
export const scopeDescriptions: Readonly<Record<string, string>> = Object.freeze({
  identify: 'See your Discord username and avatar',
  email: 'See your email address',
  guilds: 'See which servers you are in',
  'guilds.members.read': 'See your nickname and roles in your servers',
  'guilds.join': 'Add you to servers',
  connections: 'See the accounts you have connected to Discord, such as Twitch or Spotify',
  openid: 'Sign you in with your Discord account',
})

/** Scopes people try, and why they cannot be used here. */
const refusedScopes: Readonly<Record<string, string>> = {
  bot: 'it adds a bot to a server instead of signing a user in. Invite the bot with a link of its own',
  'webhook.incoming':
    'it creates a webhook instead of signing a user in. Create the webhook in the settings of the channel',
  'role_connections.write':
    'Discord refuses it together with PKCE, which is always used here. Ask for it in a flow of its own',
  offline_access: 'Discord does not know it and issues a refresh token always. Leave it out',
}

/**
 * Checks a list of scopes and drops repetitions. Scopes that only partners, games or bots can use are refused
 * here, since Discord would refuse the whole sign-in with a page that names no culprit.
 * @throws {ConfigurationError}
 */
export function parseDiscordScopes(option: string, scopes: readonly string[]): readonly string[] {
  const list: unknown = scopes
  if (!Array.isArray(list)) throw new ConfigurationError(option, "must be a list, such as ['identify', 'guilds']")
  for (const scope of scopes) {
    if (typeof scope === 'string' && Object.hasOwn(scopeDescriptions, scope)) continue
    const reason = typeof scope === 'string' && Object.hasOwn(refusedScopes, scope) ? refusedScopes[scope] : undefined
    const known = Object.keys(scopeDescriptions).join(', ')
    throw new ConfigurationError(
      option,
      reason === undefined
        ? `${JSON.stringify(scope)} is not a scope for signing users in. Use some of: ${known}`
        : `${scope} is not possible: ${reason}`,
    )
  }
  return Object.freeze([...new Set(scopes)])
}
