/** The identity provider that `MCP_AUTH_PROVIDER` names, with what its variables say. @module */
import {
  ConfigurationError,
  chooseProvider,
  type EnvironmentRecord,
  type Identity,
  type McpAuth,
  nameVariable,
  type OAuthProxyProvider,
  type RemoteOAuthProvider,
} from '@mcp-auth/core'
import { auth0 } from '@mcp-auth/provider-auth0'
import { descope } from '@mcp-auth/provider-descope'
import { discord } from '@mcp-auth/provider-discord'
import { entra } from '@mcp-auth/provider-entra'
import { type GitHubOptions, github } from '@mcp-auth/provider-github'
import { google } from '@mcp-auth/provider-google'

export { createAnyProviderEndpoint } from './any-provider-endpoint.ts'

import { readOIDC } from './any-provider-oidc.ts'
import { namingVariables, readVariable, requireVariables } from './any-provider-variables.ts'
import { readDescopeSettings } from './descope-settings.ts'
import { discordVariables, readDiscordSettings } from './discord-settings.ts'
import type { ServerStart } from './server-start.ts'

/** A provider for one of the two constructors, and the variable to look at when what it publishes is wrong. */
export type AnyProvider =
  | { readonly mode: 'proxy'; readonly provider: OAuthProxyProvider; readonly named: string }
  | { readonly mode: 'remote'; readonly provider: RemoteOAuthProvider; readonly named: string }

/** The chosen provider, and what goes with it. */
export type ChosenProvider = AnyProvider & {
  /** Roles of a user: `ADMIN_SUBJECTS` names the users with role `admin`. Absent: the tokens say. */
  readonly roles: ((identity: Identity) => readonly string[]) | undefined
  /** Asks the provider whether it fits, if it can be reached. @throws {ConfigurationError} naming the variable */
  readonly check: (auth: Pick<McpAuth, 'checkProvider'>) => Promise<void>
}

const readers: Readonly<Record<string, (start: ServerStart) => AnyProvider | Promise<AnyProvider>>> = {
  oidc: readOIDC,
  async discord(start) {
    const settings = await readDiscordSettings(start)
    return proxy('DISCORD_CLIENT_ID', discordVariables, () => discord(settings.provider))
  },
  google({ variables, environment: { scopes } }) {
    const names = { clientId: 'GOOGLE_CLIENT_ID', clientSecret: 'GOOGLE_CLIENT_SECRET' }
    const application = requireVariables(variables, names)
    return proxy('GOOGLE_CLIENT_ID', names, () => google({ ...application, scopes }))
  },
  github({ variables, environment: { scopes } }) {
    const names = { clientId: 'GITHUB_CLIENT_ID', clientSecret: 'GITHUB_CLIENT_SECRET' }
    const application = requireVariables(variables, names)
    const kind = readGitHubAppKind(variables)
    return proxy('GITHUB_CLIENT_ID', names, () => github({ ...application, kind, scopes }))
  },
  entra({ variables, environment: { scopes } }) {
    const names = { tenant: 'ENTRA_TENANT_ID', clientId: 'ENTRA_CLIENT_ID', clientSecret: 'ENTRA_CLIENT_SECRET' }
    const application = requireVariables(variables, names)
    const all = { ...names, allowedTenants: names.tenant }
    return proxy('ENTRA_TENANT_ID', all, () => entra({ ...application, scopes }))
  },
  auth0({ variables, environment: { scopes } }) {
    const names = { domain: 'AUTH0_DOMAIN', clientId: 'AUTH0_CLIENT_ID', clientSecret: 'AUTH0_CLIENT_SECRET' }
    const application = requireVariables(variables, names)
    const audience = readVariable(variables, 'AUTH0_AUDIENCE')
    const all = { ...names, audience: 'AUTH0_AUDIENCE' }
    return proxy('AUTH0_DOMAIN', all, () => auth0({ ...application, audience, scopes }))
  },
  async descope(start) {
    const provider = descope(await readDescopeSettings(start))
    return { mode: 'remote', provider, named: 'DESCOPE_PROJECT_ID, DESCOPE_BASE_URL or DESCOPE_CONFIG_URL' }
  },
}

/** What `MCP_AUTH_PROVIDER` may say; the first is the default. */
export const providerNames = ['oidc', 'discord', 'google', 'github', 'entra', 'auth0', 'descope'] as const

/**
 * Reads which provider there is, and its variables. Nothing is asked of it yet.
 * @throws {ConfigurationError} naming the variable
 */
export async function readProvider(start: ServerStart): Promise<ChosenProvider> {
  const name = chooseProvider(start.environment, providerNames)
  const reader = readers[name]
  if (!reader) throw new TypeError(`nobody reads the variables of ${name}`)
  const chosen = await reader(start)
  return {
    ...chosen,
    // Descope's tokens hold the roles of their users.
    roles: name === 'descope' ? undefined : readRoles(start.variables),
    async check(auth) {
      try {
        await auth.checkProvider()
      } catch (error) {
        throw error instanceof ConfigurationError ? nameVariable(error, { provider: chosen.named }) : error
      }
    },
  }
}

function proxy(named: string, names: Readonly<Record<string, string>>, create: () => OAuthProxyProvider): AnyProvider {
  return { mode: 'proxy', provider: namingVariables(names, create), named }
}

function readGitHubAppKind(variables: EnvironmentRecord): GitHubOptions['kind'] {
  const kind = readVariable(variables, 'GITHUB_APP_KIND')
  if (kind === undefined || kind === 'oauth-app' || kind === 'github-app') return kind
  throw new ConfigurationError('GITHUB_APP_KIND', 'must be oauth-app or github-app')
}

function readRoles(variables: EnvironmentRecord): (identity: Identity) => readonly string[] {
  const admins = (variables['ADMIN_SUBJECTS'] ?? '').split(',').map((subject) => subject.trim())
  return ({ subject }) => (subject !== '' && admins.includes(subject) ? ['admin'] : [])
}
