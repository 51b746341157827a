/** Which bot acts for a caller, and as whom. @module */
import type { AuthSession } from '@mcp-auth/core'
import { createDiscordBot, type DiscordBot } from '../discord/bot.ts'
import type { BotTokenOrigin } from '../discord/errors.ts'
import type { DiscordTraffic } from '../discord/traffic.ts'
import type { MintedTokens } from '../tokens/minted-tokens.ts'
import type { ToolActor } from '../tools/tool.ts'
import { callerOf } from './call-limit.ts'
import { ServiceError } from './service-error.ts'

/** A bot, and for whom it acts. */
export interface BotOfCaller {
  readonly bot: DiscordBot
  readonly actor: ToolActor
  /** Whose token it has. */
  readonly botToken: BotTokenOrigin
}

/** Finds bots. */
export interface Bots {
  /**
   * The bot of this caller. It is made for the call, keeps nothing open and needs no end.
   * @throws {ServiceError} `no_bot_token`
   * @throws {OAuthError} for a minted token that was revoked a moment ago, and while the vault cannot be read
   */
  find(session: AuthSession): Promise<BotOfCaller>
}

/** What {@link createBots} needs. */
export interface BotsOptions {
  /** Absent where there is no vault. */
  readonly minted: Pick<MintedTokens, 'botTokenOf'> | undefined
  /** The bot that acts for those who signed in with Discord. */
  readonly botToken: string | undefined
  readonly apiUrl: string
  /** The API is the embedded fake's. */
  readonly isFake: boolean
  /** Shared by all bots of the process. */
  readonly traffic: DiscordTraffic
}

/** Creates it. */
export function createBots({ minted, botToken, apiUrl, isFake, traffic }: BotsOptions): Bots {
  return {
    async find(session) {
      const { subject, clientId } = session
      const own = await minted?.botTokenOf(session)
      const token = own ?? botToken
      if (token === undefined) throw new ServiceError('no_bot_token')
      // Whoever has a minted token was given the bot's rights; everybody else has their own.
      const actor = own === undefined ? { subject, clientId, discordUserId: subject } : { subject, clientId }
      const bot = createDiscordBot({ token, apiUrl, traffic, caller: callerOf(session) })
      const origin = own === undefined ? 'server' : 'minted'
      return { bot, actor, botToken: isFake ? 'fake' : origin }
    },
  }
}
