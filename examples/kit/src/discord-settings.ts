/** What the `DISCORD_*` variables say, or a fake Discord in the place of the real one. @module */
import { ConfigurationError, type EnvironmentRecord, type Identity } from '@mcp-auth/core'
import type { DiscordOptions } from '@mcp-auth/provider-discord'
import { startFakeDiscord } from './fake-discord.ts'
import type { ServerStart } from './server-start.ts'

/** Options of `discord()` and the variables they come from. */
export const discordVariables: Readonly<Record<string, string>> = {
  clientId: 'DISCORD_CLIENT_ID',
  clientSecret: 'DISCORD_CLIENT_SECRET',
  apiUrl: 'DISCORD_API_URL',
  authorizeUrl: 'DISCORD_AUTHORIZE_URL',
  scopes: 'MCP_AUTH_SCOPES',
}

/** What a server on Discord is put together from. */
export interface DiscordSettings {
  readonly provider: DiscordOptions
  /** Where the API is that tools call. */
  readonly apiUrl: string
  /** Roles of a user: `ADMIN_SUBJECTS` names the users with role `admin`. */
  readonly roles: (identity: Identity) => readonly string[]
}

/**
 * Reads the settings. With neither client id nor secret a fake Discord is started on loopback.
 * @throws {ConfigurationError} naming the variable
 */
export async function readDiscordSettings(start: ServerStart): Promise<DiscordSettings> {
  const { environment, variables } = start
  if (environment.provider !== undefined && environment.provider !== 'discord') {
    throw new ConfigurationError('MCP_AUTH_PROVIDER', 'must be discord: this server knows no other provider')
  }
  const application = readApplication(variables) ?? (await startFake(start))
  const admins = (variables['ADMIN_SUBJECTS'] ?? '').split(',').map((subject) => subject.trim())
  return {
    // `guilds` is for the one tool that needs it: users are asked for it when they call it.
    provider: { ...application, scopes: environment.scopes, optionalScopes: ['guilds'] },
    apiUrl: application.apiUrl,
    roles: ({ subject }) => (admins.includes(subject) ? ['admin'] : []),
  }
}

interface DiscordApplication {
  readonly clientId: string
  readonly clientSecret: string
  readonly apiUrl: string
  readonly authorizeUrl?: string
}

function readApplication(variables: EnvironmentRecord): DiscordApplication | undefined {
  const clientId = variables['DISCORD_CLIENT_ID']?.trim() || undefined
  const clientSecret = variables['DISCORD_CLIENT_SECRET']?.trim() || undefined
  if (clientId === undefined && clientSecret === undefined) return undefined
  const missing = 'is missing: set both DISCORD_CLIENT_ID and DISCORD_CLIENT_SECRET, or neither for a fake Discord'
  if (clientId === undefined) throw new ConfigurationError('DISCORD_CLIENT_ID', missing)
  if (clientSecret === undefined) throw new ConfigurationError('DISCORD_CLIENT_SECRET', missing)
  const authorizeUrl = variables['DISCORD_AUTHORIZE_URL']?.trim() || undefined
  return {
    clientId,
    clientSecret,
    apiUrl: variables['DISCORD_API_URL']?.trim() || 'https://discord.com/api/v10',
    ...(authorizeUrl === undefined ? {} : { authorizeUrl }),
  }
}

async function startFake({ variables, notice }: ServerStart): Promise<DiscordApplication> {
  const fake = await startFakeDiscord()
  notice(
    `A fake Discord is running at ${fake.origin}: everybody can sign in as anybody. ` +
      'Set DISCORD_CLIENT_ID and DISCORD_CLIENT_SECRET to use the real one.',
  )
  for (const name of ['DISCORD_API_URL', 'DISCORD_AUTHORIZE_URL']) {
    if (variables[name]) notice(`${name} has no effect together with the fake Discord.`)
  }
  return fake
}
