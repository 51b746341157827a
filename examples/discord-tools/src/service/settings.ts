/** What the server is put together from, by environment. @module */
import { ConfigurationError } from '@mcp-auth/core'
import { readDiscordSettings } from '@mcp-auth/example-kit'
import { startFakeDiscordTools } from '../fake/start.ts'
import { createMintedTokens, type MintedTokens } from '../tokens/minted-tokens.ts'
import { mintedTokenIssuer, readVaultSettings } from '../vault/settings.ts'
import { type ListedReference, openVault, type Vault } from '../vault/vault.ts'

/** What a server of the kit starts with. */
type Start = Parameters<typeof readDiscordSettings>[0]

/** The settings. */
export interface DiscordToolsSettings extends Awaited<ReturnType<typeof readDiscordSettings>> {
  /** The bot that acts for those who signed in with Discord. */
  readonly botToken: string | undefined
  /** Discord is the embedded fake. */
  readonly isFake: boolean
  /** Absent without a root secret of one's own: what sealed the vault has to be there after a restart. */
  readonly minted: MintedTokens | undefined
  /** Where the public keys of minted tokens are published: below their issuer. */
  readonly jwksPath: string
  readonly callsPerMinute: number
}

/** The bot token of the embedded fake, good nowhere else. */
export const fakeBotToken = 'fake-bot-token-of-the-embedded-fake-Discord'

const defaultCallsPerMinute = 60
const maxCallsPerMinute = 10_000

/**
 * Reads the settings. With neither a Discord application nor a bot token a fake Discord is started on loopback.
 * @throws {ConfigurationError} naming the variable
 */
export async function readDiscordToolsSettings(given: Start): Promise<DiscordToolsSettings> {
  const fake = await startFake(given)
  const start = fake ?? given
  const { variables, notice } = start
  const botToken = readBotToken(variables['DISCORD_BOT_TOKEN'])
  if (botToken === undefined) {
    notice('DISCORD_BOT_TOKEN is not set: only callers with a minted access token can use the tools.')
  }
  return {
    ...(await readDiscordSettings(start)),
    botToken,
    isFake: fake !== undefined,
    minted: await openMintedTokens(start, fake !== undefined),
    jwksPath: new URL(`${mintedTokenIssuer(start.options.baseUrl)}/jwks`).pathname,
    callsPerMinute: readCallsPerMinute(variables['DISCORD_TOOLS_CALLS_PER_MINUTE']),
  }
}

async function startFake(start: Start): Promise<Start | undefined> {
  const { variables } = start
  const isSet = (name: string): boolean => (variables[name]?.trim() ?? '') !== ''
  if (['DISCORD_CLIENT_ID', 'DISCORD_CLIENT_SECRET'].some(isSet)) return undefined
  if (isSet('DISCORD_BOT_TOKEN')) {
    throw new ConfigurationError(
      'DISCORD_CLIENT_ID',
      'is missing: a bot at the real Discord needs the application that people sign in with; set DISCORD_CLIENT_ID and DISCORD_CLIENT_SECRET too, or leave out DISCORD_BOT_TOKEN for a fake Discord',
    )
  }
  const fake = await startFakeDiscordTools({ botToken: fakeBotToken, keep: 0 })
  start.notice(
    `A fake Discord with a bot is running at ${fake.origin}: everybody can sign in as anybody. ` +
      `Its bot token is ${fakeBotToken}; mint with DISCORD_API_URL=${fake.apiUrl}. ` +
      'Set DISCORD_CLIENT_ID and DISCORD_CLIENT_SECRET to use the real one, and DISCORD_BOT_TOKEN for those who sign in.',
  )
  for (const name of ['DISCORD_API_URL', 'DISCORD_AUTHORIZE_URL']) {
    if (isSet(name)) start.notice(`${name} has no effect together with the fake Discord.`)
  }
  return {
    ...start,
    variables: {
      ...variables,
      DISCORD_CLIENT_ID: fake.clientId,
      DISCORD_CLIENT_SECRET: fake.clientSecret,
      DISCORD_API_URL: fake.apiUrl,
      DISCORD_AUTHORIZE_URL: fake.authorizeUrl,
      DISCORD_BOT_TOKEN: fakeBotToken,
    },
  }
}

function readBotToken(value: string | undefined): string | undefined {
  const token = value?.trim() || undefined
  // What no header can carry is no token; the value itself is never repeated.
  if (token !== undefined && !/^[!-~]{1,500}$/.test(token)) {
    throw new ConfigurationError('DISCORD_BOT_TOKEN', 'must be the token of the bot, without spaces and without "Bot"')
  }
  return token
}

async function openMintedTokens(
  { environment, variables, notice, options }: Start,
  isFake: boolean,
): Promise<MintedTokens | undefined> {
  if (environment.secret === undefined) {
    notice('Minted access tokens need MCP_AUTH_SECRET, the same for the server and for mint: only Discord logins work.')
    return undefined
  }
  const settings = readVaultSettings({ ...environment, baseUrl: options.baseUrl }, variables)
  const vault = await openVault(settings)
  const minted = createMintedTokens({ vault, issuer: settings.issuer, resource: settings.resource })
  for (const damage of await minted.findDamage()) notice(damage.message)
  const strangers = isFake ? await countOfOtherBots(vault, fakeBotToken) : 0
  if (strangers > 0) {
    notice(
      `The vault has ${strangers} access token${strangers === 1 ? '' : 's'} for other bots than that of the fake Discord, which knows no other: ` +
        'set DISCORD_CLIENT_ID and DISCORD_CLIENT_SECRET of their application to use the real Discord.',
    )
  }
  return minted
}

/** Access tokens that are good and stand for another bot token than this one. */
async function countOfOtherBots(vault: Vault, botToken: string): Promise<number> {
  const known = await vault.findByBotToken(botToken)
  const { references } = await vault.list()
  const isGood = ({ expiresAt, revokedAt }: ListedReference): boolean =>
    revokedAt === undefined && expiresAt > Date.now() / 1000
  return references.filter((reference) => isGood(reference) && !known.includes(reference.id)).length
}

function readCallsPerMinute(value: string | undefined): number {
  const text = value?.trim() || String(defaultCallsPerMinute)
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= maxCallsPerMinute) return count
  throw new ConfigurationError(
    'DISCORD_TOOLS_CALLS_PER_MINUTE',
    `must be a whole number from 1 to ${maxCallsPerMinute}: how often one caller may call tools`,
  )
}
