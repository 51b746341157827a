/** Asks Discord whose bot token it is. @module */
import { ConfigurationError } from '@mcp-auth/core'
import * as z from 'zod/mini'
import { isSecure } from '../vault/settings.ts'
import { CommandError, failure } from './command-error.ts'
import type { Surroundings } from './surroundings.ts'

/** Seconds until the question is given up. */
const patience = 10
/** `DiscordBot (<url>, <version>)`, [User Agent](https://docs.discord.com/developers/reference#user-agent). */
const userAgent = 'DiscordBot (https://www.npmjs.com/package/@mcp-auth/provider-discord, 0)'

const account = z.object({
  id: z.string().check(z.regex(/^\d{1,20}$/)),
  username: z.string(),
  bot: z.optional(z.boolean()),
})

/** The bot, as Discord knows it. */
export interface BotAccount {
  readonly id: string
  readonly username: string
}

/**
 * Asks for the account of a bot token.
 * @throws {ConfigurationError} naming `DISCORD_API_URL`
 * @throws {CommandError} when Discord refuses the token, or cannot be asked
 * @see [Get current user](https://docs.discord.com/developers/resources/user#get-current-user)
 */
export async function checkBotToken(botToken: string, surroundings: Surroundings): Promise<BotAccount> {
  const apiUrl = surroundings.variables['DISCORD_API_URL']?.trim() || 'https://discord.com/api/v10'
  if (!isSecure(apiUrl)) throw new ConfigurationError('DISCORD_API_URL', 'must be https, or http on a loopback host')
  const response = await ask(`${apiUrl.replace(/\/$/, '')}/users/@me`, botToken, surroundings.fetch)
  if (response.status === 401) {
    throw failure('Discord refuses this bot token: it was reset, or it is not a bot token. Nothing was minted')
  }
  if (response.status !== 200) {
    throw failure(`Discord answered ${response.status}; ${again}`)
  }
  const parsed = account.safeParse(await response.json().catch(() => undefined))
  if (!parsed.success) throw failure(`Discord's answer could not be read; ${again}`)
  if (parsed.data.bot !== true) throw failure('this is the token of a person, and Discord allows only bots here')
  return { id: parsed.data.id, username: toPlainText(parsed.data.username) }
}

const again = 'try again later, or use --offline to mint without asking. Nothing was minted'

/** @throws {CommandError} */
async function ask(url: string, botToken: string, fetch: Surroundings['fetch']): Promise<Response> {
  try {
    return await fetch(url, {
      headers: { authorization: `Bot ${botToken}`, 'user-agent': userAgent, accept: 'application/json' },
      // A redirect would take the token somewhere else.
      redirect: 'error',
      signal: AbortSignal.timeout(patience * 1000),
    })
  } catch (cause) {
    throw cause instanceof CommandError ? cause : failure(`Discord cannot be reached; ${again}`, cause)
  }
}

/** A name that a stranger chose must not steer the terminal. */
function toPlainText(name: string): string {
  return name.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '').slice(0, 80)
}
